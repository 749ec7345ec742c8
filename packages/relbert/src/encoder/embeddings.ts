import type { WordPair } from '../pair/word-pair.ts';

/** A matrix of relation embeddings [n, D] in row-major order, one row a pair in the order of the input. */
export interface Embeddings {
  readonly data: Float32Array;
  readonly shape: readonly [rows: number, dimension: number];
  /** Pairs without an embedding (only with `onTooLong: 'skip'`); their rows hold NaN. */
  readonly skipped: readonly SkippedPair[];
}

/** A pair whose prompt is longer than the limit. */
export interface SkippedPair {
  /** Its row. */
  readonly index: number;
  readonly pair: WordPair;
  /** Tokens of its prompt, special tokens included. */
  readonly length: number;
  /** Tokens allowed. */
  readonly limit: number;
}

/** Some pairs of a stream with their embeddings. */
export interface EmbeddingBlock extends Embeddings {
  readonly pairs: readonly WordPair[];
}

/** A row of the matrix, as a view. @throws RangeError for an index outside the rows */
export function row(embeddings: Pick<Embeddings, 'data' | 'shape'>, index: number): Float32Array {
  const [rows, dimension] = embeddings.shape;
  if (!Number.isInteger(index) || index < 0 || index >= rows) {
    throw new RangeError(`row ${index} is not among the ${rows} rows`);
  }
  return embeddings.data.subarray(index * dimension, (index + 1) * dimension);
}

/** Cosine of two vectors, −1 … 1; 0 where one of them is all zeros. @throws RangeError for vectors of unequal length */
export function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers have no cosine`);
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  if (squaresA === 0 || squaresB === 0) return 0;
  return Math.min(1, Math.max(-1, dot / Math.sqrt(squaresA * squaresB))); // rounding goes beyond
}

/** Euclidean distance of two vectors of one length. */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(squares);
}

/** Divides each row of [n, D] by its Euclidean norm, in place; rows of zeros stay. */
export function normalizeRows(data: Float32Array, dimension: number): void {
  for (let start = 0; start < data.length; start += dimension) {
    let squares = 0;
    for (let i = start; i < start + dimension; i++) squares += (data[i] as number) ** 2;
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let i = start; i < start + dimension; i++) data[i] = (data[i] as number) * scale;
  }
}

/** Rows of [n, D] divided by their Euclidean norms, as a copy; rows of zeros stay. */
export function unitRows(data: Float32Array, dimension: number): Float32Array {
  const rows = data.slice();
  normalizeRows(rows, dimension);
  return rows;
}
