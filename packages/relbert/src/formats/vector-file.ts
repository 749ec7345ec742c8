import { gunzipped } from './gunzip.ts';
import { type KeyedVector, parseWord2vecHeader, parseWord2vecLine } from './word2vec.ts';

export interface VectorFileOptions {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Whether the vector of a key is wanted; lines of other keys are passed over unread. Default: all. */
  readonly wanted?: (key: string) => boolean;
}

/** A vector and where it stands. */
export interface FiledVector extends KeyedVector {
  /** Line in its file, from 1. */
  readonly line: number;
}

/**
 * The vectors of a word2vec or GloVe text file, gzip or not, that arrives in pieces; in memory proportional to one piece.
 * @throws Error naming file and line for a value that is no number, a vector of another length than the first one's or
 * than the first line says, bytes that are not UTF-8, damaged gzip data, and for a file without vectors
 */
export async function* parseVectorFile(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { file, wanted }: VectorFileOptions,
): AsyncGenerator<FiledVector> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let dimensions: number | undefined;
  let vectors = 0;
  for await (const { bytes, line } of byteLines(gunzipped(chunks, file))) {
    try {
      if (bytes.length === 0) continue;
      if (line === 1) {
        const header = parseWord2vecHeader(decoder.decode(bytes));
        dimensions = header?.dimensions;
        if (header) continue;
      }
      vectors++;
      if (dimensions !== undefined && wanted && !wanted(decoder.decode(bytes.subarray(0, keyLength(bytes))))) continue;
      const { key, vector } = parseWord2vecLine(decoder.decode(bytes), dimensions);
      dimensions ??= vector.length;
      if (!wanted || wanted(key)) yield { key, vector, line };
    } catch (error) {
      const problem = error instanceof TypeError ? 'not valid UTF-8' : error instanceof Error ? error.message : error;
      throw new Error(`${file}:${line}: ${problem}`);
    }
  }
  if (vectors === 0) throw new Error(`${file}: holds no vector; expected lines of a key and its values`);
}

function keyLength(bytes: Uint8Array): number {
  const space = bytes.indexOf(0x20);
  const tab = bytes.indexOf(0x09);
  if (space < 0) return tab < 0 ? bytes.length : tab;
  return tab < 0 ? space : Math.min(space, tab);
}

/** Lines as bytes, without their ends; the last one may be unfinished. */
async function* byteLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Uint8Array; line: number }> {
  let rest: Uint8Array = new Uint8Array(0);
  let line = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      yield { bytes: withoutReturn(rest.length === 0 ? piece : joined(rest, piece)), line: ++line };
      rest = new Uint8Array(0);
      start = end + 1;
    }
    // A copy: streams may use their buffers again.
    if (start < chunk.length) rest = joined(rest, chunk.subarray(start));
  }
  if (rest.length > 0) yield { bytes: withoutReturn(rest), line: ++line };
}

const newline = 0x0a;

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
