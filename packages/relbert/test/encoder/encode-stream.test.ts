import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PromptTooLongError } from '../../src/encoder/relation-encoder.ts';
import type { WordPair, WordPairLike } from '../../src/pair/word-pair.ts';

import { collect, encoderWith, expected } from './stub-encoder.ts';

describe('RelationEncoder.encode of a stream', () => {
  async function* pairs(count: number): AsyncGenerator<WordPair> {
    for (let i = 0; i < count; i++) yield { head: `h${i}`, tail: 't' };
  }

  it('gives blocks in order', async () => {
    const { encoder } = encoderWith();
    const seen: string[] = [];
    const sizes: number[] = [];
    for await (const block of encoder.encode(pairs(25), { blockSize: 10 })) {
      sizes.push(block.shape[0]);
      seen.push(...block.pairs.map(({ head }) => head));
      expect([...block.data]).toEqual(block.pairs.flatMap(expected));
    }
    expect(sizes).toEqual([10, 10, 5]);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `h${i}`));
  });

  it('does not read ahead of the consumer by more than a block', async () => {
    const { encoder } = encoderWith();
    let read = 0;
    async function* counted(): AsyncGenerator<WordPair> {
      for await (const pair of pairs(1000)) {
        read++;
        yield pair;
      }
    }
    for await (const _ of encoder.encode(counted(), { blockSize: 10 })) break;
    expect(read).toBe(10);
  });

  it('with readAhead has two blocks in flight and gives them in order', async () => {
    const { encoder, batches } = encoderWith({ delay: 1 });
    const read: number[] = [];
    let count = 0;
    async function* counted(): AsyncGenerator<WordPair> {
      for await (const pair of pairs(25)) {
        count++;
        yield pair;
      }
    }
    const seen: number[] = [];
    for await (const block of encoder.encode(counted(), { blockSize: 10, readAhead: true })) {
      read.push(count);
      seen.push(...block.data);
      expect([...block.data]).toEqual(block.pairs.flatMap(expected));
    }
    expect(read).toEqual([20, 25, 25]);
    expect(seen).toHaveLength(50);
    expect(batches.flat()).toHaveLength(25);
  });

  it('with readAhead throws what a block ahead throws, and leaves no rejection when the consumer stops', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const long: WordPair = { head: 'x'.repeat(200), tail: 't' };
      const list = [...Array.from({ length: 10 }, (_, i): WordPair => ({ head: `h${i}`, tail: 't' })), long];
      const blocks = () => encoderWith().encoder.encodeStream(list, { blockSize: 10, readAhead: true });
      await expect(collect(blocks())).rejects.toThrow(PromptTooLongError);
      for await (const _ of blocks()) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('of nothing gives no block; a block size must be a whole number', async () => {
    const { encoder } = encoderWith();
    expect(await collect(encoder.encode(pairs(0)))).toEqual([]);
    await expect(encoder.encodeStream([], { blockSize: 0 }).next()).rejects.toThrow('blockSize');
  });

  // `undefined` as the type of a setting that may be there: it has to compile
  it.each<[string, AbortSignal | undefined]>([
    ['without a signal', undefined],
    ['with one', new AbortController().signal],
  ])('takes an iterable of any kind %s', async (_, signal) => {
    const { encoder } = encoderWith();
    const list: WordPairLike[] = [['a', 'b'], { head: 'c', tail: 'd' }];
    const wanted = (await encoder.encode(list, { signal })).data;
    for (const source of [list, new Set(list), list.values(), Readable.from(list)]) {
      const [block, ...rest] = await collect(encoder.encodeStream(source, { signal }));
      expect(block?.data).toEqual(wanted);
      expect(rest).toEqual([]);
    }
  });

  /** One pair, then nothing until it is told to fail. */
  function stalled() {
    let fail: (reason: Error) => void = () => {};
    const failure = new Promise<never>((_, reject) => {
      fail = reject;
    });
    let returned = 0;
    let step = 0;
    const source: AsyncIterable<WordPair> = {
      [Symbol.asyncIterator]: () => ({
        next: () => (step++ === 0 ? Promise.resolve({ done: false, value: { head: 'a', tail: 'b' } }) : failure),
        return: () => {
          returned++;
          return failure;
        },
      }),
    };
    return { source, fail, returns: () => returned };
  }

  it('hears an abort while the source is waiting, and does not wait for its end', async () => {
    const { encoder } = encoderWith();
    const { source, fail, returns } = stalled();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const controller = new AbortController();
      const blocks = collect(encoder.encode(source, { signal: controller.signal }));
      setTimeout(() => controller.abort(new Error('enough')), 5);
      await expect(blocks).rejects.toThrow('enough');
      expect(returns()).toBe(1);
      fail(new Error('the source broke, late'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('with a signal passes on what the source throws, and ends it where the consumer stops', async () => {
    const { encoder } = encoderWith();
    const { signal } = new AbortController();
    let ended = 0;
    async function* source(failing: boolean): AsyncGenerator<WordPair> {
      try {
        for await (const pair of pairs(20)) yield pair;
        if (failing) throw new Error('the source broke');
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 2));
        ended++;
      }
    }
    await expect(collect(encoder.encode(source(true), { signal, blockSize: 8 }))).rejects.toThrow('the source broke');
    expect(ended).toBe(1);
    for await (const _ of encoder.encode(source(false), { signal, blockSize: 8 })) {
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      break;
    }
    expect(ended).toBe(2);
  });
});
