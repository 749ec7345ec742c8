import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { withFileLock } from '../../src/node/file-lock.ts';

/** Does something once, right after the next file was read: between the look at a lock and what follows from it. */
function afterNextRead(once: () => void): void {
  const { readFile } = promises;
  const replace = (by: typeof readFile): void => {
    promises.readFile = by;
    syncBuiltinESMExports();
  };
  replace((async (file: string) => {
    const text = await readFile(file, 'utf8');
    replace(readFile);
    once();
    return text;
  }) as typeof readFile);
}

const folder = mkdtempSync(join(tmpdir(), 'relbert-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'lock');
/** The lock of a process that is gone. */
const dead = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() });

it('gives a dead lock to one of many that wait for it, and nothing is left behind', async () => {
  writeFileSync(path, dead);
  let inside = 0;
  let most = 0;
  const waiter = () =>
    withFileLock(path, {}, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 3));
      inside--;
    });
  await Promise.all(Array.from({ length: 4 }, waiter));
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

it('leaves the lock of a quicker one that took the dead one over in between', async () => {
  const quicker = JSON.stringify({ pid: process.pid, host: hostname(), id: 'quicker' });
  writeFileSync(path, dead);
  afterNextRead(() => writeFileSync(path, quicker));
  const controller = new AbortController();
  const onWait = () => controller.abort(new Error('it waits'));
  const work = vi.fn(async () => {});
  await expect(withFileLock(path, { signal: controller.signal, onWait }, work)).rejects.toThrow('it waits');
  expect(work).not.toHaveBeenCalled();
  expect(readFileSync(path, 'utf8')).toBe(quicker);
  rmSync(path);
  expect(readdirSync(folder)).toEqual([]);
});

it('leaves the lock of another that took its own over', async () => {
  const other = JSON.stringify({ pid: process.pid, host: hostname(), id: 'other' });
  await withFileLock(path, {}, async () => writeFileSync(path, other));
  expect(readFileSync(path, 'utf8')).toBe(other);
  rmSync(path);
});

it('says once that it waits, and hears an abort', async () => {
  await withFileLock(path, {}, async () => {
    const controller = new AbortController();
    let waits = 0;
    const onWait = (): void => {
      waits++;
      setTimeout(() => controller.abort(new Error('enough')), 150);
    };
    const second = withFileLock(path, { signal: controller.signal, onWait }, async () => {});
    await expect(second).rejects.toThrow('enough');
    expect(waits).toBe(1);
  });
  expect(existsSync(path)).toBe(false);
});
