/** @file Questions made of several pairs: their mean, with counter-examples taken away. */
import type { WordPair } from '../pair/word-pair.ts';
import type { IndexQuery } from './pair-index.ts';
import { unitVector } from './relation-index.ts';

/** A pair with its vector. */
export interface PairVector {
  readonly pair: WordPair;
  readonly vector: Float32Array;
}

/**
 * One question for a relation that several pairs show: the mean of their directions, less half the mean direction of
 * counter-examples. Neither are among the answers.
 *
 * @throws IndexError where a vector has no direction, or they cancel out
 */
export function questionOf(examples: readonly PairVector[], counterExamples: readonly PairVector[] = []): IndexQuery {
  const vector = meanDirection(examples);
  if (counterExamples.length > 0) {
    for (const [i, value] of meanDirection(counterExamples).entries()) vector[i] = (vector[i] as number) - value / 2;
  }
  const pairs = [...examples, ...counterExamples].map(({ pair }) => pair);
  return { vector: unitVector(vector, () => 'the mean of the pairs'), pairs };
}

function meanDirection(vectors: readonly PairVector[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.vector.length ?? 0);
  for (const { pair, vector } of vectors) {
    const unit = unitVector(vector, () => JSON.stringify([pair.head, pair.tail]));
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (unit[i] as number);
  }
  return unitVector(sum, () => 'the mean of the pairs');
}
