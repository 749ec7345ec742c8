import type { WordPair } from '../pair/word-pair.ts';

/** Some pairs with their embeddings [n, D] in row-major order. */
export interface VectorBlock {
  readonly pairs: readonly WordPair[];
  readonly data: Float32Array;
  readonly shape: readonly [rows: number, dimension: number];
}
