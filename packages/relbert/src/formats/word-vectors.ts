import type { WordPair } from '../pair/word-pair.ts';
import { parseVectorFile } from './vector-file.ts';
import { word2vecKey } from './word2vec.ts';

/** Word vectors of the words that are needed. */
export interface WordVectors {
  readonly dimension: number;
  /** The vector of a word, undefined where the file has none. */
  get(word: string): Float32Array | undefined;
}

/**
 * Reads the vectors of the given words. A word is looked up as it is, with `_` for spaces, then in lower case:
 * `New York` finds `New York`, `New_York`, `new york`, `new_york`, in this order.
 *
 * @throws DataError as `parseVectorFile` does
 */
export async function readWordVectors(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  words: Iterable<string>,
  file: string,
): Promise<WordVectors> {
  const forms = new Set<string>();
  for (const word of words) for (const form of formsOf(word)) forms.add(form);
  const found = await readVectors(chunks, forms, file);
  return {
    dimension: found.dimension,
    get: (word) => first(formsOf(word), found.vectors),
  };
}

/** Vectors of word pairs from a file with keys such as `New_York__Tokyo`. */
export interface PairVectors {
  readonly dimension: number;
  /** The vector of a pair, undefined where the file has none. */
  get(pair: WordPair): Float32Array | undefined;
}

/** Reads the vectors of the given pairs; a key is looked up as it is, then in lower case. @throws DataError as {@link readWordVectors} does */
export async function readPairVectors(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  pairs: Iterable<WordPair>,
  file: string,
): Promise<PairVectors> {
  const forms = new Set<string>();
  for (const pair of pairs) for (const form of pairForms(pair)) forms.add(form);
  const found = await readVectors(chunks, forms, file);
  return {
    dimension: found.dimension,
    get: (pair) => first(pairForms(pair), found.vectors),
  };
}

function formsOf(word: string): string[] {
  const joined = word.trim().replace(/\s+/gu, '_');
  return [...new Set([word, joined, word.toLowerCase(), joined.toLowerCase()])];
}

function pairForms(pair: WordPair): string[] {
  const key = word2vecKey(pair);
  return [...new Set([key, key.toLowerCase()])];
}

function first(forms: readonly string[], vectors: ReadonlyMap<string, Float32Array>): Float32Array | undefined {
  for (const form of forms) {
    const vector = vectors.get(form);
    if (vector) return vector;
  }
  return undefined;
}

/**
 * Where a key stands twice, its first vector counts. The dimension is that of the file, also where no key is found.
 */
async function readVectors(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  wanted: ReadonlySet<string>,
  file: string,
): Promise<{ dimension: number; vectors: Map<string, Float32Array> }> {
  const vectors = new Map<string, Float32Array>();
  let dimension = 0;
  const onDimension = (value: number) => {
    dimension = value;
  };
  for await (const { key, vector } of parseVectorFile(chunks, { file, wanted, onDimension })) {
    if (!vectors.has(key)) vectors.set(key, vector);
  }
  return { dimension, vectors };
}
