import { describe, expect, it } from 'vitest';
import { evaluateMining, type MiningMethod, miningPool, relationMethods } from '../../src/evaluate/mining.ts';
import { wordMethods } from '../../src/evaluate/word-mining.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const pair = (i: number): WordPair => ({ head: `h${i}`, tail: `t${i}` });
const pool = Array.from({ length: 200 }, (_, i) => pair(i));
const relation = { relation: 'even', positives: pool.filter((_, i) => i < 20 && i % 2 === 0) };

/** Scores that fall with the row. */
const falling: MiningMethod = {
  name: 'falling',
  scores: async (seeds) => seeds.map(() => Float32Array.from(pool, (_, row) => -row)),
};

describe('evaluateMining', () => {
  it('counts precision and average precision without the seeds', async () => {
    const left: number[] = [];
    const noting: MiningMethod = {
      ...falling,
      scores: (drawn) => {
        for (const seeds of drawn)
          left.push(...[...Array(10).keys()].map((i) => 2 * i).filter((r) => !seeds.includes(r)));
        return falling.scores(drawn);
      },
    };
    const results = await evaluateMining([relation], pool, [noting], { seeds: [9, 9], draws: 40, seed: 1 });
    expect(results).toHaveLength(1);
    const [result] = results;
    // One right candidate is left: row r, after the r / 2 odd rows before it; all seeds are gone.
    expect(left).toHaveLength(40);
    expect(new Set(left).size).toBeGreaterThan(5);
    expect(result?.precision50).toBeCloseTo(1 / 50, 9);
    expect(result?.precision100).toBeCloseTo(1 / 100, 9);
    const mean = left.reduce((sum, row) => sum + 1 / (row / 2 + 1), 0) / 40;
    expect(result?.averagePrecision).toBeCloseTo(mean, 9);
    expect(result?.relations).toHaveLength(1);
    expect(result?.relations[0]).toMatchObject({ relation: 'even', pairs: 10 });
  });

  it('puts wrong candidates first where scores are equal', async () => {
    const flat: MiningMethod = {
      name: 'flat',
      scores: async (seeds) => seeds.map(() => new Float32Array(pool.length)),
    };
    const [result] = await evaluateMining([relation], pool, [flat], { seeds: [5], draws: 1 });
    const precisions = [1, 2, 3, 4, 5].map((i) => i / (190 + i));
    expect(result?.averagePrecision).toBeCloseTo(precisions.reduce((sum, value) => sum + value, 0) / 5, 6);
    expect(result?.precision100).toBe(0);
  });

  it('ranks right candidates without a score behind all wrong ones, and not behind the seeds', async () => {
    // A seed, a right candidate, and two wrong ones: the right one has rank 3.
    const few = pool.slice(0, 4);
    const unscored = (...rows: number[]): MiningMethod => ({
      name: 'unscored',
      scores: async (seeds) =>
        seeds.map(() => Float32Array.from(few, (_, row) => (rows.includes(row) ? Number.NEGATIVE_INFINITY : 1))),
    });
    const two = { relation: 'two', positives: few.slice(0, 2) };
    for (const method of [unscored(0, 1), unscored(0, 1, 2, 3)]) {
      const [result] = await evaluateMining([two], few, [method], { seeds: [1], draws: 1 });
      expect(result?.averagePrecision).toBeCloseTo(1 / 3, 9);
    }
  });

  it('leaves out numbers of seeds that a relation does not have, and says what is missing', async () => {
    const results = await evaluateMining([relation], pool, [falling], { draws: 1 });
    expect(results.map(({ seeds }) => seeds)).toEqual([5]);
    await expect(evaluateMining([relation], pool, [falling], { seeds: [20] })).rejects.toThrow(
      'more pairs than seeds (20)',
    );
    const foreign = { relation: 'foreign', positives: [pair(1), pair(999)] };
    await expect(evaluateMining([foreign], pool, [falling], { seeds: [1] })).rejects.toThrow('["h999","t999"]');
    expect(miningPool(pool, [foreign])).toHaveLength(201);
  });
});

describe('methods of mining', () => {
  it('relbert mine and the cosine find the pairs of a direction', async () => {
    const vectors = Float32Array.from(
      pool.flatMap((_, i) => [1, i < 20 && i % 2 === 0 ? 1 : 0, Math.sin(i), Math.cos(i)]),
    );
    const methods = await relationMethods(vectors, 4, { runtime: nodeRuntime() });
    const results = await evaluateMining([relation], pool, methods, { seeds: [3], draws: 2 });
    expect(results.map(({ method }) => method)).toEqual(['relbert mine', 'cosine to the mean']);
    expect(results[0]?.averagePrecision).toBeGreaterThan(0.95);
  });

  it('the cosine ranks by the mean of the seeds', async () => {
    // The right pairs and one wrong pair are equal, the wrong one comes first; all others are at a right angle.
    const likeSeeds = (i: number) => i === 1 || (i < 20 && i % 2 === 0);
    const vectors = Float32Array.from(pool.flatMap((_, i) => (likeSeeds(i) ? [2, 0] : [0, 3])));
    const methods = await relationMethods(vectors, 2, { runtime: nodeRuntime() });
    const [, cosine] = await evaluateMining([relation], pool, methods, { seeds: [3], draws: 2 });
    const precisions = [1, 2, 3, 4, 5, 6, 7].map((i) => i / (i + 1));
    expect(cosine?.averagePrecision).toBeCloseTo(precisions.reduce((sum, value) => sum + value, 0) / 7, 6);
  });

  it('3CosAvg ranks by the mean offset, LRCos by the class of the tails', async () => {
    const words: Record<string, readonly number[]> = {};
    // Right pairs: the tail is the head with the last component added; wrong ones: with another component.
    for (const [i, { head, tail }] of pool.entries()) {
      const own = [Math.sin(i), Math.cos(i), Math.sin(2 * i), 0, 0];
      words[head] = own;
      words[tail] = own.map((value, d) => value + (d === (i < 20 && i % 2 === 0 ? 4 : 3) ? 2 : 0));
    }
    const vectors = { dimension: 5, get: (word: string) => (words[word] ? Float32Array.from(words[word]) : undefined) };
    const results = await evaluateMining([relation], pool, wordMethods(pool, vectors), { seeds: [4], draws: 2 });
    expect(results.map(({ method }) => method)).toEqual(['3CosAvg', 'LRCos']);
    for (const { averagePrecision } of results) expect(averagePrecision).toBeGreaterThan(0.95);
    const without = { dimension: 5, get: (word: string) => (word === 't0' ? undefined : vectors.get(word)) };
    for (const method of wordMethods(pool, without)) {
      const [scores] = await method.scores([[0, 2, 4]]);
      expect(scores?.[0]).toBe(Number.NEGATIVE_INFINITY);
      expect(scores?.[6]).toBeGreaterThan(0);
    }
  });
});
