import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-index-'));
afterAll(() => rmSync(root, { recursive: true }));
const runtime = nodeRuntime();
const dimension = 24;
const model = { name: 'tiny', prompt: '<subj> and <obj>', template: true, pooling: 'difference' };

/** Vectors around a few directions, as relations are. */
function clustered(count: number, seed = 1): Float32Array {
  const random = new Random(seed);
  const normal = (): number => random.uniform(-1, 1) + random.uniform(-1, 1);
  const centres = Array.from({ length: 40 }, () => Array.from({ length: dimension }, normal));
  return Float32Array.from({ length: count * dimension }, (_, i) => {
    const centre = centres[Math.floor(i / dimension) % centres.length] as number[];
    return (centre[i % dimension] as number) + 0.4 * normal();
  });
}

const wordsOf = (i: number): WordPair => ({ head: `head${i % 50}`, tail: `tail ${i}` });
const pairOf = (i: number): WordPair => ({
  ...wordsOf(i),
  columns: {
    id: i,
    relation: ['hypernym', 'antonym', 'part'][i % 3] as string,
    score: i / 10,
  },
});

async function build(folder: string, count: number, data = clustered(count)): Promise<Float32Array> {
  await using writer = await IndexWriter.create(indexFolder(folder), { dimension, model }, { runtime, threads: 1 });
  const block = 700;
  await writer.add(
    Array.from({ length: Math.ceil(count / block) }, (_, b) => {
      const rows = Array.from({ length: Math.min(block, count - b * block) }, (_, i) => b * block + i);
      return {
        pairs: rows.map(pairOf),
        data: data.subarray(b * block * dimension, (b * block + rows.length) * dimension),
      };
    }),
  );
  return data;
}

/** Rows by cosine, the plain way. */
function bruteForce(data: Float32Array, query: Float32Array, allowed: (row: number) => boolean = () => true): number[] {
  const cosine = (row: number): number => {
    let [dot, squares] = [0, 0];
    for (let i = 0; i < dimension; i++) {
      const x = data[row * dimension + i] as number;
      dot += x * (query[i] as number);
      squares += x * x;
    }
    return dot / Math.sqrt(squares);
  };
  return Array.from({ length: data.length / dimension }, (_, row) => row)
    .filter(allowed)
    .map((row) => ({ row, score: cosine(row) }))
    .sort((a, b) => b.score - a.score)
    .map(({ row }) => row);
}

const idsOf = (neighbours: readonly { readonly pair: WordPair }[]): number[] =>
  neighbours.map(({ pair }) => pair.columns?.['id'] as number);

