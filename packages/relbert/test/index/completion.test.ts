import { describe, expect, it } from 'vitest';
import { completeAnalogy, likelyAnswers, type WordTable } from '../../src/index/completion.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const meanings: Readonly<Record<string, readonly number[]>> = {
  hot: [1, 0, 1],
  cold: [1, 0, -1],
  big: [0, 1, 1],
  small: [0, 1, -1],
  huge: [0, 1, 1.3],
  warm: [1, 0, 0.7],
  bread: [-1, -1, 0.2],
};

/** A relation is the difference of two meanings. */
async function encode(pairs: readonly WordPair[]): Promise<{ readonly data: Float32Array }> {
  const vectorOf = ({ head, tail }: WordPair): number[] => {
    const [h, t] = [meanings[head] as readonly number[], meanings[tail] as readonly number[]];
    return t.map((value, d) => value - (h[d] as number));
  };
  return { data: Float32Array.from(pairs.flatMap(vectorOf)) };
}

const words = Object.keys(meanings);
const question = { example: { head: 'hot', tail: 'cold' }, word: 'big' };

describe('completeAnalogy', () => {
  it('finds the word that stands in the same relation, not one that repeats a word of the question', async () => {
    const found = await completeAnalogy(question, [...words, 'Cold', 'small'], encode, { top: 3 });
    expect(found[0]?.word).toBe('small');
    expect(found.map(({ word }) => word.toLowerCase())).not.toContain('cold');
    expect(found).toHaveLength(3);
    expect(found[0]?.score).toBeGreaterThan(found[1]?.score as number);
  });

  it('says where no word may be an answer, and stops when aborted', async () => {
    await expect(completeAnalogy(question, ['hot', 'COLD', 'big'], encode)).rejects.toThrow('no word is left');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(completeAnalogy(question, words, encode, { signal })).rejects.toThrow('enough');
  });
});

describe('likelyAnswers', () => {
  const data = Float32Array.from(words.flatMap((word) => meanings[word] as readonly number[]));
  const table: WordTable = { words, answers: words.length - 1, data, dimension: 3 };

  it('takes the words most like the word asked for and the tail of the example, of those that may be answers', () => {
    // big + cold = [1, 1, 0]: warm has 1, small 1, huge 1; bread is the last and no answer of this table.
    const likely = likelyAnswers(question, table, 3);
    expect([...likely].sort()).toEqual(['huge', 'small', 'warm']);
    expect(likelyAnswers(question, table, 10)).toEqual(likely);
    expect(likelyAnswers(question, { ...table, answers: words.length }, 10).at(-1)).toBe('bread');
  });

  it('passes over a word that the table does not have', () => {
    expect(likelyAnswers({ example: { head: 'a', tail: 'b' }, word: 'big' }, table, 1)).toEqual(['huge']);
  });
});
