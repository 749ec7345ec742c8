/** @file A checkpoint on a web server, for browsers: the hub's own addresses, or a folder of static files. */

import { tokenizerFileNames } from '../encoder/checkpoint-tokenizer.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { withoutHead } from './without-head.ts';

/** What {@link fetchFiles} reports. */
export type WebFileEvent =
  | { readonly kind: 'cached'; readonly file: string }
  | { readonly kind: 'progress'; readonly file: string; readonly loaded: number; readonly size: number | undefined }
  | { readonly kind: 'done'; readonly file: string };

export interface FetchFilesOptions {
  /** Default: the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly onProgress?: ((event: WebFileEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Name of a store of the Cache API that keeps the files between visits. Default: none. */
  readonly cache?: string;
  /** Request headers, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every name that a checkpoint may have files under; shards are named by their index. */
const candidates: readonly string[] = [
  'config.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  ...tokenizerFileNames,
];

/** The address of a hub model's files for {@link fetchFiles}: `https://huggingface.co/<id>/resolve/<revision>`. */
export function hubAddress(id: string, revision = 'main', endpoint = 'https://huggingface.co'): string {
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}`;
}

/**
 * The files under an address. A web server does not say which files it has: `list` asks for each name that a
 * checkpoint may have. An HTML page in answer counts as "not there" (development servers send one for any name), and so
 * does status 403 (storage that does not show which files it has), except for config.json and a file that was listed.
 *
 * @param baseUrl The folder's address, with or without a slash at the end; relative to the page in a browser.
 * @throws CheckpointError where the server cannot be reached or answers with an error
 */
export function fetchFiles(baseUrl: string, options: FetchFilesOptions = {}): CheckpointFiles {
  const base = baseUrl.replace(/\/+$/, '');
  const { onProgress = () => {}, signal, headers = {} } = options;
  const store = options.cache === undefined ? undefined : caches.open(options.cache);
  let names: Promise<readonly string[]> | undefined;
  const listed = new Set(['config.json']);

  /** The answer; undefined where the file is not there. Throws for error statuses other than the accepted ones. */
  const ask = async (
    name: string,
    init: RequestInit = {},
    accepted: readonly number[] = [],
  ): Promise<Response | undefined> => {
    const send = options.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
    let response: Response;
    try {
      response = await send(`${base}/${name}`, { method: 'GET', headers, ...init, ...(signal ? { signal } : {}) });
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new CheckpointError(`${base}/${name}`, `the server cannot be reached (${reason})`, { cause: error });
    }
    const page = response.headers.get('content-type')?.startsWith('text/html') ?? false;
    const hidden = response.status === 403 && !listed.has(name);
    if (response.status === 404 || hidden || (response.ok && page)) {
      await response.body?.cancel().catch(() => {});
      return undefined;
    }
    if (response.ok || accepted.includes(response.status)) return response;
    await response.body?.cancel().catch(() => {});
    throw new CheckpointError(
      `${base}/${name}`,
      `the server answers ${response.status} ${response.statusText}`.trimEnd(),
    );
  };

  const isThere = async (name: string): Promise<boolean> => {
    let response = await ask(name, { method: 'HEAD' }, withoutHead);
    if (response && withoutHead.includes(response.status)) {
      // An empty file has no first byte: 416.
      response = await ask(name, { headers: { ...headers, range: 'bytes=0-0' } }, [416]);
      await response?.body?.cancel().catch(() => {});
    }
    return response !== undefined;
  };

  const list = async (): Promise<readonly string[]> => {
    const found = await Promise.all(
      candidates.map(async (name) => {
        if (await (await store)?.match(`${base}/${name}`)) return name;
        return (await isThere(name)) ? name : undefined;
      }),
    );
    const there = found.filter((name) => name !== undefined);
    for (const name of there) listed.add(name);
    return there;
  };

  return {
    origin: base,
    list: () => {
      names ??= list();
      return names;
    },
    async read(name) {
      const kept = await (await store)?.match(`${base}/${name}`);
      if (kept) {
        onProgress({ kind: 'cached', file: name });
        return new Uint8Array(await kept.arrayBuffer());
      }
      const response = await ask(name);
      if (response === undefined) return undefined;
      let bytes: Uint8Array;
      try {
        bytes = await readAll(response, `${base}/${name}`, (loaded, size) =>
          onProgress({ kind: 'progress', file: name, loaded, size }),
        );
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof CheckpointError) throw error;
        throw new CheckpointError(`${base}/${name}`, 'the connection broke off; try again', { cause: error });
      }
      await (await store)?.put(`${base}/${name}`, new Response(bytes.slice().buffer));
      onProgress({ kind: 'done', file: name });
      return bytes;
    },
  };
}

/** The body, straight into one array where the length is known. */
async function readAll(
  response: Response,
  url: string,
  onProgress: (loaded: number, size: number | undefined) => void,
): Promise<Uint8Array> {
  // the length of a packed body is not that of the file
  const length = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
  const size = length === null ? undefined : Number(length);
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  let bytes = new Uint8Array(size ?? 1 << 20);
  let loaded = 0;
  for await (const chunk of chunksOf(response.body)) {
    if (loaded + chunk.byteLength > bytes.byteLength) {
      const larger = new Uint8Array(Math.max(bytes.byteLength * 2, loaded + chunk.byteLength));
      larger.set(bytes.subarray(0, loaded));
      bytes = larger;
    }
    bytes.set(chunk, loaded);
    loaded += chunk.byteLength;
    onProgress(loaded, size);
  }
  if (size !== undefined && loaded !== size) {
    throw new CheckpointError(url, `the server sent ${loaded} bytes where it had announced ${size}`);
  }
  return bytes.subarray(0, loaded);
}

/** Not every browser iterates streams. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
