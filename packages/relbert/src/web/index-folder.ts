/** The files of an index on a web server that answers range requests: any that serves files does. */
import { IndexError } from '../index/error.ts';
import type { IndexFile, IndexFolder } from '../index/index-folder.ts';
import { withoutHead } from './without-head.ts';

export interface WebIndexOptions {
  /** Default: the page's. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

/** @param url The folder that holds `manifest.json`. */
export function webIndexFolder(url: string | URL, options: WebIndexOptions = {}): IndexFolder {
  const origin = String(url).replace(/\/+$/, '');
  return { origin, open: (name) => openFile(`${origin}/${name}`, options) };
}

async function openFile(url: string, options: WebIndexOptions): Promise<IndexFile | undefined> {
  let head = await request(url, { method: 'HEAD' }, options);
  if (withoutHead.includes(head.status)) {
    head = await request(url, { headers: { Range: 'bytes=0-0' } }, options);
    await head.body?.cancel().catch(() => {});
  }
  if (head.status === 404) return undefined;
  if (!head.ok) throw new IndexError(`${url}: the server answers ${head.status} ${head.statusText}`.trimEnd());
  const length =
    head.status === 206
      ? /\/(\d+)$/.exec(head.headers.get('content-range') ?? '')?.[1]
      : head.headers.get('content-length');
  const size = Number(length ?? undefined);
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new IndexError(
      `${url}: the server does not say how long the file is (Content-Length, or Content-Range among the exposed headers); serve it as a plain file`,
    );
  }
  return {
    size,
    async read(start, end, target) {
      const bytes = await readRange(url, start, end, options);
      target?.set(bytes);
      return target ?? bytes;
    },
    async close() {},
  };
}

async function readRange(url: string, start: number, end: number, options: WebIndexOptions): Promise<Uint8Array> {
  if (start === end) return new Uint8Array();
  const response = await request(url, { headers: { Range: `bytes=${start}-${end - 1}` } }, options);
  if (!response.ok)
    throw new IndexError(`${url}: the server answers ${response.status} ${response.statusText}`.trimEnd());
  const bytes = new Uint8Array(await response.arrayBuffer());
  // A server without ranges sends the whole file: right for a small one, refused where it would be a file for every list.
  if (response.status === 200 && bytes.byteLength > end - start) {
    if (bytes.byteLength < 1_000_000) return bytes.subarray(start, end);
    throw new IndexError(
      `${url}: the server does not answer range requests; use one that does, or a folder of the disk`,
    );
  }
  if (bytes.byteLength !== end - start) {
    throw new IndexError(`${url}: asked for bytes ${start} to ${end - 1}, got ${bytes.byteLength} bytes`);
  }
  return bytes;
}

async function request(url: string, init: RequestInit, options: WebIndexOptions): Promise<Response> {
  const { fetch: fetchIt = fetch, signal } = options;
  try {
    return await fetchIt(url, { ...init, ...(signal && { signal }) });
  } catch {
    signal?.throwIfAborted();
    throw new IndexError(
      `${url}: the server cannot be reached, or does not allow this page to read from it (CORS: Access-Control-Allow-Origin, with Range among the allowed headers)`,
    );
  }
}
