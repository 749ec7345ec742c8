/** @file A checkpoint on a web server, for browsers: the hub's own addresses, or a folder of static files. */

import { tokenizerFileNames } from '../encoder/checkpoint-tokenizer.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { openFileCache } from './file-cache.ts';
import { listedDifference, type ModelManifest, manifestName, parseManifest } from './model-manifest.ts';
import { type RequestOptions, readBody, requestFile } from './request.ts';
import { withoutHead } from './without-head.ts';

/** What {@link fetchFiles} reports. */
export type WebFileEvent =
  | { readonly kind: 'cached'; readonly file: string }
  | { readonly kind: 'progress'; readonly file: string; readonly loaded: number; readonly size: number | undefined }
  | { readonly kind: 'done'; readonly file: string };

export interface FetchFilesOptions extends RequestOptions {
  readonly onProgress?: ((event: WebFileEvent) => void) | undefined;
  /**
   * Name of a store of the Cache API that keeps files between visits; false keeps none. What it keeps works without the
   * server. Default: `relbert` for files that a manifest lists, as a file that changed is then fetched again; none for a
   * folder without a manifest. With a name, files of such a folder are never asked for again: take another name for
   * another version.
   */
  readonly cache?: string | false | undefined;
}

/** Every name that a checkpoint may have files under; shards are named by their index. */
const candidates: readonly string[] = [
  'config.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'model.int8.safetensors',
  'model.int8.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  ...tokenizerFileNames,
];

/** What to do where a file differs from the manifest although no cache was between. */
const twoVersions = 'the server has files of two versions, or a proxy changes them: put the whole folder there again';

/** The address of a hub model's files for {@link fetchFiles}: `https://huggingface.co/<id>/resolve/<revision>`. */
export function hubAddress(id: string, revision = 'main', endpoint = 'https://huggingface.co'): string {
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}`;
}

/**
 * The files under an address. The manifest `files.json` says which there are, how large, and their SHA-256. Without one
 * `list` asks for each name that a checkpoint may have; status 403 counts as "not there" (storage that does not show
 * which files it has), except for config.json and a file that was listed.
 *
 * @param model The folder's address, with or without a slash at the end, relative to the page in a browser; or a manifest
 *   whose files have addresses.
 * @throws CheckpointError where the server cannot be reached, answers with an error, or sends other bytes than the
 *   manifest says
 */
export function fetchFiles(model: string | URL | ModelManifest, options: FetchFilesOptions = {}): CheckpointFiles {
  const given = typeof model === 'string' || model instanceof URL ? undefined : model;
  const base = given
    ? (given['config.json']?.url ?? 'manifest').replace(/\/[^/]*$/, '')
    : String(model).replace(/\/+$/, '');
  const { onProgress = () => {}, signal } = options;
  const ofFolder = openFileCache(options.cache || undefined);
  const ofManifest = openFileCache(options.cache === false ? undefined : (options.cache ?? 'relbert'));
  const listed = new Set(['config.json']);
  let manifest: Promise<ModelManifest | undefined> | undefined;
  let names: Promise<readonly string[]> | undefined;
  const ask = async (name: string, init: Parameters<typeof requestFile>[2] = {}) => {
    const answer = await requestFile(`${base}/${name}`, options, {
      absent: listed.has(name) ? [404] : [403, 404],
      ...init,
    });
    return answer instanceof Response ? answer : undefined;
  };

  /** Asked for at each visit, so that new files are seen; without the server the one that was kept counts. */
  const readManifest = async (): Promise<ModelManifest | undefined> => {
    const url = `${base}/${manifestName}`;
    try {
      const response = await ask(manifestName, { cache: 'no-cache' });
      if (response === undefined) return undefined;
      const bytes = await readBody(response, url, signal, () => {});
      const parsed = parseManifest(url, bytes);
      await ofManifest.put(url, bytes);
      return parsed;
    } catch (error) {
      signal?.throwIfAborted();
      const kept = await ofManifest.get(url);
      if (kept === undefined) throw error;
      return parseManifest(url, kept);
    }
  };

  const isThere = async (name: string): Promise<boolean> => {
    let response = await ask(name, { method: 'HEAD', accepted: withoutHead });
    if (response && withoutHead.includes(response.status)) {
      // An empty file has no first byte: 416.
      response = await ask(name, { headers: { range: 'bytes=0-0' }, accepted: [416] });
      await response?.body?.cancel().catch(() => {});
    }
    return response !== undefined;
  };

  /** What was found is kept, with what was not, so that a second visit asks for nothing. */
  const probe = async (): Promise<readonly string[]> => {
    const url = `${base}/?names`;
    const kept = await ofFolder.get(url);
    if (kept) return JSON.parse(new TextDecoder().decode(kept)) as string[];
    const found = await Promise.all(candidates.map(async (name) => ((await isThere(name)) ? name : undefined)));
    const there = found.filter((name) => name !== undefined);
    await ofFolder.put(url, new TextEncoder().encode(JSON.stringify(there)));
    return there;
  };

  const list = async (): Promise<readonly string[]> => {
    // A folder that is kept without a manifest is not asked for one.
    const kept = given === undefined && (await ofFolder.get(`${base}/?names`));
    manifest ??= kept ? Promise.resolve(undefined) : readManifest();
    const found = Object.keys((await manifest) ?? {});
    const there = found.length > 0 ? found : await probe();
    for (const name of there) listed.add(name);
    if (!there.includes('config.json')) throw await missingConfig();
    return there;
  };

  const missingConfig = async (): Promise<CheckpointError> => {
    const answer = await requestFile(`${base}/config.json`, options, {});
    const said = answer instanceof Response ? 'its manifest does not name it' : `the server answers ${answer.answer}`;
    return new CheckpointError(
      base,
      `there is no config.json, so this is no checkpoint in HuggingFace layout (${said}): put the model's folder there ` +
        '(config.json, the weights, the tokenizer), or take load() without an address for the model of relbert-minilm-l6',
    );
  };

  if (given) manifest = Promise.resolve(given);
  return {
    origin: base,
    list: () => {
      names ??= list();
      return names;
    },
    async read(name) {
      const file = (await manifest)?.[name];
      // A manifest that was read names every file.
      if (file === undefined && (await manifest) !== undefined) return undefined;
      const url = file?.url ?? `${base}/${name}`;
      const [cache, tag] = file ? [ofManifest, file.sha256] : [ofFolder, undefined];
      const kept = await cache.get(url, tag);
      if (kept) {
        onProgress({ kind: 'cached', file: name });
        return kept;
      }
      const absent = listed.has(name) ? [404] : [403, 404];
      const fetchFile = async (cache: RequestCache) => {
        const response = await requestFile(url, options, { absent, cache });
        if (!(response instanceof Response)) return undefined;
        const bytes = await readBody(response, url, signal, (loaded, size) =>
          onProgress({ kind: 'progress', file: name, loaded, size: file?.size ?? size }),
        );
        return { bytes, difference: file && (await listedDifference(file, bytes)) };
      };
      let fetched = await fetchFile('default');
      // The HTTP cache may hold the file as it was before the manifest changed.
      if (fetched?.difference !== undefined) fetched = await fetchFile('reload');
      if (fetched === undefined) return undefined;
      const { bytes, difference } = fetched;
      if (difference !== undefined) throw new CheckpointError(url, `${difference}; ${twoVersions}`);
      await cache.put(url, bytes, tag);
      onProgress({ kind: 'done', file: name });
      return bytes;
    },
  };
}
