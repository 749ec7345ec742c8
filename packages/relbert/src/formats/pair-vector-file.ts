/**
 * Precomputed embeddings of word pairs as `relbert embed` writes them, read block by block: JSON lines, the text format
 * of word2vec (gzip or not), and a NumPy array beside its pairs.
 */

import { parsePairFile } from '../pair/pair-file.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { gunzipped } from './gunzip.ts';
import { npyRows } from './npy-rows.ts';
import type { VectorBlock } from './vector-block.ts';
import { parseVectorFile } from './vector-file.ts';
import { pairOfWord2vecKey } from './word2vec.ts';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Pairs a block. */
const BLOCK = 4096;

interface PairVector {
  readonly pair: WordPair;
  readonly vector: Float32Array;
}

/** Blocks of a word2vec text file with keys such as `New_York__Tokyo`. @throws Error naming file and line */
export function word2vecBlocks(chunks: Chunks, file: string): AsyncGenerator<VectorBlock> {
  async function* vectors(): AsyncGenerator<PairVector> {
    for await (const { key, vector, line } of parseVectorFile(chunks, { file })) {
      let pair: WordPair;
      try {
        pair = pairOfWord2vecKey(key);
      } catch (error) {
        throw new Error(`${file}:${line}: ${error instanceof Error ? error.message : error}`);
      }
      yield { pair, vector };
    }
  }
  return blocksOf(vectors(), file);
}

/** Blocks of JSON lines `{"head","tail","embedding":[...]}`. @throws Error naming file and line */
export function jsonBlocks(chunks: Chunks, file: string): AsyncGenerator<VectorBlock> {
  async function* vectors(): AsyncGenerator<PairVector> {
    let rest = '';
    let number = 0;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const take = function* (text: string): Generator<PairVector> {
      for (const line of text.split('\n')) {
        number++;
        if (line.trim() !== '') yield jsonVector(line, `${file}:${number}`);
      }
    };
    for await (const chunk of gunzipped(chunks, file)) {
      const text = rest + decodeOrThrow(decoder, chunk, file, number + 1);
      const end = text.lastIndexOf('\n');
      rest = text.slice(end + 1);
      if (end >= 0) yield* take(text.slice(0, end));
    }
    if (rest !== '') yield* take(rest);
  }
  return blocksOf(vectors(), file);
}

/** Blocks of a NumPy array [n, D] whose pairs stand in a tab-separated file, one a row. */
export async function* npyBlocks(
  matrix: { readonly chunks: Chunks; readonly file: string },
  pairs: { readonly chunks: Chunks; readonly file: string },
): AsyncGenerator<VectorBlock> {
  const words = parsePairFile(pairs.chunks, { file: pairs.file, format: 'tsv' });
  let rows = 0;
  try {
    for await (const { data, shape } of npyRows(matrix.chunks, matrix.file, BLOCK)) {
      const block: WordPair[] = [];
      while (block.length < shape[0]) {
        const { done, value } = await words.next();
        if (done) {
          throw new Error(`${pairs.file}: has ${rows + block.length} pairs, ${matrix.file} has more rows`);
        }
        block.push(value);
      }
      rows += block.length;
      yield { pairs: block, data, shape };
    }
    if (!(await words.next()).done)
      throw new Error(`${pairs.file}: has more pairs than ${matrix.file} has rows (${rows})`);
  } finally {
    await words.return(undefined);
  }
}

function decodeOrThrow(decoder: TextDecoder, chunk: Uint8Array, file: string, line: number): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new Error(`${file}: not valid UTF-8 at or after line ${line}`);
  }
}

function jsonVector(line: string, place: string): PairVector {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`${place}: not JSON`);
  }
  const { head, tail, embedding } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (typeof head !== 'string' || typeof tail !== 'string' || !Array.isArray(embedding)) {
    throw new Error(`${place}: expected {"head","tail","embedding":[...]}`);
  }
  const wrong = embedding.findIndex((entry) => typeof entry !== 'number');
  if (wrong >= 0) throw new Error(`${place}: value ${wrong + 1} of the embedding is no number`);
  return { pair: { head, tail }, vector: Float32Array.from(embedding as number[]) };
}

async function* blocksOf(vectors: AsyncGenerator<PairVector>, file: string): AsyncGenerator<VectorBlock> {
  let pairs: WordPair[] = [];
  let data = new Float32Array(0);
  let dimension = 0;
  for await (const { pair, vector } of vectors) {
    if (dimension === 0) dimension = vector.length;
    if (vector.length !== dimension || dimension === 0) {
      throw new Error(
        `${file}: the vector of ${JSON.stringify([pair.head, pair.tail])} has ${vector.length} values, the first one ${dimension}`,
      );
    }
    if (pairs.length === 0) data = new Float32Array(BLOCK * dimension);
    data.set(vector, pairs.length * dimension);
    pairs.push(pair);
    if (pairs.length === BLOCK) {
      yield { pairs, data, shape: [BLOCK, dimension] };
      pairs = [];
    }
  }
  if (pairs.length > 0) {
    yield { pairs, data: data.subarray(0, pairs.length * dimension), shape: [pairs.length, dimension] };
  } else if (dimension === 0) {
    throw new Error(`${file}: holds no vector`);
  }
}
