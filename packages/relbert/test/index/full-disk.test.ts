import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import type { WritableIndexFolder } from '../../src/index/index-folder.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { fileError } from '../../src/node/file-error.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-full-disk-'));
afterAll(() => rmSync(root, { recursive: true }));
const runtime = nodeRuntime();
const dimension = 16;
const about = { dimension, model: { name: 'tiny', prompt: 'p', template: true, pooling: 'difference' } };

function block(word: string, count: number) {
  const random = new Random(count);
  return {
    pairs: Array.from({ length: count }, (_, i) => ({ head: word, tail: String(i) })),
    data: Float32Array.from({ length: count * dimension }, () => random.normal()),
  };
}

/** A folder on a disk that takes so many bytes more. */
function nearlyFull(folder: string, room: number): WritableIndexFolder {
  const disk = indexFolder(folder);
  let left = room;
  const take = (name: string, bytes: number): void => {
    left -= bytes;
    if (left < 0) throw fileError(join(folder, name), 'write', Object.assign(new Error('full'), { code: 'ENOSPC' }));
  };
  return {
    ...disk,
    async create(name) {
      const file = await disk.create(name);
      return {
        get size() {
          return file.size;
        },
        async append(bytes) {
          take(name, bytes.byteLength);
          await file.append(bytes);
        },
        read: (start, end, target) => file.read(start, end, target),
        finish: () => file.finish(),
      };
    },
    async replace(name, bytes) {
      take(name, bytes.byteLength);
      await disk.replace(name, bytes);
    },
  };
}

describe('an index on a full disk', () => {
  const folder = join(root, 'index');

  it('keeps its last commit wherever the disk is full, says so, and leaves nothing else behind', async () => {
    {
      await using writer = await IndexWriter.create(indexFolder(folder), about, { runtime });
      await writer.add([block('cat', 50)]);
    }
    const files = readdirSync(folder);
    // 100 rows take 3,200 bytes of a draft and about 12,000 of a segment; then comes the manifest.
    for (const room of [0, 3_000, 3_300, 8_000, 12_000]) {
      await using writer = await IndexWriter.open(nearlyFull(folder, room), { runtime });
      await expect(writer.add([block('dog', 100)]), `${room} bytes`).rejects.toThrow(
        /: cannot write: the disk is full/,
      );
      await expect(writer.remove('tail = "3"')).rejects.toThrow('the disk is full');
      await writer[Symbol.asyncDispose]();
      expect(readdirSync(folder)).toEqual(files);
      await using index = await RelationIndex.open(indexFolder(folder));
      expect(index.info()).toMatchObject({ rows: 50, segments: 1 });
      for await (const _ of index.verify());
    }
  });

  it('takes the pairs when there is room again', async () => {
    await using writer = await IndexWriter.open(nearlyFull(folder, 1_000_000), { runtime });
    expect(await writer.add([block('dog', 100)])).toEqual({ added: 100, repeated: 0 });
    await using index = await RelationIndex.open(indexFolder(folder));
    expect(index.info().rows).toBe(150);
  });
});
