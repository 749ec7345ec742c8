import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';
import { microBatches, tokenCount } from '../../src/train/micro-batch.ts';
import { tableGradient } from '../../src/train/row-gradient.ts';
import { WeightAverage } from '../../src/train/weight-average.ts';

const prompt = (length: number): EncodedPrompt => ({
  ids: Array.from({ length }, () => 7),
  head: [1],
  tail: [2],
  mask: [],
});

describe('microBatches', () => {
  it('puts prompts of like length together, in parts of about as many tokens', () => {
    const random = new Random(4);
    const prompts = Array.from({ length: 200 }, () => prompt(5 + random.integer(30)));
    for (const count of [1, 2, 7, 16]) {
      const batches = microBatches(prompts, count);
      expect(batches).toHaveLength(count);
      expect(batches.flat().sort((a, b) => a - b)).toEqual(prompts.map((_, place) => place));
      const lengths = batches.map((batch) => batch.map((place) => prompts[place]?.ids.length ?? 0));
      for (const [i, batch] of lengths.slice(1).entries()) {
        expect(Math.max(...batch)).toBeLessThanOrEqual(Math.min(...(lengths[i] as number[])));
      }
      const tokens = batches.map((batch) => tokenCount(batch.map((place) => prompts[place] as EncodedPrompt)));
      expect(Math.max(...tokens) - Math.min(...tokens)).toBeLessThan(90);
    }
  });

  it('gives each prompt a separate micro-batch if there are few', () => {
    expect(microBatches([prompt(3), prompt(9)], 5)).toEqual([[1], [0]]);
    expect(microBatches([prompt(90), prompt(2), prompt(2)], 3)).toEqual([[0], [1], [2]]);
  });
});

describe('tableGradient', () => {
  const parts = [
    { ids: BigInt64Array.of(3n, 1n, 3n), values: Float32Array.from({ length: 12 }, (_, i) => i) },
    { ids: BigInt64Array.of(1n), values: Float32Array.of(100, 200, 300, 400) },
  ];

  it('adds up the rows of the same id', () => {
    expect(tableGradient(parts, [5, 4])).toEqual({
      kind: 'rows',
      rows: Int32Array.of(3, 1),
      values: Float32Array.of(0 + 8, 1 + 9, 2 + 10, 3 + 11, 104, 205, 306, 407),
    });
  });

  it('gives the whole table where rows are too short for blocks of four', () => {
    const short = [{ ids: BigInt64Array.of(2n, 0n, 2n), values: Float32Array.of(1, 2, 3, 4, 5, 6) }];
    expect(tableGradient(short, [3, 2])).toEqual({ kind: 'dense', values: Float32Array.of(3, 4, 0, 0, 6, 8) });
  });
});

describe('WeightAverage', () => {
  it('forgets the start soon and then follows slowly', () => {
    const weights = new Map([['w', Float32Array.of(0)]]);
    const average = new WeightAverage(weights, 0.9);
    const value = () => average.averages.get('w')?.[0] as number;
    (weights.get('w') as Float32Array)[0] = 1;
    average.update(1);
    // d = min(0.9, 2 / 11)
    expect(value()).toBeCloseTo(1 - 2 / 11, 6);
    for (let step = 2; step < 200; step++) average.update(step);
    expect(value()).toBeCloseTo(1, 4);
    (weights.get('w') as Float32Array)[0] = 2;
    average.update(1000);
    expect(value()).toBeCloseTo(1.1, 4);
  });
});
