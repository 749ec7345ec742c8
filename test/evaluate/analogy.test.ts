import { describe, expect, it } from 'vitest';
import type { AnalogyQuestion } from '../../src/data/analogy.ts';
import { evaluateAnalogy, firstMaximum, type PairEmbedder } from '../../src/evaluate/analogy.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

/** Two numbers a pair, written as the words themselves: ("1", "0") has the embedding [1, 0]. */
const embedWords: PairEmbedder = async (pairs) => ({
  data: Float32Array.from(pairs.flatMap(({ head, tail }) => [Number(head), Number(tail)])),
  shape: [pairs.length, 2],
});

const pair = (head: number, tail: number): WordPair => ({ head: String(head), tail: String(tail) });

function question(stem: WordPair, choices: readonly WordPair[], answer: number, line = 1): AnalogyQuestion {
  return { stem, choices, answer, prefix: undefined, line };
}

describe('evaluateAnalogy', () => {
  const right = question(pair(1, 0), [pair(0, 1), pair(2, 0.1), pair(-1, 0)], 1);
  const wrong = question(pair(0, 3), [pair(0, 1), pair(1, 1)], 1, 2);

  it('chooses by cosine and counts', async () => {
    const { results, predictions, macroAverage } = await evaluateAnalogy(
      [
        { set: 'x', split: 'test', questions: [right, wrong] },
        { set: 'y', split: 'valid', questions: [right] },
      ],
      embedWords,
    );
    expect(results).toEqual([
      { set: 'x', split: 'test', questions: 2, correct: 1, accuracy: 0.5 },
      { set: 'y', split: 'valid', questions: 1, correct: 1, accuracy: 1 },
    ]);
    // Each set counts the same, whatever its size.
    expect(macroAverage).toBe(0.75);
    expect(predictions.map(({ set, index, predicted, correct }) => [set, index, predicted, correct])).toEqual([
      ['x', 0, 1, true],
      ['x', 1, 0, false],
      ['y', 0, 1, true],
    ]);
    expect(predictions[0]?.scores[0]).toBe(0);
    expect(predictions[0]?.scores[1]).toBeCloseTo(2 / Math.hypot(2, 0.1), 6);
    expect(predictions[0]?.scores[2]).toBe(-1);
  });

  it('embeds each distinct pair over all sets once, in the order of first occurrence', async () => {
    const seen: (readonly WordPair[])[] = [];
    const embed: PairEmbedder = (pairs) => {
      seen.push(pairs);
      return embedWords(pairs);
    };
    await evaluateAnalogy(
      [
        { set: 'x', split: 'test', questions: [right, right, wrong] },
        { set: 'y', split: 'test', questions: [wrong] },
      ],
      embed,
    );
    expect(seen).toEqual([[pair(1, 0), pair(0, 1), pair(2, 0.1), pair(-1, 0), pair(0, 3), pair(1, 1)]]);
  });

  it('does not confuse pairs whose words join to the same text', async () => {
    const a = { head: 'a__b', tail: 'c' };
    const b = { head: 'a', tail: 'b__c' };
    const { predictions } = await evaluateAnalogy(
      [{ set: 'x', split: 'test', questions: [question(a, [b, { head: 'a__b ', tail: 'c' }], 1)] }],
      async (pairs) => ({
        data: Float32Array.from(pairs.flatMap(({ head }) => (head.startsWith('a__b') ? [1, 0] : [0, 1]))),
        shape: [pairs.length, 2],
      }),
    );
    expect(predictions[0]?.scores).toEqual([0, 1]);
  });

  it('takes the first of equal scores', async () => {
    const tie = question(pair(1, 0), [pair(0, 1), pair(3, 0), pair(2, 0)], 2);
    const { predictions } = await evaluateAnalogy([{ set: 'x', split: 'test', questions: [tie] }], embedWords);
    expect(predictions[0]?.predicted).toBe(1);
    expect(predictions[0]?.correct).toBe(false);
  });

  it('takes another similarity', async () => {
    const nearest = question(pair(1, 0), [pair(9, 0), pair(1, 0.5)], 1);
    const euclidean = (a: Float32Array, b: Float32Array): number =>
      -Math.hypot((a[0] as number) - (b[0] as number), (a[1] as number) - (b[1] as number));
    const sets = [{ set: 'x', split: 'test', questions: [nearest] }];
    expect((await evaluateAnalogy(sets, embedWords)).macroAverage).toBe(0);
    expect((await evaluateAnalogy(sets, embedWords, { similarity: euclidean })).macroAverage).toBe(1);
  });

  it('refuses no questions', async () => {
    await expect(evaluateAnalogy([], embedWords)).rejects.toThrow('no set of analogy questions');
    await expect(evaluateAnalogy([{ set: 'x', split: 'test', questions: [] }], embedWords)).rejects.toThrow(
      'x (test): no questions',
    );
  });
});

describe('firstMaximum', () => {
  it('never prefers what is no number', () => {
    expect(firstMaximum([Number.NaN, -1, Number.NaN, -0.5])).toBe(3);
    expect(firstMaximum([0.5, Number.NaN])).toBe(0);
  });
});
