/** The files of an index on a web server that answers range requests: any that serves files does. */
import { IndexError } from '../index/error.ts';
import type { IndexFile, IndexFolder } from '../index/index-folder.ts';
import { manifestName } from '../index/manifest.ts';
import { withoutHead } from './without-head.ts';

export interface WebIndexOptions {
  /** Default: the page's. */
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param url The folder that holds `manifest.json`. */
export function webIndexFolder(url: string | URL, options: WebIndexOptions = {}): IndexFolder {
  const origin = String(url).replace(/\/+$/, '');
  return {
    origin,
    open: (name) => (name === manifestName ? openWhole : openRanges)(`${origin}/${name}`, options),
  };
}

/**
 * In one request, so that all bytes are of one version, and packed where the server packs JSON. The HTTP cache may hold the
 * manifest of an index that was replaced: the server is asked whether it has changed.
 */
async function openWhole(url: string, options: WebIndexOptions): Promise<IndexFile | undefined> {
  const response = await request(url, { cache: 'no-cache' }, options);
  if (response.status === 404) return undefined;
  checkAnswer(url, response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    size: bytes.byteLength,
    read(start, end, target) {
      const part = bytes.subarray(start, end);
      target?.set(part);
      return target ?? part;
    },
    async close() {},
  };
}

const allBytes = 'bytes=0-';
const firstByte = 'bytes=0-0';

async function openRanges(url: string, options: WebIndexOptions): Promise<IndexFile | undefined> {
  // One request a file. It has a range because browsers ask for ranges unpacked: without one a server that compresses
  // says the packed length. A page of another origin is seldom shown Content-Range, but always the length of all bytes.
  let answer = await request(url, { method: 'HEAD', headers: { Range: allBytes } }, options);
  let size = sizeOf(answer, allBytes);
  if (withoutHead.includes(answer.status) || (answer.ok && size === undefined)) {
    answer = await request(url, { headers: { Range: firstByte } }, options);
    size = sizeOf(answer, firstByte);
    await answer.body?.cancel().catch(() => {});
  }
  if (answer.status === 404) return undefined;
  checkAnswer(url, answer);
  if (size === undefined) {
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

/** Bytes of the whole file, by the answer to a request for a range; undefined where it does not say. */
function sizeOf({ headers, status }: Response, range: typeof allBytes | typeof firstByte): number | undefined {
  const whole = range === allBytes || status === 200;
  // The length of a packed body is not that of the file.
  const length = whole && !headers.has('content-encoding') ? headers.get('content-length') : undefined;
  const size = Number(/\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? length ?? undefined);
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

function checkAnswer(url: string, { ok, status, statusText }: Response): void {
  if (!ok) throw new IndexError(`${url}: the server answers ${status} ${statusText}`.trimEnd());
}

async function readRange(url: string, start: number, end: number, options: WebIndexOptions): Promise<Uint8Array> {
  if (start === end) return new Uint8Array();
  const response = await request(url, { headers: { Range: `bytes=${start}-${end - 1}` } }, options);
  checkAnswer(url, response);
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