describe('an index', () => {
  const folder = join(root, 'large');
  const count = 5000;
  const queries = clustered(30, 2);
  const query = (i: number): Float32Array => queries.slice(i * dimension, (i + 1) * dimension);
  let data: Float32Array;
  let index: RelationIndex;
  beforeAll(async () => {
    data = await build(folder, count);
    index = await RelationIndex.open(indexFolder(folder));
  });
  afterAll(() => index[Symbol.asyncDispose]());

  it('gives the nearest pairs, all of them where it is asked for exactness', async () => {
    for (let q = 0; q < 30; q++) {
      const [found] = await index.search([{ vector: query(q) }], { exact: true });
      expect(idsOf(found ?? [])).toEqual(bruteForce(data, query(q)).slice(0, 10));
    }
  });

  it('gives the same where codes are not kept in memory', async () => {
    await using other = await RelationIndex.open(indexFolder(folder), { codeMemory: 0 });
    const questions = Array.from({ length: 5 }, (_, q) => ({ vector: query(q) }));
    for (const options of [{}, { exact: true, top: 30 }]) {
      expect(await other.search(questions, options)).toEqual(await index.search(questions, options));
    }
    for await (const { done, total } of other.verify()) expect(done).toBeLessThanOrEqual(total);
  });

  it('gives nearly all of them from the nearest lists', async () => {
    let hits = 0;
    const results = await index.search(Array.from({ length: 30 }, (_, q) => ({ vector: query(q) })));
    for (const [q, found] of results.entries()) {
      const right = new Set(bruteForce(data, query(q)).slice(0, 10));
      hits += idsOf(found).filter((id) => right.has(id)).length;
    }
    expect(hits / 300).toBeGreaterThan(0.95);
  });

  it('gives cosines, and the columns of a pair', async () => {
    const [found] = await index.search([{ vector: data.slice(7 * dimension, 8 * dimension).map((x) => x * 9) }], {
      top: 1,
    });
    expect(found?.[0]?.pair).toEqual(pairOf(7));
    expect(found?.[0]?.score).toBeCloseTo(1, 3);
  });

  it.each<[string, (row: number) => boolean]>([
    ['relation = "hypernym"', (i) => i % 3 === 0],
    ['relation != "hypernym" and id < 900', (i) => i % 3 !== 0 && i < 900],
    ['head in ("head3", "head4") or not (score >= 2)', (i) => [3, 4].includes(i % 50) || i < 20],
    ['id = 4711', (i) => i === 4711],
    [`tail = 'tail 12'`, (i) => i === 12],
  ])('gives as many as are asked for, or all there are, where %s', async (where, holds) => {
    const [found] = await index.search([{ vector: query(0) }], { where, top: 25 });
    expect(idsOf(found ?? [])).toEqual(bruteForce(data, query(0), holds).slice(0, 25));
  });

  it('leaves out the question, and pairs that share a word with it', async () => {
    const pair = pairOf(3);
    const vector = data.slice(3 * dimension, 4 * dimension);
    const [plain] = await index.search([{ vector, pairs: [pair] }], { exact: true });
    expect(idsOf(plain ?? [])).toEqual(bruteForce(data, vector, (i) => i !== 3).slice(0, 10));
    // Every tail has the word "tail".
    const other = { head: 'HEAD3', tail: 'x' };
    const [apart] = await index.search([{ vector, pairs: [other] }], { distinctWords: true, exact: true });
    expect(idsOf(apart ?? [])).toEqual(bruteForce(data, vector, (i) => i % 50 !== 3).slice(0, 10));
  });

  it('gives as many answers where the question stands in it many times', async () => {
    const folder = join(root, 'repeated');
    const vectors = clustered(60, 6);
    const pairs = Array.from({ length: 60 }, (_, i) => (i < 40 ? { ...wordsOf(0), columns: { id: i } } : pairOf(i)));
    // The rows of one pair are the nearest of all.
    for (let i = 1; i < 40; i++) vectors.copyWithin(i * dimension, 0, dimension);
    {
      await using writer = await IndexWriter.create(indexFolder(folder), { dimension, model }, { runtime, threads: 1 });
      await writer.add([{ pairs, data: vectors }]);
    }
    await using repeated = await RelationIndex.open(indexFolder(folder));
    const [found] = await repeated.search([{ vector: vectors.slice(0, dimension), pairs: [wordsOf(0)] }], { top: 5 });
    expect(idsOf(found ?? [])).toEqual(bruteForce(vectors, vectors.slice(0, dimension), (i) => i >= 40).slice(0, 5));
  });

  it('gives all its pairs where more are asked for', async () => {
    const [found] = await index.search([{ vector: query(1) }], { top: 6000 });
    expect(found).toHaveLength(count);
  });

  it('finds the vector of a pair', async () => {
    const vector = await index.vectorOf(pairOf(44));
    const stored = data.slice(44 * dimension, 45 * dimension);
    const length = Math.hypot(...stored);
    expect(Math.max(...(vector ?? []).map((x, i) => Math.abs(x - (stored[i] as number) / length)))).toBeLessThan(1e-3);
    expect(await index.vectorOf({ head: 'no', tail: 'such' })).toBeUndefined();
  });

  it('is sound from the first byte to the last', async () => {
    let last = 0;
    for await (const { done } of index.verify()) last = done;
    expect(last).toBe(count);
  });

  it.each([
    [{ vector: new Float32Array(3).fill(1) }, {}, /question 1 has 3 dimensions.*has 24: it was built with tiny/],
    [{ vector: new Float32Array(dimension) }, {}, /question 1: its vector is all zeros/],
    [{ vector: new Float32Array(dimension).fill(Number.NaN) }, {}, /NaN/],
    [
      { vector: new Float32Array(dimension).fill(1) },
      { where: 'relatoin = "x"' },
      /no column 'relatoin' \(did you mean relation\?\)/,
    ],
    [{ vector: new Float32Array(dimension).fill(1) }, { where: 'relation = ' }, /cannot read 'relation = ' at the end/],
    [
      { vector: new Float32Array(dimension).fill(1) },
      { where: 'head != constructor' },
      /expected a text in quotation marks/,
    ],
    [{ vector: new Float32Array(dimension).fill(1) }, { top: 0 }, /top must be/],
  ])('refuses what cannot be asked (%#)', async (question, options, message) => {
    await expect(index.search([question], options)).rejects.toThrow(message);
  });
});

