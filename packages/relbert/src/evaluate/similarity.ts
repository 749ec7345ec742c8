import { cosine, euclideanDistance } from '../encoder/embeddings.ts';

/** How alike two embeddings are; greater is more alike. */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

export type SimilarityName = 'cosine' | 'dot' | 'euclidean';

/** Similarities by name. `euclidean` is the negative distance, so that the nearest is the most alike. */
export const similarities: Readonly<Record<SimilarityName, Similarity>> = {
  cosine,
  dot,
  euclidean: (a, b) => -euclideanDistance(a, b),
};

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
