import { describe, expect, it } from 'vitest';
import {
  appendPairVectors,
  EMBEDDING_FEATURES,
  embeddingFeatures,
  WORD_VECTOR_FEATURES,
  wordVectorFeatures,
} from '../../src/evaluate/pair-features.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const pairs: WordPair[] = [
  { head: 'a', tail: 'b' },
  { head: 'b', tail: 'a' },
  { head: 'a', tail: 'b' },
];
const rows = ({ data, shape }: { data: Float32Array; shape: readonly number[] }) =>
  Array.from({ length: shape[0] ?? 0 }, (_, i) => [...data.slice(i * (shape[1] ?? 0), (i + 1) * (shape[1] ?? 0))]);

describe('embeddingFeatures', () => {
  const vectors: Record<string, number[]> = { ab: [1, 2], ba: [10, 20] };
  const expected = {
    both: [
      [1, 2, 10, 20],
      [10, 20, 1, 2],
      [1, 2, 10, 20],
    ],
    forward: [
      [1, 2],
      [10, 20],
      [1, 2],
    ],
    diff: [
      [-9, -18],
      [9, 18],
      [-9, -18],
    ],
  };

  it.each(EMBEDDING_FEATURES)('%s, embedding each distinct pair once', async (kind) => {
    const asked: WordPair[] = [];
    const embed = async (all: readonly WordPair[]) => {
      asked.push(...all);
      return {
        data: Float32Array.from(all.flatMap(({ head, tail }) => vectors[head + tail] ?? [])),
        shape: [all.length, 2],
      };
    };
    expect(rows(await embeddingFeatures(pairs, embed, kind))).toEqual(expected[kind]);
    expect(asked).toHaveLength(2);
  });

  it('refuses an embedder that loses rows', async () => {
    const embed = async () => ({ data: new Float32Array(2), shape: [1, 2] });
    await expect(embeddingFeatures(pairs, embed, 'both')).rejects.toThrow(
      '2 pairs went in, embeddings of shape [1, 2] came out',
    );
  });
});

describe('wordVectorFeatures', () => {
  const vectors: Record<string, Float32Array> = { a: Float32Array.of(1, 2), b: Float32Array.of(3, 5) };
  const words = { dimension: 2, get: (word: string) => vectors[word] };
  const expected = {
    cat: [1, 2, 3, 5],
    'cat+dot': [1, 2, 3, 5, 3, 10],
    diff: [2, 3],
    'diff+dot': [2, 3, 3, 10],
  };

  it.each(WORD_VECTOR_FEATURES)('%s', (kind) => {
    const { features, missing } = wordVectorFeatures(pairs.slice(0, 1), words, kind);
    expect(rows(features)).toEqual([expected[kind]]);
    expect(missing).toEqual([]);
  });

  it('counts missing words as zeros and reports each once', () => {
    const { features, missing } = wordVectorFeatures(
      [
        { head: 'x', tail: 'a' },
        { head: 'x', tail: 'y' },
      ],
      words,
      'cat',
    );
    expect(rows(features)).toEqual([
      [0, 0, 1, 2],
      [0, 0, 0, 0],
    ]);
    expect(missing).toEqual(['x', 'y']);
  });

  it('takes a file of pair vectors besides', () => {
    const { features } = wordVectorFeatures(pairs, words, 'diff');
    const pairVectors = { dimension: 1, get: ({ head }: WordPair) => (head === 'a' ? Float32Array.of(7) : undefined) };
    const appended = appendPairVectors(features, pairs, pairVectors);
    expect(rows(appended.features)).toEqual([
      [2, 3, 7],
      [-2, -3, 0],
      [2, 3, 7],
    ]);
    expect(appended.missing).toEqual([{ head: 'b', tail: 'a' }]);
    expect(() => appendPairVectors(features, [], pairVectors)).toThrow('3 rows of features but 0 pairs');
  });
});
