import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { npyHeader } from '../../src/formats/npy.ts';
import { npyBlocks } from '../../src/formats/pair-vector-file.ts';
import { readChunks } from '../../src/node/byte-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-byte-stream-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const turns = () => new Promise((resolve) => setTimeout(resolve, 50));

it('opens a file with the first piece: one that is never read fails nothing', async () => {
  const unheard: unknown[] = [];
  const listener = (error: unknown) => unheard.push(error);
  process.on('uncaughtException', listener);
  try {
    const matrix = join(folder, 'm.npy');
    writeFileSync(matrix, npyHeader([0, 2]).subarray(0, 5)); // fails before the pairs are asked for
    const pairs = join(folder, 'm.pairs.tsv');
    mkdirSync(pairs);
    const blocks = npyBlocks(
      { chunks: readChunks(matrix), file: matrix },
      { chunks: readChunks(join(folder, 'missing')), file: pairs },
    );
    await turns();
    await expect(blocks.next()).rejects.toThrow(matrix);
    await turns();
    expect(unheard).toEqual([]);
    await expect(readChunks(pairs).next()).rejects.toThrow(`${pairs}: cannot read: this is a folder`);
  } finally {
    process.off('uncaughtException', listener);
  }
});

it.runIf(process.platform === 'linux')('leaves no file open that is never read', async () => {
  const path = join(folder, 'unread.txt');
  writeFileSync(path, 'a');
  readChunks(path);
  await turns();
  const open = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // closed meanwhile
    }
  });
  expect(open).toEqual([]);
});
