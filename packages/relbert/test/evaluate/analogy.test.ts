import { describe, expect, it } from 'vitest';
import type { AnalogyQuestion } from '../../src/data/analogy.ts';
import { OptionError } from '../../src/encoder/option-error.ts';
import { evaluateAnalogy, guessAnalogy, type PairEmbedder } from '../../src/evaluate/analogy.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

/** Two numbers a pair, written as the words themselves: ("1", "0") has the embedding [1, 0]. */
const embedWords: PairEmbedder = async (pairs) => ({
  data: Float32Array.from(pairs.flatMap(({ head, tail }) => [Number(head), Number(tail)])),
  shape: [pairs.length, 2],
});

const pair = (head: number, tail: number): WordPair => ({ head: String(head), tail: String(tail) });

function question(
  stem: WordPair,
  choices: readonly WordPair[],
  answer: number,
  line = 1,
  prefix?: string,
): AnalogyQuestion {
  return { stem, choices, answer, prefix, line };
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
    expect(results).toMatchObject([
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

  it('takes a discount off choices that share a word with the stem, half of it in the other place', async () => {
    const shared = question(pair(1, 0), [pair(1, 0.25), pair(5, 1), pair(3, 3)], 1);
    const scores = async (sharedWordDiscount?: number) => {
      const options = sharedWordDiscount === undefined ? {} : { sharedWordDiscount };
      const sets = [{ set: 'x', split: 'test', questions: [shared] }];
      const { predictions } = await evaluateAnalogy(sets, embedWords, options);
      return predictions[0]?.scores as number[];
    };
    const cosines = [1 / Math.hypot(1, 0.25), 5 / Math.hypot(5, 1), Math.SQRT1_2];
    const close = (expected: number[]) => expected.map((score) => expect.closeTo(score, 6));
    expect(await scores()).toEqual(close(cosines));
    expect(await scores(0.2)).toEqual(close([(cosines[0] ?? 0) - 0.2, (cosines[1] ?? 0) - 0.1, cosines[2] ?? 0]));
    await expect(scores(2.5)).rejects.toThrow(
      new OptionError('sharedWordDiscount must be a number from 0 to 2, got 2.5'),
    );
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

  it('takes another similarity; Euclidean means the nearest', async () => {
    const nearest = question(pair(1, 0), [pair(9, 0), pair(1, 0.5)], 1);
    const sets = [{ set: 'x', split: 'test', questions: [nearest] }];
    const predicted = async (options: Parameters<typeof evaluateAnalogy>[2]) =>
      (await evaluateAnalogy(sets, embedWords, options)).predictions[0];
    expect((await predicted({}))?.scores[0]).toBe(1);
    expect((await predicted({ similarity: 'dot' }))?.scores).toEqual([9, 1]);
    expect((await predicted({ similarity: 'euclidean' }))?.scores).toEqual([-8, -0.5]);
    expect((await predicted({ similarity: 'euclidean' }))?.predicted).toBe(1);
    expect((await predicted({ similarity: () => 0.5 }))?.scores).toEqual([0.5, 0.5]);
  });

  it('embeds pairs the other way round, or both ways with the mean of the similarities', async () => {
    // Forward, choice 0 is parallel; backward it is opposed. Choice 1 is opposed both ways: a product would choose it.
    const embed: PairEmbedder = async (pairs) => ({
      data: Float32Array.from(
        pairs.flatMap(({ head, tail }) => {
          const directions: Record<string, number[]> = {
            sS: [1, 0],
            aA: [2, 0],
            bB: [-1, 0],
            Ss: [0, 1],
            Aa: [1, -1],
            Bb: [0, -3],
          };
          return directions[head + tail] ?? [];
        }),
      ),
      shape: [pairs.length, 2],
    });
    const [s, a, b] = ['s', 'a', 'b'].map((word) => ({ head: word, tail: word.toUpperCase() })) as [
      WordPair,
      WordPair,
      WordPair,
    ];
    const sets = [{ set: 'x', split: 'test', questions: [question(s, [b, a], 1)] }];
    const scores = async (direction: 'forward' | 'reverse' | 'both') =>
      (await evaluateAnalogy(sets, embed, { direction })).predictions[0]?.scores.map((score) =>
        Number(score.toFixed(6)),
      );
    const half = Number((-Math.SQRT1_2).toFixed(6));
    expect(await scores('forward')).toEqual([-1, 1]);
    expect(await scores('reverse')).toEqual([-1, half]);
    expect(await scores('both')).toEqual([-1, Number(((1 - Math.SQRT1_2) / 2).toFixed(6))]);
  });

  it('counts by relation and category, with intervals and the share of guessing', async () => {
    const bats = (code: string) => `./cache/BATS_3.0/x/${code} [some - thing].txt`;
    const asked = (ok: boolean, prefix: string) =>
      question(pair(1, 0), [pair(1, 0.1), pair(0, 1)], ok ? 0 : 1, 1, prefix);
    const questions = [
      asked(true, bats('I01')),
      asked(false, bats('I02')),
      asked(true, bats('D08')),
      asked(true, bats('L10')),
      asked(false, bats('E03')),
    ];
    const google = [asked(true, 'gram8-plural'), asked(false, 'city-in-state'), asked(true, 'currency')];
    const { results } = await evaluateAnalogy(
      [
        { set: 'bats', split: 'test', questions },
        { set: 'google', split: 'test', questions: google },
        { set: 'u2', split: 'test', questions: [asked(true, 'grade4')] },
      ],
      embedWords,
    );
    const table = (i: number) =>
      results[i]?.categories.map(({ category, questions, correct }) => [category, questions, correct]);
    expect(table(0)).toEqual([
      ['encyclopedic', 1, 0],
      ['lexical', 1, 1],
      ['morphological', 3, 2],
    ]);
    expect(table(1)).toEqual([
      ['morphological', 1, 1],
      ['semantic', 2, 1],
    ]);
    expect(table(2)).toEqual([]);
    expect(results[0]?.groups).toEqual([
      { group: 'UK city:county', category: 'encyclopedic', questions: 1, correct: 0, accuracy: 0 },
      { group: 'antonyms:binary', category: 'lexical', questions: 1, correct: 1, accuracy: 1 },
      { group: 'noun:plural', category: 'morphological', questions: 2, correct: 1, accuracy: 0.5 },
      { group: 'verb+er', category: 'morphological', questions: 1, correct: 1, accuracy: 1 },
    ]);
    expect(results[2]?.groups).toEqual([
      { group: 'grade4', category: undefined, questions: 1, correct: 1, accuracy: 1 },
    ]);
    expect(results[0]).toMatchObject({ chance: 0.5, accuracy: 0.6 });
    expect(results[0]?.interval.low).toBeLessThan(0.6);
    expect(results[0]?.interval.high).toBeGreaterThan(0.6);
  });

  it('has a baseline that guesses', async () => {
    const four = question(pair(1, 0), [pair(1, 1), pair(1, 2), pair(1, 3), pair(1, 4)], 2);
    const sets = [{ set: 'x', split: 'test', questions: new Array<AnalogyQuestion>(2000).fill(four) }];
    const guessed = guessAnalogy(sets, 7);
    expect(Math.abs(guessed.macroAverage - 0.25)).toBeLessThan(0.03);
    expect(guessed.results[0]?.chance).toBe(0.25);
    expect(guessAnalogy(sets, 7).predictions).toEqual(guessed.predictions);
    expect(guessAnalogy(sets, 8).predictions).not.toEqual(guessed.predictions);
    expect(() => guessAnalogy([])).toThrow('no set');
  });

  it('refuses a set without questions', async () => {
    await expect(evaluateAnalogy([], embedWords)).rejects.toThrow('no set of analogy questions');
    await expect(evaluateAnalogy([{ set: 'x', split: 'test', questions: [] }], embedWords)).rejects.toThrow(
      'x (test): no questions',
    );
  });
});
