import { describe, expect, it } from 'vitest';
import { completeAnalogy, type WordTable } from '../../src/index/completion.ts';
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

function tableOf(list: readonly string[]): WordTable {
  const data = Float32Array.from(list.flatMap((word) => meanings[word.toLowerCase()] as readonly number[]));
  return { words: list, answers: list.length, data, dimension: 3 };
}

describe('completeAnalogy', () => {
  it('finds the word that stands in the same relation, not one that repeats a word of the question', async () => {
    const found = await completeAnalogy(question, tableOf([...words, 'Cold', 'Small']), encode, { top: 3 });
    expect(found[0]?.word).toBe('small');
    expect(found.map(({ word }) => word.toLowerCase())).not.toContain('cold');
    expect(new Set(found.map(({ word }) => word)).size).toBe(3);
    // big - hot + cold = [0, 1, -1] is small: relation 1 in both directions, half of the other way 1, and the words 1.
    expect(found[0]?.score).toBeCloseTo(3.5, 5);
    expect(found[1]?.score).toBeLessThan(2.5);
  });

  it('encodes the words alone that are most like the word asked for and the tail of the example', async () => {
    const asked = new Set<string>();
    const seen = async (pairs: readonly WordPair[]) => {
      for (const { head, tail } of pairs) if (head === 'big') asked.add(tail);
      return encode(pairs);
    };
    // big + cold = [1, 1, 0]: bread is the least like it.
    await completeAnalogy(question, tableOf(words), seen, { candidates: 3 });
    expect([...asked].sort()).toEqual(['huge', 'small', 'warm']);
  });

  it('takes off what the pairs of all candidates have in common', async () => {
    // Every pair with big has a large third number: it says nothing, and is more than the relation, the first two numbers.
    const vectors: Record<string, readonly number[]> = {
      'hot cold': [1, 0, 0],
      'big small': [0.9, 0.1, 5],
      'big huge': [-0.9, 0.1, 4],
      'big warm': [-0.2, 0.9, 5],
      'big bread': [-0.2, -0.9, 6],
    };
    const shared = async (pairs: readonly WordPair[]) => ({
      data: Float32Array.from(pairs.flatMap(({ head, tail }) => vectors[`${head} ${tail}`] ?? [0, 0, 0])),
    });
    const found = await completeAnalogy(question, { ...tableOf(words), data: new Float32Array(21) }, shared);
    expect(found[0]?.word).toBe('small');
    expect(found[0]?.score).toBeGreaterThan(0.6);
    expect(found[1]?.score).toBeLessThan(0.1);
  });

  it('takes answers from the listed words alone, and a question whose words are not listed', async () => {
    const found = await completeAnalogy(question, { ...tableOf(words), answers: 3 }, encode).catch(String);
    expect(found).toContain('no word is left');
    const other = { example: { head: 'hot', tail: 'warm' }, word: 'bread' };
    const [first] = await completeAnalogy(other, tableOf(['big', 'huge']), encode);
    expect(Number.isFinite(first?.score)).toBe(true);
  });

  it('refuses numbers that are not counts', async () => {
    for (const wrong of [{ top: Number.NaN }, { top: 0 }, { top: Number.POSITIVE_INFINITY }, { candidates: -1 }]) {
      await expect(completeAnalogy(question, tableOf(words), encode, wrong)).rejects.toThrow('positive whole number');
    }
  });

  it('stops when aborted', async () => {
    const stop = new AbortController();
    const stopping = async (pairs: readonly WordPair[]) => {
      stop.abort(new Error('enough'));
      return encode(pairs);
    };
    const { signal } = stop;
    await expect(completeAnalogy(question, tableOf(words), stopping, { signal })).rejects.toThrow('enough');
  });
});
