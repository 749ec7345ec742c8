/** @file One file of the hub: its facts, and its bytes resumed, checked and put in place. */

import { constants } from 'node:fs';
import { copyFile, link, lstat, open, rename, rm } from 'node:fs/promises';
import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { fileError } from '../file-error.ts';
import { temporaryPath } from '../temporary-file.ts';
import { contentHash } from './content-hash.ts';
import { type RetryOptions, readBody, request, TransientError, withRetries } from './http.ts';
import type { HubEvent } from './hub-event.ts';
import { fileRefusal } from './hub-refusal.ts';

/** What the hub says of a file before it is fetched. */
export interface RemoteFile {
  readonly name: string;
  /** For messages: `id@revision`. */
  readonly origin: string;
  readonly url: string;
  /** Hash that the cache names the blob by: SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly etag: string;
  readonly size: number | undefined;
  /** Hash by which the blob store that repositories share names the file. */
  readonly xetHash: string | undefined;
}

export interface DownloadContext extends RetryOptions {
  /** Authorization and the like; dropped by fetch where a redirect leads to another server. */
  readonly headers: Readonly<Record<string, string>>;
  readonly onEvent: (event: HubEvent) => void;
}

function hasToken({ headers }: DownloadContext): boolean {
  return headers['authorization'] !== undefined;
}

