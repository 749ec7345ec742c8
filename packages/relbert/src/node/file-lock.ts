import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileError, fileError, systemCode } from './file-error.ts';
import { makeFolder } from './files.ts';
import { isRunning, type ProcessName, thisProcess } from './process.ts';
import { temporaryPath } from './temporary-file.ts';

/** The lock of a folder. */
export const lockName = '.lock';
/** How often the holder of a lock shows that it lives, and after what silence one of another machine counts as dead. Milliseconds. */
const heartbeat = 5_000;
const silence = 60_000;
/** A lock without a holder is being written, unless it is older than this: then its writer was killed. Milliseconds. */
const writing = 1_000;

/**
 * A file that one process at a time can hold. A lock whose holder is dead (its process is gone, or it is on another
 * machine and silent for a minute) is taken over.
 */
export class FileLock implements AsyncDisposable {
  readonly #path: string;
  readonly #text: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), heartbeat);
    this.#beat.unref();
  }

  /** The lock, or who holds it. @throws FileError */
  static async tryAcquire(path: string): Promise<FileLock | ProcessName> {
    for (;;) {
      const text = JSON.stringify({ ...thisProcess(), id: randomUUID() });
      try {
        // In one turn: a kill can hardly come between.
        const file = openSync(path, 'wx');
        try {
          writeSync(file, text);
        } finally {
          closeSync(file);
        }
        return new FileLock(path, text);
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw fileError(path, 'write', error);
      }
      const found = await holderOf(path);
      if (found === 'dead') await removeDead(path);
      else if (found === 'unknown') await sleep(50);
      else return found;
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    // Not the lock of a process that took it over.
    if ((await readFile(this.#path, 'utf8').catch(() => undefined)) === this.#text) {
      await rm(this.#path, { force: true }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when another process holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while holding a lock, after waiting for its turn. A holder on another machine that only seemed dead may
 * then still run: what is locked must bear two, as a download that ends in a rename does.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { signal } = options;
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await FileLock.tryAcquire(path);
    if (lock instanceof FileLock) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (!waited) options.onWait?.();
    waited = true;
    await sleep(100, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/**
 * Renamed first, so that of several that found it dead only one gets it; and judged again where it lies now, as a faster
 * process may have put its lock there in between.
 */
async function removeDead(path: string): Promise<void> {
  const aside = temporaryPath(path);
  try {
    await rename(path, aside);
    if ((await holderOf(aside)) === 'dead') await rm(aside, { force: true });
    else await rename(aside, path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError(path, 'write', error);
  }
}

async function holderOf(path: string): Promise<ProcessName | 'dead' | 'unknown'> {
  let age: number;
  let text: string;
  try {
    age = Date.now() - (await stat(path)).mtimeMs;
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'unknown'; // released just now
    throw fileError(path, 'read', error);
  }
  const holder = parseHolder(text);
  if (!holder) return age > writing ? 'dead' : 'unknown';
  const running = isRunning(holder);
  if (running === undefined) return age > silence ? 'dead' : holder;
  return running ? holder : 'dead';
}

function parseHolder(text: string): ProcessName | undefined {
  try {
    const { pid, host, started } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, host, started: typeof started === 'string' ? started : undefined };
  } catch {
    return undefined;
  }
}

/** Makes a folder where it is missing, and locks it. @throws FileError that names the process which holds the lock */
export async function lockFolder(folder: string): Promise<FileLock> {
  await makeFolder(folder);
  const lock = await FileLock.tryAcquire(join(folder, lockName));
  if (lock instanceof FileLock) return lock;
  const { pid, host } = lock;
  throw new FileError(
    folder,
    `process ${pid} on ${host} is writing into this folder: wait for its end, or name another folder`,
  );
}
