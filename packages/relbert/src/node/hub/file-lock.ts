import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError, systemCode } from '../file-error.ts';

/** How often the holder of a lock shows that it lives, and after what silence it counts as dead. Milliseconds. */
const heartbeat = 5_000;
const silence = 60_000;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when another process holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while holding a lock that other processes of this package respect: a file that only one can create.
 * A lock whose holder died (its process is gone, or silent for a minute on another machine) is taken over. A holder that
 * only seemed dead may then still run: what is locked must bear two, as a download that ends in a rename does.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { signal } = options;
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const handle = await open(path, 'wx');
      await handle.write(mine);
      await handle.close();
      break;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw fileError(path, 'write', error);
      if (await isDead(path)) {
        await removeDead(path);
        continue;
      }
      if (!waited) options.onWait?.();
      waited = true;
      await sleep(100, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), heartbeat);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    // not the lock of one that took it over
    if ((await readFile(path, 'utf8').catch(() => undefined)) === mine) await rm(path, { force: true }).catch(() => {});
  }
}

/**
 * Renamed first, so that of several that found it dead only one gets it; and judged again where it lies now, as a quicker
 * one may have put its own lock there in between.
 */
async function removeDead(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if (await isDead(aside)) await rm(aside, { force: true });
    else await rename(aside, path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError(path, 'write', error);
  }
}

async function isDead(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > silence) return true;
    const holder = JSON.parse(await readFile(path, 'utf8')) as { pid?: unknown; host?: unknown };
    if (holder.host !== hostname() || typeof holder.pid !== 'number') return false;
    try {
      process.kill(holder.pid, 0);
      return false;
    } catch (error) {
      return systemCode(error) === 'ESRCH';
    }
  } catch {
    return false; // gone just now, or being written
  }
}
