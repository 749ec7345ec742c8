/** @file The baselines of Drozd et al. 2016 as methods of mining: they know the words' vectors alone. */
import type { WordVectors } from '../formats/word-vectors.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { MiningMethod } from './mining.ts';

/** Steps of the logistic regression of LRCos. */
const steps = 200;

/**
 * 3CosAvg: cos(tail, head + mean of the seeds' tail − head). LRCos: cos(tail, head) times the probability that the tail is
 * of the class of the seeds' tails, by a logistic regression (L2 with C = 1) against the seeds' heads and as many other
 * tails of the pool. A pair of which a word has no vector comes last.
 */
export function wordMethods(pool: readonly WordPair[], vectors: WordVectors): MiningMethod[] {
  const { dimension } = vectors;
  const places = new Map<string, number>();
  const table: Float32Array[] = [];
  const place = (word: string): number => {
    let at = places.get(word);
    if (at === undefined) {
      const vector = vectors.get(word);
      const length = vector ? Math.sqrt(dot(vector, vector)) : 0;
      at = length > 0 ? table.push((vector as Float32Array).map((value) => value / length)) - 1 : -1;
      places.set(word, at);
    }
    return at;
  };
  const heads = Int32Array.from(pool, ({ head }) => place(head));
  const tails = Int32Array.from(pool, ({ tail }) => place(tail));
  const at = (word: number): Float32Array => table[word] as Float32Array;
  const known = (row: number): boolean => (heads[row] as number) >= 0 && (tails[row] as number) >= 0;
  const cosines = Float32Array.from(pool, (_, row) =>
    known(row) ? dot(at(heads[row] as number), at(tails[row] as number)) : 0,
  );
  const scored = (score: (row: number) => number): Float32Array =>
    Float32Array.from(pool, (_, row) => (known(row) ? score(row) : Number.NEGATIVE_INFINITY));

  const threeCosAverage = (seeds: readonly number[]): Float32Array => {
    const usable = seeds.filter(known);
    const offset = new Float32Array(dimension);
    for (const row of usable) {
      const [h, t] = [at(heads[row] as number), at(tails[row] as number)];
      for (let d = 0; d < dimension; d++)
        offset[d] = (offset[d] as number) + ((t[d] as number) - (h[d] as number)) / usable.length;
    }
    const squares = dot(offset, offset);
    const along = Float32Array.from(table, (vector) => dot(vector, offset));
    return scored((row) => {
      const length = Math.sqrt(1 + 2 * (along[heads[row] as number] as number) + squares);
      return ((cosines[row] as number) + (along[tails[row] as number] as number)) / Math.max(length, 1e-9);
    });
  };

  const logisticCosine = (seeds: readonly number[]): Float32Array => {
    const usable = seeds.filter(known);
    const every = Math.max(1, Math.floor(pool.length / (2 * usable.length + 1)));
    const random = usable.map((_, i) => ((2 * i + 1) * every) % pool.length).filter(known);
    const right = usable.map((row) => at(tails[row] as number));
    const wrong = [...usable.map((row) => at(heads[row] as number)), ...random.map((row) => at(tails[row] as number))];
    const { weights, bias } = logisticRegression(right, wrong, dimension);
    const probability = Float32Array.from(table, (vector) => 1 / (1 + Math.exp(-dot(vector, weights) - bias)));
    return scored((row) => (cosines[row] as number) * (probability[tails[row] as number] as number));
  };

  return [
    { name: '3CosAvg', scores: async (seeds) => seeds.map(threeCosAverage) },
    { name: 'LRCos', scores: async (seeds) => seeds.map(logisticCosine) },
  ];
}

/** Classes of equal weight, |w|² / 2 + the sum of the losses, by gradient descent with momentum. */
function logisticRegression(
  right: readonly Float32Array[],
  wrong: readonly Float32Array[],
  dimension: number,
): { readonly weights: Float32Array; readonly bias: number } {
  const n = right.length + wrong.length;
  const examples = [
    ...right.map((vector) => ({ vector, label: 1, weight: n / (2 * right.length) })),
    ...wrong.map((vector) => ({ vector, label: 0, weight: n / (2 * wrong.length) })),
  ];
  // The curvature is at most 1 + a quarter of the sum of weight * (|x|² + 1).
  const step = 1 / (1 + n / 2);
  const weights = new Float32Array(dimension);
  const velocity = new Float32Array(dimension);
  let bias = 0;
  let biasVelocity = 0;
  for (let iteration = 0; iteration < steps; iteration++) {
    const gradient = weights.slice();
    let biasGradient = 0;
    for (const { vector, label, weight } of examples) {
      const error = weight * (1 / (1 + Math.exp(-dot(vector, weights) - bias)) - label);
      biasGradient += error;
      for (let d = 0; d < dimension; d++) gradient[d] = (gradient[d] as number) + error * (vector[d] as number);
    }
    for (let d = 0; d < dimension; d++) {
      velocity[d] = 0.9 * (velocity[d] as number) - step * (gradient[d] as number);
      weights[d] = (weights[d] as number) + (velocity[d] as number);
    }
    biasVelocity = 0.9 * biasVelocity - step * biasGradient;
    bias += biasVelocity;
  }
  return { weights, bias };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
