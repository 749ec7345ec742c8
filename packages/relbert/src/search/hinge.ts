import { cosine, euclideanDistance } from '../encoder/embeddings.ts';
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
  const between = distance === 'euclidean' ? euclideanDistance : (x: Float32Array, y: Float32Array) => 1 - cosine(x, y);
  const row = (i: number) => embeddings.subarray(i * dimension, (i + 1) * dimension);
  // An anchor and its positive come in several triples.
  const distances = new Map<number, number>();
  const count = embeddings.length / dimension;
  const distanceOf = (a: number, b: number): number => {
    const key = Math.min(a, b) * count + Math.max(a, b);
    const found = distances.get(key) ?? between(row(a), row(b));
    distances.set(key, found);
    return found;
  };
  return Float64Array.from(anchors, (anchor, i) =>
    Math.max(0, distanceOf(anchor, positives[i] as number) - distanceOf(anchor, negatives[i] as number) + margin),
  );
}
