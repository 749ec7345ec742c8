import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { withFileLock } from '../../src/node/file-lock.ts';

/** What happens once, right after the next file was read: between the look at a lock and what follows from it. */
const between = vi.hoisted(() => ({ once: undefined as (() => void) | undefined }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const readFile = async (file: string): Promise<string> => {
    const text = await real.readFile(file, 'utf8');
    between.once?.();
    between.once = undefined;
    return text;
  };
  return { ...real, readFile };
});

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
  between.once = () => writeFileSync(path, quicker);
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
