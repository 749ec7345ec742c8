/** Features of word pairs for a classifier: from relation embeddings, or from word vectors (the paper's baselines). */
import type { PairVectors, WordVectors } from '../formats/word-vectors.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { FeatureMatrix } from './classifier-model.ts';
import { embedDistinct, type PairEmbedder } from './embedding-table.ts';

/**
 * Features from relation embeddings x: `both` (the paper's) is [x(h,t); x(t,h)], `forward` is x(h,t), `diff` is
 * x(h,t) − x(t,h).
 */
export type EmbeddingFeatures = 'both' | 'forward' | 'diff';
export const EMBEDDING_FEATURES: readonly EmbeddingFeatures[] = ['both', 'forward', 'diff'];

/**
 * Features from word vectors v (the paper's Table 3): `cat` is [v(h); v(t)], `diff` is v(t) − v(h), and `dot` appends
 * the element-wise product v(h) · v(t).
 */
export type WordVectorFeatures = 'cat' | 'cat+dot' | 'diff' | 'diff+dot';
export const WORD_VECTOR_FEATURES: readonly WordVectorFeatures[] = ['cat', 'cat+dot', 'diff', 'diff+dot'];

/** Features of relation embeddings, one row a pair; each distinct pair is embedded once. */
export async function embeddingFeatures(
  pairs: readonly WordPair[],
  embed: PairEmbedder,
  kind: EmbeddingFeatures,
): Promise<FeatureMatrix> {
  const reversed = pairs.map(({ head, tail }) => ({ head: tail, tail: head }));
  const table = await embedDistinct(kind === 'forward' ? pairs : [...pairs, ...reversed], embed);
  const { dimension } = table;
  const width = kind === 'both' ? 2 * dimension : dimension;
  const data = new Float32Array(pairs.length * width);
  for (let i = 0; i < pairs.length; i++) {
    const row = data.subarray(i * width, (i + 1) * width);
    row.set(table.at(i));
    if (kind === 'forward') continue;
    const back = table.at(pairs.length + i);
    if (kind === 'both') row.set(back, dimension);
    else for (let d = 0; d < dimension; d++) row[d] = (row[d] as number) - (back[d] as number);
  }
  return { data, shape: [pairs.length, width] };
}

/** Features, and what lacks a vector: its rows are zeros. */
export interface FeaturesWithGaps<Missing> {
  readonly features: FeatureMatrix;
  /** Distinct, in the order of their first occurrence. */
  readonly missing: readonly Missing[];
}

/** Features of word vectors, one row a pair. A word without a vector counts as zeros and is reported. */
export function wordVectorFeatures(
  pairs: readonly WordPair[],
  vectors: WordVectors,
  kind: WordVectorFeatures,
): FeaturesWithGaps<string> {
  const { dimension } = vectors;
  const missing = new Set<string>();
  const zeros = new Float32Array(dimension);
  const vector = (word: string): Float32Array => {
    const found = vectors.get(word);
    if (!found) missing.add(word);
    return found ?? zeros;
  };
  const concatenated = kind.startsWith('cat');
  const withProduct = kind.endsWith('+dot');
  const base = concatenated ? 2 * dimension : dimension;
  const width = base + (withProduct ? dimension : 0);
  const data = new Float32Array(pairs.length * width);
  for (const [i, { head, tail }] of pairs.entries()) {
    const row = data.subarray(i * width, (i + 1) * width);
    const [h, t] = [vector(head), vector(tail)];
    if (concatenated) {
      row.set(h);
      row.set(t, dimension);
    }
    for (let d = 0; d < dimension; d++) {
      if (!concatenated) row[d] = (t[d] as number) - (h[d] as number);
      if (withProduct) row[base + d] = (h[d] as number) * (t[d] as number);
    }
  }
  return { features: { data, shape: [pairs.length, width] }, missing: [...missing] };
}

/** The features with the vectors of the pairs appended. A pair without a vector gets zeros and is reported. */
export function appendPairVectors(
  features: FeatureMatrix,
  pairs: readonly WordPair[],
  vectors: PairVectors,
): FeaturesWithGaps<WordPair> {
  const [rows, before] = features.shape;
  if (rows !== pairs.length) throw new RangeError(`${rows} rows of features but ${pairs.length} pairs`);
  const width = before + vectors.dimension;
  const data = new Float32Array(rows * width);
  const missing = new Map<string, WordPair>();
  for (const [i, pair] of pairs.entries()) {
    data.set(features.data.subarray(i * before, (i + 1) * before), i * width);
    const vector = vectors.get(pair);
    if (vector) data.set(vector, i * width + before);
    else missing.set(pairKey(pair), pair);
  }
  return { features: { data, shape: [rows, width] }, missing: [...missing.values()] };
}
