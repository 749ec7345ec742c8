import { deduplicatePairs } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** Embeds distinct pairs: rows [n, D] in row-major order, in the order of `pairs`. */
export type PairEmbedder = (
  pairs: readonly WordPair[],
) => Promise<{ readonly data: Float32Array; readonly shape: readonly number[] }>;

/** Embeddings of a list of pairs; each distinct pair was embedded once. */
export interface EmbeddingTable {
  /** Length of an embedding. */
  readonly dimension: number;
  /** Distinct pairs that were embedded. */
  readonly distinct: number;
  /** The embedding of entry `index` of the list, as a view. */
  at(index: number): Float32Array;
}

/** Embeds each distinct pair of the list once. @throws RangeError where the embedder gives another number of rows */
export async function embedDistinct(pairs: readonly WordPair[], embed: PairEmbedder): Promise<EmbeddingTable> {
  const { distinct, rows } = deduplicatePairs(pairs);
  const { data, shape } = await embed(distinct);
  const [count, dimension = 0] = shape;
  if (count !== distinct.length || data.length !== distinct.length * dimension) {
    throw new RangeError(`${distinct.length} pairs went in, embeddings of shape [${shape.join(', ')}] came out`);
  }
  return {
    dimension,
    distinct: distinct.length,
    at(index) {
      const row = rows[index];
      if (row === undefined) throw new RangeError(`entry ${index} is not among the ${pairs.length} pairs`);
      return data.subarray(row * dimension, (row + 1) * dimension);
    },
  };
}
