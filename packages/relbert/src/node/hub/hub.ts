/**
 * @file Checkpoints on the HuggingFace hub, through the cache that Python's huggingface_hub keeps.
 *
 * Plain `fetch` and not @huggingface/hub: that package can neither resume nor verify nor lock a download, has no
 * offline switch and no time-outs; with those written here, two requests are all that is left.
 */

import { parseShardIndex, weightsLayoutOf } from '../../encoder/checkpoint.ts';
import { isTokenizerFile } from '../../encoder/checkpoint-tokenizer.ts';
import { type CheckpointFiles, fileSource } from '../../formats/byte-source.ts';
import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { parseJsonObject } from '../../formats/json-file.ts';
import { readSafetensorsHeader } from '../../formats/safetensors.ts';
import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { withFileLock } from '../file-lock.ts';
import { folderFiles } from '../folder.ts';
import type { Fetch } from './http.ts';
import { readBody, request, TransientError, withRetries } from './http.ts';
import { type FileSizes, HubCache, hasFile, isCommit } from './hub-cache.ts';
import type { DownloadContext } from './hub-download.ts';
import { downloadBlob, remoteFile, takeShared } from './hub-download.ts';
import type { HubEvent } from './hub-event.ts';
import { type HubId, isLikelyModel, modelSuggestion, requireHubId } from './hub-id.ts';
import { HubRefusal, modelRefusal } from './hub-refusal.ts';
import type { HubSettings, HubSettingsOptions } from './hub-settings.ts';
import { hubSettings } from './hub-settings.ts';

