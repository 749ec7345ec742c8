import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { bruteForce, build, clustered, dimension, idsOf, model, pairOf, runtime } from './clustered-index.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-index-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a writer', () => {
  it('leaves files alone that it did not make', async () => {
    const folder = join(root, 'mine');
    mkdirSync(join(folder, 'draft-1'), { recursive: true });
    const names = ['draft-thesis.md', 'removed-items.csv', 'segment-1.wav', 'segment-of-a-book.bin'];
    for (const name of names) writeFileSync(join(folder, name), name);
    writeFileSync(join(folder, 'draft-1.bin'), 'of a writer that was killed');
    await build(folder, 10);
    await using writer = await IndexWriter.open(indexFolder(folder), { runtime, threads: 1 });
    await writer.remove('head = "head1"');
    await writer.compact();
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...names, 'draft-1']));
    expect(readdirSync(folder)).not.toContain('draft-1.bin');
  });

  it('adds, removes and compacts without changing what is found', async () => {
    const folder = join(root, 'grown');
    const data = await build(folder, 300);
    const more = clustered(100, 3);
    const rows = Array.from({ length: 100 }, (_, i) => 300 + i);
    {
      await using writer = await IndexWriter.open(indexFolder(folder), { runtime, threads: 1 });
      const block = { pairs: rows.map(pairOf), data: more };
      expect(await writer.add([block])).toEqual({ added: 100, repeated: 0 });
      expect(await writer.add([block])).toEqual({ added: 0, repeated: 100 });
      expect(await writer.remove('relation = "part" and id > 150')).toBe(83);
    }
    const all = Float32Array.from([...data, ...more]);
    const vector = clustered(1, 4);
    const right = bruteForce(all, vector, (i) => !(i % 3 === 2 && i > 150)).slice(0, 20);
    const search = async (): Promise<number[]> => {
      await using index = await RelationIndex.open(indexFolder(folder));
      return idsOf((await index.search([{ vector }], { top: 20, exact: true }))[0] ?? []);
    };
    expect(await search()).toEqual(right);
    {
      await using writer = await IndexWriter.open(indexFolder(folder), { runtime, threads: 1 });
      await writer.compact();
    }
    expect(await search()).toEqual(right);
    await using index = await RelationIndex.open(indexFolder(folder));
    expect(index.info()).toMatchObject({ rows: 317, removed: 0, segments: 1 });
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('adds a pair again that was removed, and no other', async () => {
    const folder = join(root, 'again');
    const data = await build(folder, 40);
    await using writer = await IndexWriter.open(indexFolder(folder), { runtime, threads: 1 });
    expect(await writer.remove('id >= 30')).toBe(10);
    const pairs = Array.from({ length: 40 }, (_, i) => pairOf(i));
    expect(await writer.add([{ pairs, data }])).toEqual({ added: 10, repeated: 30 });
  });

  it('refuses rows that cannot be compared, and adds none of them', async () => {
    const folder = join(root, 'refused');
    await using writer = await IndexWriter.create(indexFolder(folder), { dimension, model }, { runtime });
    const pairs = [pairOf(0), pairOf(1)];
    const bad = (value: number): Float32Array => {
      const data = clustered(2);
      data.fill(value, dimension);
      return data;
    };
    await expect(writer.add([{ pairs, data: bad(Number.NaN) }])).rejects.toThrow(
      'row 2, ["head1","tail 1"]: its vector holds NaN',
    );
    await expect(writer.add([{ pairs, data: bad(Number.POSITIVE_INFINITY) }])).rejects.toThrow('infinity');
    await expect(writer.add([{ pairs, data: bad(0) }])).rejects.toThrow(
      'row 2, ["head1","tail 1"]: its vector is all zeros',
    );
    await expect(writer.add([{ pairs, data: new Float32Array(10).fill(1) }])).rejects.toThrow('have 5 dimensions');
    const same = pairs.map((pair) => ({ ...pair, columns: { id: 'a' } }));
    await expect(writer.add([{ pairs: same, data: clustered(2) }])).rejects.toThrow('the id "a" is taken by row 1');
    expect(readdirSync(folder)).toEqual(['.lock']);
    await expect(IndexWriter.open(indexFolder(folder), { runtime })).rejects.toThrow('is writing into this folder');
  });

  it('keeps the index that is replaced until the new one is complete', async () => {
    const folder = join(root, 'replaced');
    await build(folder, 30);
    const rows = async (): Promise<number> => {
      await using index = await RelationIndex.open(indexFolder(folder));
      for await (const _ of index.verify());
      return index.info().rows;
    };
    await using writer = await IndexWriter.create(
      indexFolder(folder),
      { dimension, model, overwrite: true },
      { runtime },
    );
    await expect(writer.add([{ pairs: [pairOf(0)], data: new Float32Array(dimension) }])).rejects.toThrow('all zeros');
    expect(await rows()).toBe(30);
    await writer.add([{ pairs: [pairOf(0), pairOf(1)], data: clustered(2) }]);
    expect(await rows()).toBe(2);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('is opened while a writer removes the files that the manifest named a moment before', async () => {
    const folder = join(root, 'beside');
    await build(folder, 30);
    const place = indexFolder(folder);
    let rebuilt = false;
    await using index = await RelationIndex.open({
      origin: folder,
      async open(name) {
        if (name.startsWith('segment') && !rebuilt) {
          rebuilt = true;
          await using writer = await IndexWriter.create(place, { dimension, model, overwrite: true }, { runtime });
          await writer.add([{ pairs: [pairOf(0)], data: clustered(1) }]);
        }
        return place.open(name);
      },
    });
    expect(index.info().rows).toBe(1);
  });

  it('makes an index without pairs, which has no neighbours', async () => {
    const folder = join(root, 'empty');
    {
      await using writer = await IndexWriter.create(indexFolder(folder), { dimension, model }, { runtime });
      await writer.add([]);
    }
    await using index = await RelationIndex.open(indexFolder(folder));
    expect(await index.search([{ vector: clustered(1) }])).toEqual([[]]);
  });
});
