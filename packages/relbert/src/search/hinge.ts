import type { Triples } from '../train/batch.ts';
import type { HingeOptions } from '../train/prompt-problem.ts';

/**
 * The loss of each triple [M], from embeddings [N, D], computed on the host: the search compares hundreds of prompts by
 * the loss of every triple.
 */
export function hingeLosses(
  embeddings: Float32Array,
  dimension: number,
  { anchors, positives, negatives }: Triples,
  { margin = 1, distance = 'euclidean' }: HingeOptions = {},
): Float64Array {
  const between = distance === 'euclidean' ? euclidean : cosineDistance;
  // An anchor and its positive come in several triples.
  const distances = new Map<number, number>();
  const count = embeddings.length / dimension;
  const distanceOf = (a: number, b: number): number => {
    const key = Math.min(a, b) * count + Math.max(a, b);
    const found = distances.get(key) ?? between(embeddings, a * dimension, b * dimension, dimension);
    distances.set(key, found);
    return found;
  };
  return Float64Array.from(anchors, (anchor, i) =>
    Math.max(0, distanceOf(anchor, positives[i] as number) - distanceOf(anchor, negatives[i] as number) + margin),
  );
}

function euclidean(x: Float32Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const difference = (x[a + i] as number) - (x[b + i] as number);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

function cosineDistance(x: Float32Array, a: number, b: number, length: number): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    const [u, v] = [x[a + i] as number, x[b + i] as number];
    dot += u * v;
    aa += u * u;
    bb += v * v;
  }
  const norm = Math.sqrt(aa) * Math.sqrt(bb);
  return norm === 0 ? 1 : 1 - dot / norm;
}
