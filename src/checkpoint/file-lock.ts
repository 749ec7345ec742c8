import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError, systemCode } from '../runtime/file-error.ts';

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
 * A lock whose holder died (its process is gone, or silent for a minute on another machine) is taken over.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { signal } = options;
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted();
    try {
      const handle = await open(path, 'wx');
      await handle.write(mine);
      await handle.close();
      break;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw fileError(path, 'write', error);
      if (await isDead(path)) {
        await rm(path, { force: true });
        continue;
      }
      if (!waited) options.onWait?.();
      await sleep(100, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), heartbeat);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true }).catch(() => {});
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
