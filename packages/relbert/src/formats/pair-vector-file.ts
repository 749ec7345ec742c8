/**
 * Precomputed embeddings of word pairs as `relbert embed` writes them, read block by block: JSON lines, the formats of
 * word2vec (gzip or not), and a NumPy array beside its pairs.
 */

import { PairError } from '../pair/pair-error.ts';
import { parsePairFile } from '../pair/pair-file.ts';
import { checkedPair, pairText, type WordPair } from '../pair/word-pair.ts';
import { DataError } from '../text/data-error.ts';
import { jsonObject } from '../text/json.ts';
import { decodeLine, type Line, lineError, lineGroups } from '../text/lines.ts';
import { gunzipped } from './gunzip.ts';
import { npyRows } from './npy.ts';
import type { VectorBlock } from './vector-block.ts';
import { vectorProblem } from './vector-check.ts';
import { parseVectorFile } from './vector-file.ts';
import { pairOfWord2vecKey, VectorTextError } from './word2vec.ts';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Pairs a block. */
const BLOCK = 4096;

interface PairVector {
  readonly pair: WordPair;
  readonly vector: Float32Array;
  readonly fail: (problem: string) => DataError;
}

/** Blocks of a word2vec file, text or binary, with keys such as `New_York__Tokyo`. @throws DataError naming file and place */
export function word2vecBlocks(chunks: Chunks, file: string): AsyncGenerator<VectorBlock> {
  async function* vectors(): AsyncGenerator<PairVector> {
    for await (const { key, vector, fail } of parseVectorFile(chunks, { file })) {
      const pair = pairOr(fail, () => {
        const { head, tail } = pairOfWord2vecKey(key);
        return checkedPair(head, tail);
      });
      yield { pair, vector, fail };
    }
  }
  return blocksOf(vectors(), file);
}

function pairOr(fail: PairVector['fail'], make: () => WordPair): WordPair {
  try {
    return make();
  } catch (error) {
    throw error instanceof VectorTextError || error instanceof PairError ? fail(error.message) : error;
  }
}

/** Blocks of JSON lines `{"head","tail","embedding":[...]}`; further members become columns. @throws DataError naming file and line */
export function jsonBlocks(chunks: Chunks, file: string): AsyncGenerator<VectorBlock> {
  async function* vectors(): AsyncGenerator<PairVector> {
    for await (const lines of lineGroups(gunzipped(chunks, file), file)) {
      for (const bytes of lines) {
        const line = decodeLine(file, bytes);
        if (line.text.trim() !== '') yield jsonVector(line);
      }
    }
  }
  return blocksOf(vectors(), file);
}

function jsonVector(line: Line): PairVector {
  const { head, tail, embedding, ...columns } = jsonObject(line);
  const fail = (problem: string): DataError => lineError(line, problem);
  if (typeof head !== 'string' || typeof tail !== 'string' || !Array.isArray(embedding)) {
    throw fail('expected {"head","tail","embedding":[...]}');
  }
  const wrong = embedding.findIndex((entry) => typeof entry !== 'number');
  if (wrong >= 0) throw fail(`value ${wrong + 1} of the embedding is not a number`);
  const pair = pairOr(fail, () => checkedPair(head, tail, columns));
  const vector = Float32Array.from(embedding as number[]);
  const problem = vectorProblem(vector);
  if (problem) throw fail(`the vector of ${pairText(pair)}: ${problem}`);
  return { pair, vector, fail };
}

/** Blocks of a NumPy array [n, D] whose pairs stand in a tab-separated file, one a row. */
export async function* npyBlocks(
  matrix: { readonly chunks: Chunks; readonly file: string },
  pairs: { readonly chunks: Chunks; readonly file: string },
): AsyncGenerator<VectorBlock> {
  // Words of JSON may have spaces around them, and are looked up with these.
  const words = parsePairFile(pairs.chunks, { file: pairs.file, format: 'tsv', verbatim: true });
  let rows = 0;
  try {
    for await (const { data, shape } of npyRows(matrix.chunks, matrix.file, BLOCK)) {
      const block: WordPair[] = [];
      while (block.length < shape[0]) {
        const { done, value } = await words.next();
        if (done) {
          throw new DataError(pairs.file, undefined, `has ${rows + block.length} pairs, ${matrix.file} has more rows`);
        }
        const start = block.length * shape[1];
        const problem = vectorProblem(data, start, start + shape[1]);
        if (problem) {
          throw new DataError(
            matrix.file,
            undefined,
            `row ${rows + block.length + 1}, the vector of ${pairText(value)}: ${problem}`,
          );
        }
        block.push(value);
      }
      rows += block.length;
      yield { pairs: block, data, shape };
    }
    if (!(await words.next()).done)
      throw new DataError(pairs.file, undefined, `has more pairs than ${matrix.file} has rows (${rows})`);
  } finally {
    await words.return(undefined);
  }
}

async function* blocksOf(vectors: AsyncGenerator<PairVector>, file: string): AsyncGenerator<VectorBlock> {
  let pairs: WordPair[] = [];
  let data = new Float32Array(0);
  let dimension = 0;
  for await (const { pair, vector, fail } of vectors) {
    if (dimension === 0) dimension = vector.length;
    if (vector.length !== dimension || dimension === 0) {
      throw fail(`the vector of ${pairText(pair)} has ${vector.length} values, the first one ${dimension}`);
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
    throw new DataError(file, undefined, 'holds no vector');
  }
}
