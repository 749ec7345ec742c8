/** @file Questions to an index: what is checked of them, and one question made of several pairs. */
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { IndexError } from './error.ts';
import type { IndexQuery, PairIndex } from './pair-index.ts';
import { unitVector } from './unit-vector.ts';

/** The directions of questions. @throws IndexError for a vector of another dimension, of zeros or not finite */
export function unitsOf(
  queries: readonly IndexQuery[],
  { dimension, origin, model }: Pick<PairIndex, 'dimension' | 'origin' | 'model'>,
): Float32Array[] {
  return queries.map(({ vector }, i) => {
    const name = `question ${i + 1}`;
    if (vector.length === dimension) return unitVector(vector, () => name);
    throw new IndexError(
      `${name} has ${vector.length} dimensions, the index ${origin} has ${dimension}: it was built with ${model.name}`,
    );
  });
}

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
    const unit = unitVector(vector, () => pairText(pair));
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (unit[i] as number);
  }
  return unitVector(sum, () => 'the mean of the pairs');
}
