import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { cosine } from '../../src/encoder/embeddings.ts';
import type { VectorBlock } from '../../src/formats/vector-block.ts';
import type { PairVector } from '../../src/index/index-question.ts';
import { type MiningPool, minePairs } from '../../src/index/mining.ts';
import { MiningQuestion } from '../../src/index/mining-question.ts';
import { whiteningOf } from '../../src/index/whitening.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const runtime = nodeRuntime();
const dimension = 8;
const pair = (head: string): WordPair => ({ head, tail: 'x' });

/**
 * 600 vectors that share a long mean and a strong second direction, which says nothing about the relation; every tenth
 * stands in the relation, which a weak third direction shows.
 */
function anisotropic(): { readonly pairs: WordPair[]; readonly data: Float32Array } {
  const random = new Random(3);
  const pairs = Array.from({ length: 600 }, (_, i) => pair(i % 10 === 0 ? `right${i}` : `wrong${i}`));
  const data = Float32Array.from({ length: 600 * dimension }, (_, at) => {
    const [row, d] = [Math.floor(at / dimension), at % dimension];
    if (d === 0) return 3 + 0.1 * random.normal();
    if (d === 1) return 2 * random.normal();
    if (d === 2) return (row % 10 === 0 ? 0.4 : 0) + 0.05 * random.normal();
    return 0.1 * random.normal();
  });
  return { pairs, data };
}

function poolOf(pairs: readonly WordPair[], data: Float32Array, size = 250): MiningPool {
  return {
    sample: async () => data,
    async *blocks(): AsyncGenerator<VectorBlock> {
      for (let first = 0; first < pairs.length; first += size) {
        const some = pairs.slice(first, first + size);
        yield {
          pairs: some,
          data: data.slice(first * dimension, (first + some.length) * dimension),
          shape: [some.length, dimension],
        };
      }
    },
  };
}

function seedsOf(pairs: readonly WordPair[], data: Float32Array, rows: readonly number[]): PairVector[] {
  return rows.map((row) => ({
    pair: pairs[row] as WordPair,
    vector: data.slice(row * dimension, (row + 1) * dimension),
  }));
}

/** How many of the pairs with the greatest mean cosine to the seeds are right. */
function rightByCosine(
  seeds: readonly PairVector[],
  pairs: readonly WordPair[],
  data: Float32Array,
  top: number,
): number {
  const scores = pairs.map((own, row) => {
    const vector = data.subarray(row * dimension, (row + 1) * dimension);
    return { own, score: seeds.reduce((sum, { vector: seed }) => sum + cosine(seed, vector), 0) };
  });
  const best = scores.toSorted((a, b) => b.score - a.score).slice(seeds.length, seeds.length + top);
  return best.filter(({ own: { head } }) => head.startsWith('right')).length;
}

