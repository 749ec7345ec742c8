import { describe, expect, it } from 'vitest';
import { encodeBatches, lengthSortedBatches } from '../../src/encoder/batching.ts';

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

describe('encodeBatches', () => {
  const batches = [[2, 0], [3], [1]];

  it('hands each embedding to its place and says which batch is done', async () => {
    const found: number[][] = [];
    const done: number[][] = [];
    await encodeBatches(batches, async (batch, i) => Float32Array.from(batch.flatMap((place) => [place, i])), {
      dimension: 2,
      inFlight: 2,
      store: (place, embedding) => {
        found[place] = [...embedding];
      },
      onBatch: (batch) => done.push([...batch]),
    });
    expect(found).toEqual([
      [0, 0],
      [1, 2],
      [2, 0],
      [3, 1],
    ]);
    expect(done.toSorted()).toEqual(batches.toSorted());
  });

  it('ends at the first failure, after what is in flight, and when aborted', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const encode = async (_: readonly number[], i: number): Promise<Float32Array> => {
      begun.push(i);
      await new Promise((resolve) => setTimeout(resolve, i === 1 ? 20 : 0));
      ended.push(i);
      if (i === 0) throw new Error('broken');
      return new Float32Array(2);
    };
    const options = { dimension: 1, inFlight: 2, store: () => {} };
    await expect(encodeBatches(batches, encode, options)).rejects.toThrow('broken');
    expect([begun, ended.toSorted()]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(encodeBatches(batches, encode, { ...options, signal })).rejects.toThrow('never mind');
    expect(begun).toHaveLength(2);
  });
});
