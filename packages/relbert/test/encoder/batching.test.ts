import { describe, expect, it } from 'vitest';
import { lengthSortedBatches } from '../../src/encoder/batching.ts';

describe('lengthSortedBatches', () => {
  it('holds every prompt once, longest first, within the budget of padded tokens', () => {
    const lengths = Array.from({ length: 500 }, (_, i) => 3 + ((i * 7919) % 29));
    const batches = lengthSortedBatches(lengths, 256);
    expect(batches.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
    const longest = batches.map((batch) => Math.max(...batch.map((i) => lengths[i] as number)));
    expect(longest).toEqual(longest.toSorted((a, b) => b - a));
    for (const [i, batch] of batches.entries()) expect((longest[i] as number) * batch.length).toBeLessThanOrEqual(256);
  });

  it('fills each batch: one prompt more would not have fitted', () => {
    expect(lengthSortedBatches([4, 4, 4, 4, 4], 8)).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('gives a prompt above the budget a batch of its own', () => {
    expect(lengthSortedBatches([3, 100, 3], 10)).toEqual([[1], [0, 2]]);
  });

  it('of nothing is nothing, and a budget must be a whole number', () => {
    expect(lengthSortedBatches([], 10)).toEqual([]);
    expect(() => lengthSortedBatches([1], 0)).toThrow('batchTokens must be a positive whole number, got 0');
  });
});