describe('minePairs', () => {
  const { pairs, data } = anisotropic();
  const pool = poolOf(pairs, data);
  const seeds = seedsOf(pairs, data, [0, 10, 20]);

  it('finds the relation where a direction that all pairs share is stronger', async () => {
    const found = await minePairs(seeds, pool, { runtime, top: 57 });
    expect(found).toHaveLength(57);
    const right = found.filter(({ pair: { head } }) => head.startsWith('right'));
    expect(right.length).toBeGreaterThan(20);
    expect(rightByCosine(seeds, pairs, data, 57)).toBeLessThan(15);
    const heads = found.map(({ pair: { head } }) => head);
    for (const { pair: seed } of seeds) expect(heads).not.toContain(seed.head);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it('names the nearest seed: of two relations, that of the candidate', async () => {
    const both = seedsOf(pairs, data, [0, 1]);
    const near = seedsOf(pairs, data, [0])[0] as PairVector;
    const twin = poolOf([pair('twin'), ...pairs], Float32Array.from([...near.vector, ...data]));
    const found = await minePairs(both, twin, { runtime, top: 600 });
    expect(found.find(({ pair: { head } }) => head === 'twin')?.seed).toEqual(near.pair);
    expect(new Set(found.map(({ seed }) => seed.head))).toEqual(new Set(['right0', 'wrong1']));
  });

  it('lowers what is like the counter-examples, and leaves them out', async () => {
    const not = seedsOf(pairs, data, [30, 40, 50]);
    const found = await minePairs(seeds, pool, { runtime, top: 40, not });
    const right = found.filter(({ pair: { head } }) => head.startsWith('right')).length;
    const plain = await minePairs(seeds, pool, { runtime, top: 40 });
    const score = (list: typeof found, head: string): number =>
      list.find(({ pair: own }) => own.head === head)?.score ?? Number.NaN;
    expect(right).toBeGreaterThan(0);
    expect(score(found, 'right30')).toBeNaN();
    const shared = found.find(({ pair: own }) => Number.isFinite(score(plain, own.head)))?.pair.head as string;
    expect(score(found, shared)).toBeLessThan(score(plain, shared));
  });

  it('counts a repeated candidate once, and finds the same over any blocks', async () => {
    const twice = poolOf([...pairs, ...pairs], Float32Array.from([...data, ...data]), 77);
    const found = await minePairs(seeds, twice, { runtime, top: 57 });
    expect(new Set(found.map(({ pair: { head } }) => head)).size).toBe(57);
    const [once, other] = [
      await minePairs(seeds, pool, { runtime }),
      await minePairs(seeds, poolOf(pairs, data, 7), { runtime }),
    ];
    expect(other.map(({ pair: own }) => own.head)).toEqual(once.map(({ pair: own }) => own.head));
  });

  it('mines among fewer candidates than dimensions, and among none', async () => {
    const few = poolOf(pairs.slice(5, 8), data.slice(5 * dimension, 8 * dimension));
    const found = await minePairs(seeds, few, { runtime });
    expect(found).toHaveLength(3);
    for (const { score } of found) expect(Number.isFinite(score)).toBe(true);
    expect(await minePairs(seeds, poolOf([], new Float32Array()), { runtime })).toEqual([]);
  });

  it('stops when aborted, and refuses vectors that cannot be compared', async () => {
    const stop = new AbortController();
    const options = { runtime, signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) };
    await expect(minePairs(seeds, pool, options)).rejects.toThrow('enough');
    await expect(minePairs([], pool, { runtime })).rejects.toThrow('mining needs a seed');
    const short = [{ pair: pair('short'), vector: new Float32Array([1, 2, 3]) }];
    await expect(minePairs(short, pool, { runtime })).rejects.toThrow('a seed has 3 dimensions');
    const zero = [{ pair: pair('zero'), vector: new Float32Array(dimension) }];
    await expect(minePairs(zero, pool, { runtime })).rejects.toThrow(/\["zero","x"\].*all zeros/);
  });
});

describe('MiningQuestion', () => {
  const cosines = (...rows: number[][]): Float32Array => Float32Array.from(rows.flat());
  const near = [0.9, 0.1, 0.1];
  const between = [0.4, 0.4, 0.4];

  it('is the logarithm of the mean of a Gaussian process with 1 at the seeds', async () => {
    const { exp, log } = Math;
    const one = await MiningQuestion.of(cosines([1]), 1);
    expect(one.score(cosines([0.5]))).toBeCloseTo(1 + log(exp(2 * -0.5) / 1.3) / 2, 6);
    // Two seeds with the cosine 0.2: the inverse of [[1.3, k], [k, 1.3]] times [1, 1] is 1 / (1.3 + k) for both.
    const two = await MiningQuestion.of(cosines([1, 0.2], [0.2, 1]), 2);
    const fit = (exp(2 * (0.7 - 1)) + exp(2 * (0.1 - 1))) / (1.3 + exp(2 * (0.2 - 1)));
    expect(two.score(cosines([0.7, 0.1]))).toBeCloseTo(1 + log(fit) / 2, 6);
  });

  it('prefers what is near one seed to what is as near all by the mean, and counts seeds that are alike less', async () => {
    const apart = await MiningQuestion.of(cosines([1, 0, 0], [0, 1, 0], [0, 0, 1]), 3);
    expect(apart.score(cosines(near))).toBeGreaterThan(apart.score(cosines(between)));
    const twins = await MiningQuestion.of(cosines([1, 1, 0], [1, 1, 0], [0, 0, 1]), 3);
    expect(twins.score(cosines([0.1, 0.1, 0.7]))).toBeGreaterThan(twins.score(cosines([0.7, 0.1, 0.1])));
  });

  it('takes off what is like a counter-example, and nothing for what is unlike all', async () => {
    const plain = await MiningQuestion.of(cosines([1]), 1);
    const against = await MiningQuestion.of(cosines([1, 0.3], [0.3, 1]), 1);
    expect(against.score(cosines([0.5, 0.8]))).toBeCloseTo(plain.score(cosines([0.5])) - 0.15 * 0.64, 6);
    expect(against.score(cosines([0.5, -0.8]))).toBeCloseTo(plain.score(cosines([0.5])), 9);
  });
});

describe('whiteningOf', () => {
  it('gives unit vectors whose covariance is nearly the identity', async () => {
    const random = new Random(5);
    const rows = Float32Array.from(
      { length: 4000 * dimension },
      (_, at) => random.normal() * ((at % dimension) + 1) + 7,
    );
    await using whitening = await whiteningOf(rows, dimension, { runtime });
    const white = await whitening.apply(rows);
    const sums = Array.from({ length: dimension }, (_, i) =>
      Array.from({ length: dimension }, (_, j) => {
        let sum = 0;
        for (let at = 0; at < white.length; at += dimension)
          sum += (white[at + i] as number) * (white[at + j] as number);
        return (sum / 4000) * dimension;
      }),
    );
    // The variances, from 1 to 64, are mixed with a tenth of their mean; lengths of 1 bring what is left to a mean of 1.
    const variances = Array.from({ length: dimension }, (_, i) => (i + 1) ** 2);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / dimension;
    const shrunk = variances.map((variance) => variance / (0.9 * variance + 0.1 * mean(variances)));
    for (const [i, row] of sums.entries()) {
      for (const [j, value] of row.entries()) {
        const expected = i === j ? (shrunk[i] as number) / mean(shrunk) : 0;
        expect(Math.abs(value - expected)).toBeLessThan(i === j ? 0.07 : 0.06);
      }
    }
  });
});