export interface HubOptions extends HubSettingsOptions {
  readonly onProgress?: ((event: HubEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
  /**
   * Milliseconds without a byte after which a connection is given up and made anew; so is a connection of less than
   * 1 KiB/s over three times as long. Default 20,000.
   */
  readonly stallTimeout?: number | undefined;
  /** Attempts in a row with less than 64 KiB of progress before it is an error. Default 5. */
  readonly attempts?: number | undefined;
  /** First pause before another attempt, doubled each time up to 30 s. Milliseconds, default 500. */
  readonly pause?: number | undefined;
}

/**
 * The files of a model on the hub, fetched into the cache where they are not there yet: config, tokenizer, weights
 * (safetensors where there are any, else pytorch_model.bin), nothing else. A model that is named by its commit and
 * complete in the cache costs no request; where the hub cannot be reached, what the cache holds of the revision is
 * used and an `offline` event says so.
 *
 * @param model `org/name` or `name`, with `@revision` (branch, tag, commit) where wanted.
 * @throws CheckpointError: no such model or revision, no permission, offline and not in the cache, or a download
 *   that failed too often or was not what the server had announced; the signal's reason when aborted
 */
export async function hubFiles(model: string, options: HubOptions = {}): Promise<CheckpointFiles> {
  const hubId = requireHubId(model);
  const settings = await hubSettings(options);
  const origin = `${hubId.id}@${hubId.revision}`;
  const cache = new HubCache(settings.cache, hubId.id);
  const cachedCommit = await cache.commitOf(hubId);
  const cached = cachedCommit === undefined ? undefined : await completeSnapshot(cache, cachedCommit, origin);
  if (cached && (settings.offline || isCommit(hubId.revision))) return cached;
  if (settings.offline) {
    throw new CheckpointError(
      origin,
      `there is no folder of this name${modelSuggestion(hubId.id)}, and as a model of the hub it is not complete in the cache (${cache.folder}) while the offline switch is on: run once without --offline and HF_HUB_OFFLINE`,
    );
  }
  const context = downloadContext(settings, options, cached === undefined && isLikelyModel(hubId.id));
  let listing: Listing;
  try {
    const tree = isCommit(hubId.revision) ? await cache.tree(hubId.revision) : undefined;
    listing = tree ? { commit: hubId.revision, sizes: tree } : await listFiles(hubId, origin, settings, context);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!cached || !(error instanceof CheckpointError) || error instanceof HubRefusal) {
      throw isTransient(error) ? notReached(hubId, origin, settings, error) : error;
    }
    context.onEvent({ kind: 'offline', reason: error.message });
    return cached;
  }
  return fetchSnapshot(hubId, origin, cache, listing, settings, { ...context, attempts: options.attempts ?? 5 });
}

function isTransient(error: unknown): error is CheckpointError {
  return error instanceof CheckpointError && error.cause instanceof TransientError;
}

/** What was named may have been a folder, so the message says that there is none. */
function notReached(
  { id }: HubId,
  origin: string,
  { endpoint }: HubSettings,
  { message, cause }: CheckpointError,
): CheckpointError {
  const why = message.slice(origin.length + ': '.length);
  return new CheckpointError(
    origin,
    `there is no folder of this name${modelSuggestion(id)}, and the hub (${endpoint}) was not reached: ${why}`,
    { cause },
  );
}

interface Listing {
  readonly commit: string;
  readonly sizes: FileSizes;
}

/** Bytes of the hub's answer: 100,000 files take about 25 MB. */
const listingLimit = 64 * 1024 * 1024;

function downloadContext(settings: HubSettings, options: HubOptions, patient: boolean): DownloadContext {
  return {
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    stallTimeout: options.stallTimeout ?? 20_000,
    attempts: patient ? (options.attempts ?? 5) : 1,
    pause: options.pause ?? 500,
    signal: options.signal,
    headers: {
      'user-agent': 'relbert (https://www.npmjs.com/package/relbert)',
      ...(settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` }),
    },
    onEvent: options.onProgress ?? (() => {}),
  };
}

/** The commit that a revision stands at, and the files of it. */
async function listFiles(
  hubId: HubId,
  origin: string,
  { endpoint, token }: HubSettings,
  context: DownloadContext,
): Promise<Listing> {
  const { id, revision } = hubId;
  const url = `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  return withRetries(
    origin,
    context,
    async () => {
      const response = await request(url, { headers: context.headers, redirect: 'follow' }, context);
      if (!response.ok) {
        await response.body?.cancel().catch(() => {});
        throw modelRefusal(response, hubId, token !== undefined);
      }
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of readBody(response, context)) {
        chunks.push(chunk);
        length += chunk.byteLength;
        if (length > listingLimit) {
          throw new CheckpointError(
            origin,
            `the server's list of files is longer than ${listingLimit / 2 ** 20} MiB; is HF_ENDPOINT right?`,
          );
        }
      }
      const { sha, siblings } = parseJsonObject(`${origin} (the hub's answer)`, Buffer.concat(chunks));
      const sizes = new Map<unknown, number | undefined>();
      for (const sibling of Array.isArray(siblings) ? siblings : []) {
        const { rfilename, size }: JsonObject = isJsonObject(sibling) ? sibling : {};
        sizes.set(rfilename, typeof size === 'number' ? size : undefined);
      }
      if (typeof sha !== 'string' || !isCommit(sha) || !namedByText(sizes)) {
        throw new CheckpointError(
          origin,
          `the server's answer is not that of a HuggingFace hub; is HF_ENDPOINT right?`,
        );
      }
      return { commit: sha, sizes };
    },
    (attempt, delay, reason) => context.onEvent({ kind: 'retry', file: origin, attempt, delay, reason }),
  );
}

function namedByText(sizes: ReadonlyMap<unknown, number | undefined>): sizes is FileSizes {
  return [...sizes.keys()].every((name) => typeof name === 'string');
}

/** Which files of a model are fetched: sizes matter, so nothing that a checkpoint is not read from. */
export function neededFiles(names: readonly string[]): string[] {
  // tokenizer.json holds what the older files would say.
  const needed = names.includes('tokenizer.json')
    ? (name: string) => name.endsWith('.json') && name !== 'vocab.json'
    : () => true;
  const tokenizer = names.filter((name) => isTokenizerFile(name) && needed(name));
  const weights = weightsLayoutOf(names);
  return [
    // README.md names the licence
    ...['config.json', 'finetuning_config.json', 'README.md'].filter((name) => names.includes(name)),
    ...tokenizer,
    ...(weights === undefined ? [] : [weights.file]),
  ];
}

async function fetchSnapshot(
  hubId: HubId,
  origin: string,
  cache: HubCache,
  { commit, sizes }: Listing,
  { endpoint, sharedBlobs }: HubSettings,
  context: DownloadContext,
): Promise<CheckpointFiles> {
  const names = [...sizes.keys()];
  const weights = weightsLayoutOf(names);
  if (!names.includes('config.json') || weights === undefined) {
    const missing = weights === undefined ? 'weights (model.safetensors or pytorch_model.bin)' : 'config.json';
    throw new CheckpointError(
      origin,
      `the model has no ${missing}${elsewhere(names)}; it has ${names.slice(0, 10).join(', ') || 'no files'}`,
    );
  }
  await cache.prepare();
  const files = neededFiles(names);
  context.onEvent({ kind: 'resolve', model: origin, commit, files });
  const fetchAll = async (wanted: readonly string[]): Promise<void> => {
    const missing: string[] = [];
    for (const name of wanted) {
      if (await cache.has(commit, name, sizes.get(name))) context.onEvent({ kind: 'cached', file: name });
      else missing.push(name);
    }
    const url = (name: string): string =>
      `${endpoint}/${hubId.id}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const remote = await Promise.all(missing.map((name) => remoteFile(origin, name, url(name), context)));
    for (const [i, file] of remote.entries()) {
      if (file === undefined) throw new CheckpointError(origin, `${missing[i]} is listed but not there`);
      const blob = cache.blob(file.etag);
      await withFileLock(
        `${cache.locks}/${file.etag}.relbert.lock`,
        { signal: context.signal, onWait: () => context.onEvent({ kind: 'wait', file: file.name }) },
        async () => {
          const shared = sharedBlobs && file.xetHash && (await cache.shared(file.xetHash));
          const there = (await hasFile(blob, file.size)) || (shared && (await takeShared(file, shared, blob)));
          if (!there) await downloadBlob(file, blob, context);
          await cache.link(commit, file.name, file.etag);
        },
      );
      context.onEvent({ kind: 'done', file: file.name });
    }
  };
  await fetchAll(files);
  const snapshot = await folderFiles(cache.snapshot(commit), origin);
  if (weights.sharded) {
    const index = (await snapshot.read(weights.file)) as Uint8Array;
    await fetchAll([...new Set(parseShardIndex(`${origin}/${weights.file}`, index).values())]);
  }
  // last, so that a ref never points at a snapshot that was cut off
  await cache.setCommit(hubId, commit);
  return snapshot;
}

/** The cached files of a commit, where config, tokenizer and every weights file are there; else undefined. */
async function completeSnapshot(cache: HubCache, commit: string, origin: string): Promise<CheckpointFiles | undefined> {
  const sizes = await cache.tree(commit);
  if (!(await cache.has(commit, 'config.json', sizes?.get('config.json')))) return undefined;
  const files = await folderFiles(cache.snapshot(commit), origin);
  const names: string[] = [];
  for (const name of await files.list()) {
    if (await cache.has(commit, name, sizes?.get(name))) names.push(name);
  }
  const weights = weightsLayoutOf(names);
  if (weights === undefined || !names.some((name) => isTokenizerFile(name) && !name.endsWith('config.json')))
    return undefined;
  if (!weights.sharded) return (await isCut(files, weights.file)) ? undefined : files;
  const index = await files.read(weights.file);
  if (index === undefined) return undefined;
  const shards = new Set(parseShardIndex(`${origin}/${weights.file}`, index).values());
  for (const shard of shards) if (!names.includes(shard) || (await isCut(files, shard))) return undefined;
  return files;
}

/** Whether a weights file is damaged, as its header shows without a request; a pickle says nothing before it is read. */
async function isCut(files: CheckpointFiles, name: string): Promise<boolean> {
  const source = name.endsWith('.safetensors') ? await fileSource(files, name) : undefined;
  if (!source) return false;
  return readSafetensorsHeader(source).then(
    () => false,
    () => true,
  );
}

/** Where the configuration lies instead (older models of sentence-transformers). */
function elsewhere(names: readonly string[]): string {
  const folder = names.find((name) => name.endsWith('/config.json'))?.slice(0, -'/config.json'.length);
  return folder === undefined ? '' : ` (its config.json lies in ${folder}: download the model and name that folder)`;
}