/** Asks for a file's hash and size. Undefined where there is no such file. */
export async function remoteFile(
  origin: string,
  name: string,
  url: string,
  context: DownloadContext,
): Promise<RemoteFile | undefined> {
  const response = await withRetries(
    `${origin}/${name}`,
    context,
    () => head(url, context),
    (attempt, delay, reason) => context.onEvent({ kind: 'retry', file: name, attempt, delay, reason }),
  );
  if (response.status === 404) return undefined;
  if (response.status >= 400) throw fileRefusal(response, `${origin}/${name}`, hasToken(context));
  const redirected = response.status >= 300;
  const etag = (response.headers.get('x-linked-etag') ?? response.headers.get('etag'))
    ?.replace(/^W\//, '')
    .replace(/"/g, '');
  if (etag === undefined || !/^[\w-][\w.-]*$/.test(etag)) {
    throw new CheckpointError(
      `${origin}/${name}`,
      'the server gives no hash (ETag) for it, as the HuggingFace hub does; is HF_ENDPOINT right?',
    );
  }
  const length = response.headers.get('x-linked-size') ?? (redirected ? null : response.headers.get('content-length'));
  const size = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
  const xetHash = response.headers.get('x-xet-hash') ?? undefined;
  return { name, origin, url, etag, size, xetHash };
}

/** A HEAD request that follows redirects within the server only: the first answer of the hub holds the hash. */
async function head(url: string, context: DownloadContext): Promise<Response> {
  let at = url;
  for (let redirects = 0; redirects < 8; redirects++) {
    const headers = { ...context.headers, 'accept-encoding': 'identity' };
    const response = await request(at, { method: 'HEAD', redirect: 'manual', headers }, context);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    const target = new URL(location, at);
    if (target.origin !== new URL(at).origin) return response;
    at = target.href;
  }
  throw new TransientError('the server redirects in a circle');
}

/**
 * Fetches a file into `blob`: through `<blob>.incomplete`, which a later attempt or run goes on with, checked
 * against size and hash, flushed, renamed. The caller holds the lock.
 */
export async function downloadBlob(file: RemoteFile, blob: string, context: DownloadContext): Promise<void> {
  const { name, origin } = file;
  const incomplete = `${blob}.incomplete`;
  for (let mismatches = 0; ; mismatches++) {
    await fetchBytes(file, incomplete, context);
    const wrong = await mismatch(file, incomplete);
    if (wrong === undefined) break;
    await rm(incomplete, { force: true });
    if (mismatches > 0) throw new CheckpointError(`${origin}/${name}`, `${wrong}, twice; nothing was kept`);
    context.onEvent({ kind: 'retry', file: name, attempt: 1, delay: 0, reason: wrong });
  }
  try {
    await rename(incomplete, blob);
  } catch (error) {
    throw fileError(blob, 'write', error);
  }
}

/**
 * Takes a file from the blob store that repositories share instead of the network, where size and hash are right. A hard
 * link and not a symbolic one: Python may then remove the store's entry at any time, and its lock need not be held.
 * @returns Whether `blob` is in place
 */
export async function takeShared(file: RemoteFile, shared: string, blob: string): Promise<boolean> {
  const temporary = temporaryPath(blob);
  try {
    if (file.size === undefined || (await mismatch(file, shared))) return false;
    await link(shared, temporary).catch(() => copyFile(shared, temporary, constants.COPYFILE_FICLONE));
    await rename(temporary, blob);
    return true;
  } catch {
    return false; // removed in between, or not readable: it is downloaded
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Fills the incomplete file up to the announced size, or to the end of the response where none was announced. */
async function fetchBytes(file: RemoteFile, incomplete: string, context: DownloadContext): Promise<void> {
  const { name, origin, size } = file;
  const found = await sizeOf(incomplete);
  // A link may lead anywhere: it is neither read nor written through.
  if (found === undefined) await rm(incomplete, { force: true });
  let loaded = found ?? 0;
  if (size !== undefined && loaded > size) {
    await rm(incomplete, { force: true });
    loaded = 0;
  }
  let furthest = loaded;
  let reported = 0;
  const report = (): void => {
    const now = performance.now();
    if (now - reported < 50 && loaded !== size) return;
    reported = now;
    context.onEvent({ kind: 'progress', file: name, loaded, size });
  };
  const attempt = async (): Promise<void> => {
    if (size !== undefined && loaded === size) {
      if (size === 0) await append(incomplete, false, async () => {});
      return;
    }
    const headers: Record<string, string> = { ...context.headers, 'accept-encoding': 'identity' };
    if (loaded > 0) headers['range'] = `bytes=${loaded}-`;
    const response = await request(file.url, { headers, redirect: 'follow' }, context);
    if (response.status === 416) {
      await rm(incomplete, { force: true });
      loaded = 0;
      throw new TransientError('the server refuses to go on where the download was cut off', { wait: 0 });
    }
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel().catch(() => {});
      throw fileRefusal(response, `${origin}/${name}`, hasToken(context));
    }
    // a server that cannot go on in the middle sends the whole file (200), or names another start
    const resumed =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${loaded}-`) === true;
    if (response.status === 206 && !resumed) {
      await response.body?.cancel().catch(() => {});
      await rm(incomplete, { force: true });
      loaded = 0;
      throw new TransientError('the server sends another part of the file than was asked for', { wait: 0 });
    }
    if (!resumed) loaded = 0;
    context.onEvent({ kind: 'download', file: name, size, from: loaded });
    await append(incomplete, resumed, async (write) => {
      for await (const chunk of readBody(response, context)) {
        await write(chunk);
        loaded += chunk.byteLength;
        furthest = Math.max(furthest, loaded);
        report();
        if (size !== undefined && loaded > size) return; // the check of the size says so
      }
    });
    if (size !== undefined && loaded < size)
      throw new TransientError(`the connection ended after ${loaded} of ${size} bytes`);
  };
  await withRetries(
    `${origin}/${name}`,
    context,
    attempt,
    (count, delay, reason) => context.onEvent({ kind: 'retry', file: name, attempt: count, delay, reason }),
    () => furthest,
  );
}

/** Flags of a new or old file that is no link, which Windows does not tell apart. */
const writeOnly = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

async function append(
  path: string,
  resumed: boolean,
  fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const writing = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw fileError(path, 'write', error);
    }
  };
  const handle = await writing(() => open(path, (resumed ? constants.O_APPEND : constants.O_TRUNC) | writeOnly));
  try {
    await fill(async (chunk) => {
      for (let start = 0; start < chunk.byteLength; ) {
        start += (await writing(() => handle.write(chunk, start))).bytesWritten;
      }
    });
    await writing(() => handle.sync());
  } finally {
    await handle.close();
  }
}

/** What is wrong with a fetched file; undefined where size and hash are right. */
async function mismatch({ etag, size }: RemoteFile, path: string): Promise<string | undefined> {
  const actual = await sizeOf(path);
  if (actual === undefined) return 'what was fetched is not a regular file any more';
  if (size !== undefined && actual !== size) return `the server sent ${actual} bytes where it had announced ${size}`;
  const announced = etag.toLowerCase();
  const algorithm = /^[0-9a-f]{64}$/.test(announced) ? 'sha256' : /^[0-9a-f]{40}$/.test(announced) ? 'sha1' : undefined;
  if (algorithm === undefined) return undefined;
  const found = await contentHash(path, algorithm, actual);
  return found === announced
    ? undefined
    : `what the server sent does not have the hash it announced (${etag.slice(0, 12)}..., got ${found.slice(0, 12)}...)`;
}

/** Bytes of a regular file; 0 where there is nothing, undefined for a link, a folder or a device. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const facts = await lstat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch {
    return 0;
  }
}