describe('an index that was disposed', () => {
  const folder = join(root, 'disposed');
  beforeAll(() => build(folder, 10));

  it('is disposed once: it closes no file that took the number of its own', async () => {
    const index = await RelationIndex.open(indexFolder(folder));
    await index[Symbol.asyncDispose]();
    const others = Array.from({ length: 5 }, () => openSync(join(folder, 'manifest.json'), 'r'));
    await index[Symbol.asyncDispose]();
    for (const other of others) expect(fstatSync(other).size).toBeGreaterThan(0);
    for (const other of others) closeSync(other);
    await expect(index.search([{ vector: new Float32Array(dimension).fill(1) }])).rejects.toThrow('was disposed');
  });

  it('leaves no file open where it cannot be opened', async (context) => {
    context.skip(!existsSync('/proc/self/fd'), 'open files are counted in /proc');
    const segment = join(folder, readdirSync(folder).find((name) => name.startsWith('segment')) as string);
    const bytes = readFileSync(segment);
    truncateSync(segment, bytes.length - 1);
    const open = () => readdirSync('/proc/self/fd').filter((number) => linkOf(number) === segment).length;
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow('is cut');
    expect(open()).toBe(0);
    writeFileSync(segment, bytes);
  });
});

function linkOf(number: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    return undefined;
  }
}

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

describe('a damaged index', () => {
  const folder = join(root, 'damaged');
  let segment: string;
  let bytes: Buffer;
  beforeAll(async () => {
    await build(folder, 2500);
    segment = join(folder, readdirSync(folder).find((name) => name.startsWith('segment')) as string);
    bytes = readFileSync(segment);
  });

  it('is found wherever a bit is flipped', async () => {
    const random = new Random(5);
    for (let trial = 0; trial < 40; trial++) {
      const damaged = Buffer.from(bytes);
      const at = 16 + random.integer(bytes.length - 32);
      damaged[at] = (damaged[at] as number) ^ (1 << random.integer(8));
      writeFileSync(segment, damaged);
      const check = async (): Promise<void> => {
        await using index = await RelationIndex.open(indexFolder(folder));
        for await (const _ of index.verify());
      };
      await expect(check(), `bit at ${at} of ${bytes.length}`).rejects.toThrow(/is damaged|is cut/);
    }
    writeFileSync(segment, bytes);
  });

  it('is found by verify although a search has read the part before', async () => {
    const damaged = Buffer.from(bytes);
    const at = damaged.indexOf('"tail 1700"');
    damaged[at + 1] = 'T'.charCodeAt(0);
    await using index = await RelationIndex.open(indexFolder(folder));
    for await (const _ of index.pairs());
    writeFileSync(segment, damaged);
    const check = async (): Promise<void> => {
      for await (const _ of index.verify());
    };
    await expect(check()).rejects.toThrow('the metadata of rows');
    writeFileSync(segment, bytes);
    await check();
  });

  it('is found where the file is cut or gone, and where the manifest is changed', async () => {
    truncateSync(segment, bytes.length - 100);
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/is cut/);
    rmSync(segment);
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/the segment is missing/);
    writeFileSync(segment, bytes);
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"tiny"', '"tony"'));
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/checksum does not fit/);
    await expect(RelationIndex.open(indexFolder(join(root, 'nowhere')))).rejects.toThrow(/there is no index here/);
  });
});
