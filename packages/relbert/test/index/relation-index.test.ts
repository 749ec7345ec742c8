import {
  closeSync,
  existsSync,
  fstatSync,
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
import { OptionError } from '../../src/encoder/option-error.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { WhereError } from '../../src/index.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { DisposedError } from '../../src/text/disposed-error.ts';
import { bruteForce, build, clustered, dimension, idsOf, model, pairOf, runtime, wordsOf } from './clustered-index.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-index-'));
afterAll(() => rmSync(root, { recursive: true }));

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

  it('refuses numbers that are not counts', async () => {
    for (const wrong of [-3, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const name of ['probes', 'top']) {
        await expect(index.search([{ vector: query(0) }], { [name]: wrong })).rejects.toThrow(
          new OptionError(`${name} must be a positive whole number, got ${wrong}`),
        );
      }
    }
  });

  it('names the option of a condition that cannot be read', async () => {
    const search = index.search([{ vector: query(0) }], { where: 'relation' });
    await expect(search).rejects.toThrow(WhereError);
    await expect(search).rejects.toThrow(/^where: cannot read 'relation' at the end/);
  });

  it('gives all its pairs where more are asked for', async () => {
    const [found] = await index.search([{ vector: query(1) }], { top: 6000 });
    expect(found).toHaveLength(count);
  });

  it('finds the vector of a pair', async () => {
    const vector = await index.vectorOf(pairOf(44));
    const stored = data.slice(44 * dimension, 45 * dimension);
    const length = Math.hypot(...stored);
    expect(vector).toHaveLength(dimension);
    for (const [i, x] of (vector as Float32Array).entries()) {
      expect(Math.abs(x - (stored[i] as number) / length)).toBeLessThan(1e-3);
    }
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
    await expect(index.search([{ vector: new Float32Array(dimension).fill(1) }])).rejects.toThrow(DisposedError);
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
