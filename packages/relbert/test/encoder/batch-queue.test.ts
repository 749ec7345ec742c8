import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchQueue } from '../../src/encoder/batch-queue.ts';
import { OptionError } from '../../src/encoder/option-error.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';

// Each timer ends as soon as nothing else is to be done, in their order: on a busy machine 1 ms is else as long as 5.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }).setTimerTickMode('nextTimerAsync'));
afterEach(() => vi.useRealTimers());

/** The embedding of a prompt is its first id; every batch is kept, and takes `delay` milliseconds. */
function queueWith({
  batchTokens,
  parallel,
  delay = 0,
  broken,
}: {
  batchTokens?: number;
  parallel?: number;
  delay?: number;
  broken?: number;
} = {}) {
  const batches: number[][] = [];
  const queue = new BatchQueue({
    dimension: 1,
    ...{ batchTokens, parallel },
    async encode(prompts) {
      batches.push(prompts.map(({ ids }) => ids.length));
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (prompts.some(({ ids }) => ids[0] === broken)) throw new Error('broken');
      return Float32Array.from(prompts, ({ ids }) => ids[0] as number);
    },
  });
  const encode = async (prompts: readonly EncodedPrompt[], signal?: AbortSignal): Promise<number[]> => {
    const found: number[] = [];
    await queue.encode(prompts, {
      signal,
      store: (index, [value]) => {
        found[index] = value as number;
      },
    });
    return found;
  };
  return { queue, batches, encode };
}

/** A prompt of a length that begins with an id. */
const prompt = (length: number, id = length): EncodedPrompt => ({
  ids: [id, ...Array.from({ length: length - 1 }, () => 0)],
  head: [],
  tail: [],
  mask: [],
});

const padded = (batch: readonly number[]): number => Math.max(...batch) * batch.length;

describe('the batches of one call', () => {
  it('hold every prompt once, longest first, within the budget of padded tokens', async () => {
    const { batches, encode } = queueWith({ batchTokens: 256 });
    const prompts = Array.from({ length: 500 }, (_, i) => prompt(3 + ((i * 7919) % 29), i));
    expect(await encode(prompts)).toEqual(prompts.map((_, i) => i));
    expect(batches.flat()).toHaveLength(500);
    const longest = batches.map((batch) => Math.max(...batch));
    expect(longest).toEqual(longest.toSorted((a, b) => b - a));
    for (const batch of batches) expect(padded(batch)).toBeLessThanOrEqual(256);
  });

  it('are full: one prompt more would not have fitted', async () => {
    const { batches, encode } = queueWith({ batchTokens: 8 });
    await encode([4, 4, 4, 4, 4].map((length) => prompt(length)));
    expect(batches).toEqual([[4, 4], [4, 4], [4]]);
  });

  it('have at most 32 tokens of padding; a prompt above the budget is a batch by itself', async () => {
    const { batches, encode } = queueWith({ batchTokens: 90 });
    expect(await encode([3, 100, 3, 40, 35, 3].map((length) => prompt(length)))).toEqual([3, 100, 3, 40, 35, 3]);
    expect(batches).toEqual([[100], [40, 35], [3, 3, 3]]);
    const mixed = queueWith();
    await mixed.encode(Array.from({ length: 64 }, (_, i) => prompt(4 + (i % 13))));
    expect(mixed.batches.flat()).toHaveLength(64);
    for (const batch of mixed.batches) {
      expect(padded(batch) - batch.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(32);
    }
    expect(mixed.batches.length).toBeLessThan(10);
  });

  it('of nothing are none, and a budget is a positive whole number', async () => {
    const { batches, encode } = queueWith();
    expect(await encode([])).toEqual([]);
    expect(batches).toEqual([]);
    expect(() => queueWith({ batchTokens: 0 })).toThrow(
      new OptionError('batchTokens must be a positive whole number, got 0'),
    );
  });
});

describe('calls in flight together', () => {
  it('share batches: those made at once the first, those made while it runs the second', async () => {
    const { batches, encode } = queueWith({ delay: 5 });
    const first = [1, 2, 3].map((id) => encode([prompt(5, id)]));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const second = [4, 5, 6, 7].map((id) => encode([prompt(6, id)]));
    expect((await Promise.all([...first, ...second])).flat()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(batches.map((batch) => batch.length)).toEqual([3, 4]);
  });

  it('are computed side by side where that is possible, the last one too, which is not full', async () => {
    const two = queueWith({ batchTokens: 8, parallel: 2, delay: 5 });
    const ofThree = two.encode([4, 4, 4].map((length) => prompt(length)));
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(two.batches).toEqual([[4, 4], [4]]);
    const further = two.encode([prompt(3)]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(two.batches).toHaveLength(2);
    expect([await ofThree, await further]).toEqual([[4, 4, 4], [3]]);
  });

  it('take turns: a short call leads the next batch beside a long one', async () => {
    const { batches, encode } = queueWith({ batchTokens: 40, delay: 2 });
    const long = encode(Array.from({ length: 100 }, () => prompt(4)));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const begun = batches.length;
    expect(begun).toBeLessThan(8);
    await encode([prompt(3, 8)]);
    expect(batches.findIndex((batch) => batch.includes(3))).toBeLessThanOrEqual(begun);
    await long;
    // its batch was filled up with prompts of the long call
    expect(batches.filter((batch) => batch.includes(3))).toEqual([[3, 4, 4, 4, 4, 4, 4, 4, 4, 4]]);
  });

  it('end alone: neither an abort, nor a failure of `store`, nor a broken batch stops the others', async () => {
    const { queue, batches, encode } = queueWith({ batchTokens: 8, delay: 2, broken: 9 });
    const controller = new AbortController();
    const { signal } = controller;
    const results = [
      encode([prompt(4, 1)]),
      encode([prompt(4, 2), prompt(4, 3), prompt(4, 4)], signal),
      queue.encode([prompt(4, 5)], {
        store: () => {
          throw new Error('not taken');
        },
      }),
      encode([prompt(4, 6)]),
      encode([prompt(2, 9)]),
      encode([prompt(6, 7)]),
    ];
    setTimeout(() => controller.abort(new Error('enough')), 1);
    const ends = await Promise.allSettled(results);
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error).message))).toEqual([
      [1],
      'enough',
      'not taken',
      [6],
      'broken',
      [7],
    ]);
    expect(batches.flat()).not.toHaveLength(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await expect(encode([prompt(1)], AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  it('are aborted without being encoded where they still wait', async () => {
    const { batches, encode } = queueWith({ batchTokens: 4, delay: 5 });
    const first = encode([prompt(4, 1), prompt(4, 2)]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const controller = new AbortController();
    const waiting = encode([prompt(3, 3)], controller.signal);
    controller.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    expect(await first).toEqual([1, 2]);
    expect(batches).toEqual([[4], [4]]);
  });
});
