import { describe, expect, it } from 'vitest';
import { row } from '../../src/encoder/embeddings.ts';
import { OptionError } from '../../src/encoder/option-error.ts';
import {
  type EncodeEvent,
  type EncoderInfo,
  PromptTooLongError,
  RelationEncoder,
} from '../../src/encoder/relation-encoder.ts';
import { PairError } from '../../src/pair/pair-error.ts';
import type { WordPairLike } from '../../src/pair/word-pair.ts';
import { DisposedError } from '../../src/text/disposed-error.ts';
import { RelbertError } from '../../src/text/relbert-error.ts';

import { collect, encoderWith, expected, prompt } from './stub-encoder.ts';

describe('RelationEncoder.encode', () => {
  it('gives rows in the order of the input, whatever the batches', async () => {
    const pairs = Array.from({ length: 200 }, (_, i) => ({ head: 'x'.repeat(1 + ((i * 37) % 11)), tail: `t${i}` }));
    const { encoder, batches } = encoderWith({ batchTokens: 30 });
    const { data, shape, skipped } = await encoder.encode(pairs);
    expect(shape).toEqual([200, 2]);
    expect(skipped).toEqual([]);
    expect([...data]).toEqual(pairs.flatMap(expected));
    expect(batches.length).toBeGreaterThan(10);
    for (const batch of batches)
      expect(batch.length * Math.max(...batch.map(({ ids }) => ids.length))).toBeLessThanOrEqual(30);
  });

  it('encodes each distinct pair once and takes both forms of a pair', async () => {
    const { encoder, batches } = encoderWith();
    const { data } = await encoder.encode([['a', 'b'], { head: 'c', tail: 'd' }, { head: 'a', tail: 'b' }, ['b', 'a']]);
    expect(batches.flat()).toHaveLength(3);
    expect(row({ data, shape: [4, 2] }, 2)).toEqual(row({ data, shape: [4, 2] }, 0));
  });

  it('of nothing is an empty matrix', async () => {
    const { encoder, batches } = encoderWith();
    expect(await encoder.encode([])).toEqual({ data: new Float32Array(0), shape: [0, 2], skipped: [] });
    expect(batches).toEqual([]);
  });

  it('normalises where asked, by load or by call', async () => {
    for (const { encoder, options } of [
      { encoder: encoderWith({ normalize: true }).encoder, options: {} },
      { encoder: encoderWith().encoder, options: { normalize: true } },
    ]) {
      const { data } = await encoder.encode([['a', 'b']], options);
      const [sum, count] = expected({ head: 'a', tail: 'b' }) as [number, number];
      expect(data[0]).toBeCloseTo(sum / Math.hypot(sum, count), 6);
      expect(data[1]).toBeCloseTo(count / Math.hypot(sum, count), 6);
    }
  });

  it('names the pair and both lengths where a prompt is too long', async () => {
    const { encoder } = encoderWith({ maxLength: 5 });
    const promise = encoder.encode([
      ['a', 'b'],
      ['long', 'word'],
    ]);
    await expect(promise).rejects.toThrow(PromptTooLongError);
    await expect(promise).rejects.toThrow('the prompt of the pair ["long","word"] has 9 tokens, 5 are allowed');
  });

  it('skips what is too long where asked, reports every row of it, and leaves NaN there', async () => {
    const { encoder, batches } = encoderWith({ maxLength: 5 });
    const { data, skipped } = await encoder.encode(
      [
        ['long', 'word'],
        ['a', 'b'],
        ['long', 'word'],
      ],
      { onTooLong: 'skip' },
    );
    expect(skipped.map(({ index, length, limit }) => [index, length, limit])).toEqual([
      [0, 9, 5],
      [2, 9, 5],
    ]);
    expect([...data].map(Number.isNaN)).toEqual([true, true, false, false, true, true]);
    expect(batches.flat()).toHaveLength(1);
  });

  it('tells its progress up to the end', async () => {
    const { encoder } = encoderWith({ batchTokens: 6 });
    const events: EncodeEvent[] = [];
    await encoder.encode(
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
        ['a', 'b'],
      ],
      { onProgress: (event) => events.push(event) },
    );
    expect(events.at(-1)).toEqual({ kind: 'encode', done: 3, total: 3 });
    expect(events.map(({ done }) => done)).toEqual(events.map(({ done }) => done).toSorted((a, b) => a - b));
  });

  it('stops when aborted, with the reason given', async () => {
    const { encoder, batches } = encoderWith({ batchTokens: 4, delay: 2 });
    const controller = new AbortController();
    const pairs = Array.from({ length: 50 }, (_, i) => ({ head: 'h', tail: String.fromCharCode(65 + i) }));
    const promise = encoder.encode(pairs, {
      signal: controller.signal,
      onProgress: ({ done }) => done >= 4 && controller.abort(new Error('enough')),
    });
    await expect(promise).rejects.toThrow('enough');
    expect(batches.length).toBeLessThan(10);
    await expect(encoder.encode(pairs, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('names what is no pair, and its index', async () => {
    const { encoder, batches } = encoderWith();
    const bad = ['Tokyo'] as unknown as WordPairLike;
    const refused = async (promise: Promise<unknown>, end: string): Promise<void> => {
      const error = await promise.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PairError);
      expect((error as PairError).message.endsWith(`got ["Tokyo"]${end}`)).toBe(true);
    };
    await refused(encoder.encode([['a', 'b'], bad]), ' at index 1');
    await refused(encoder.similarity(['a', 'b'], bad), '');
    await refused(encoder.rankAnalogy(bad, [['a', 'b']]), '');
    await refused(encoder.rankAnalogy(['a', 'b'], [['a', 'b'], bad]), ' at index 1');
    await refused(collect(encoder.encodeStream([['a', 'b'], ['c', 'd'], bad], { blockSize: 3 })), ' at index 2');
    await expect(collect(encoder.encodeStream([], { blockSize: 0 }))).rejects.toThrow(
      new OptionError('blockSize must be a positive whole number, got 0'),
    );
    expect(batches).toEqual([]);
  });

  it.each<[unknown, string]>([
    [new Set([['a', 'b']]), '[object Set]'],
    [[['a', 'b']].values(), '[object Array Iterator]'],
    ['Tokyo:Japan', '"Tokyo:Japan"'],
    [{ head: 'a', tail: 'b' }, '{"head":"a","tail":"b"}'],
    [undefined, 'nothing'],
  ])('refuses %o at once', (value, shown) => {
    const { encoder } = encoderWith();
    const call = () => encoder.encode(value as WordPairLike[]);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`encode takes an array or an async iterable of pairs, got ${shown}: put the pairs into`);
  });

  it('passes a failure of the runtime on once nothing runs any more', async () => {
    let running = 0;
    const encoder = new RelationEncoder({
      info: { dimension: 1, maxLength: 100 } as EncoderInfo,
      prompt,
      batchTokens: 3,
      promptTokens: () => [],
      batchEncoder: {
        parameters: 0,
        device: 'cpu',
        dimension: 1,
        async encode(prompts) {
          running++;
          await new Promise((resolve) => setTimeout(resolve, prompts[0]?.ids[0] === 97 ? 1 : 10));
          running--;
          if (prompts[0]?.ids[0] === 97) throw new Error('no memory');
          return new Float32Array(prompts.length);
        },
        async dispose() {},
      },
    });
    await expect(
      encoder.encode([
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ]),
    ).rejects.toThrow('no memory');
    expect(running).toBe(0);
  });
});

describe('RelationEncoder.similarity and rankAnalogy', () => {
  it('are cosines', async () => {
    const { encoder } = encoderWith();
    const [a, b] = [expected({ head: 'a', tail: 'b' }), expected({ head: 'cc', tail: 'd' })] as [number[], number[]];
    const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
    expect(await encoder.similarity(['a', 'b'], ['cc', 'd'])).toBeCloseTo(
      dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
      6,
    );
    const ranking = await encoder.rankAnalogy(
      ['a', 'b'],
      [
        ['ccc', 'd'],
        ['b', 'a'],
        ['a', 'b'],
      ],
    );
    expect(ranking.map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(ranking[0]).toMatchObject({ pair: { head: 'b', tail: 'a' }, score: ranking[1]?.score });
  });

  it("takes the model's discount, or the caller's, off choices that share a word with the stem", async () => {
    const { encoder } = encoderWith({ sharedWordDiscount: 0.5 });
    const choices: [string, string][] = [
      ['a', 'c'],
      ['zzzz', 'a'],
      ['cc', 'd'],
    ];
    const ranked = async (options?: { sharedWordDiscount: number }) => {
      const ranking = await encoder.rankAnalogy(['a', 'b'], choices, options);
      for (const { pair, score, cosine } of ranking) {
        const loss = { a: 0.5, zzzz: 0.25, cc: 0 }[pair.head] ?? Number.NaN;
        const share = (options?.sharedWordDiscount ?? 0.5) / 0.5;
        expect(score).toBeCloseTo(cosine - share * loss, 12);
        expect(cosine).toBeCloseTo(await encoder.similarity(['a', 'b'], pair), 12);
      }
      return ranking.map(({ index }) => index);
    };
    expect(await ranked()).toEqual([2, 1, 0]);
    expect(await ranked({ sharedWordDiscount: 0.5 })).toEqual([2, 1, 0]);
    // By cosine alone.
    expect((await ranked({ sharedWordDiscount: 0 }))[0]).toBe(0);
    for (const sharedWordDiscount of [-0.1, 2.1, Number.NaN]) {
      await expect(encoder.rankAnalogy(['a', 'b'], choices, { sharedWordDiscount })).rejects.toThrow(
        new OptionError(`sharedWordDiscount must be a number from 0 to 2, got ${sharedWordDiscount}`),
      );
    }
  });
});

it('an unknown option is refused with the near one, by every call that takes options', async () => {
  const { encoder } = encoderWith();
  const pairs = [['a', 'b']] as const;
  const wrong: object = { onTolong: 'skip' };
  const refusal = "unknown option 'onTolong' (did you mean onTooLong?)";
  await expect(encoder.encode(pairs, wrong)).rejects.toThrow(OptionError);
  await expect(encoder.encode(pairs, wrong)).rejects.toThrow(refusal);
  await expect(collect(encoder.encodeStream(pairs, wrong))).rejects.toThrow(refusal);
  await expect(encoder.similarity(['a', 'b'], ['c', 'd'], wrong)).rejects.toThrow(refusal);
  await expect(encoder.rankAnalogy(['a', 'b'], [['c', 'd']], wrong)).rejects.toThrow(refusal);
});

describe('RelationEncoder.dispose', () => {
  it('frees once, and nothing can be encoded afterwards', async () => {
    const { encoder, disposals } = encoderWith();
    await encoder.dispose();
    await encoder[Symbol.asyncDispose]();
    expect(disposals()).toBe(1);
    await expect(encoder.encode([['a', 'b']])).rejects.toThrow(new DisposedError('this RelationEncoder was disposed'));
    await expect(encoder.encode([['a', 'b']])).rejects.toThrow(RelbertError);
  });
});
