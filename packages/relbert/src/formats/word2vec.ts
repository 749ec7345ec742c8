/**
 * @file The formats of word2vec, as gensim reads and writes them. Text: a first line `count dimensions`, then a key and
 * its values on each line, separated by single spaces. Binary: the same first line, then keys, each with a space and
 * its values as little-endian float32. A word pair's key is `New_York__Tokyo`. GloVe's text files are like the text
 * format without the first line.
 */

import type { WordPair } from '../pair/word-pair.ts';
import { excerpt } from '../text/excerpt.ts';
import { joined } from './byte-reader.ts';
import { littleEndianBytes } from './npy.ts';

/** A key or a line of word2vec's format that does not hold what it should; the reader of files adds file and line. */
export class VectorTextError extends Error {
  override readonly name = 'VectorTextError';
}

/** One line of a vector file. */
export interface KeyedVector {
  readonly key: string;
  readonly vector: Float32Array;
}

/**
 * The key of a pair, as {@link word2vecKey} makes it, for a file that is to be read again.
 * @throws VectorTextError where the pair cannot be read from its key
 */
export function readableWord2vecKey(pair: WordPair): string {
  const key = word2vecKey(pair);
  pairOfWord2vecKey(key);
  return key;
}

/** The key of a pair: head and tail joined by `__`, each run of white space written as `_`. */
export function word2vecKey(pair: WordPair): string {
  return `${pair.head.trim().replace(/\s+/gu, '_')}__${pair.tail.trim().replace(/\s+/gu, '_')}`;
}

/**
 * The pair of a key: `New_York__Tokyo` is (New York, Tokyo).
 * @throws VectorTextError where `__` does not occur exactly once: the pair is not clear then.
 */
export function pairOfWord2vecKey(key: string): WordPair {
  const at = key.indexOf('__');
  if (at < 0) throw new VectorTextError(`the key ${excerpt(key)} is not one of a word pair: expected head__tail`);
  if (key.indexOf('__', at + 1) >= 0) {
    throw new VectorTextError(
      `the key ${excerpt(key)} can be split in more than one place: "__" must stand between the words only`,
    );
  }
  return { head: key.slice(0, at).replaceAll('_', ' '), tail: key.slice(at + 2).replaceAll('_', ' ') };
}

/** A float32 value in as many digits as give the same float32 back when read. */
export function floatText(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** The first line, without line end. `width` pads it with spaces (readers split at white space), to be patched later. */
export function word2vecHeader(count: number, dimensions: number, width = 0): string {
  return `${count} ${dimensions}`.padEnd(width, ' ');
}

/** The line of one vector, without line end. */
export function word2vecLine(key: string, vector: Float32Array): string {
  let line = key;
  for (const value of vector) line += ` ${floatText(value)}`;
  return line;
}

/** One vector of the binary format: key, space, values. */
export function word2vecBytes(key: string, vector: Float32Array): Uint8Array {
  return joined(new TextEncoder().encode(`${key} `), littleEndianBytes(vector));
}

/** The first line as count and dimensions, or undefined for any other line (GloVe's files start with a vector). */
export function parseWord2vecHeader(line: string): { readonly count: number; readonly dimensions: number } | undefined {
  const match = /^\s*(\d+)[ \t]+(\d+)\s*$/.exec(line);
  return match ? { count: Number(match[1]), dimensions: Number(match[2]) } : undefined;
}

/**
 * Key and values of one line. A key may hold spaces where the number of dimensions is given, as some GloVe files have it.
 * @throws VectorTextError that names what is wrong
 */
export function parseWord2vecLine(line: string, dimensions?: number): KeyedVector {
  const fields = line.trimEnd().split(/[ \t]/);
  const count = dimensions ?? fields.length - 1;
  const first = fields.length - count;
  if (count < 1 || first < 1 || fields[0] === '') {
    throw new VectorTextError(
      `expected a key and ${dimensions ?? 'its'} values, found ${Math.max(fields.length - 1, 0)} values`,
    );
  }
  // A number within the key is one value too many, not a word.
  if (fields.slice(1, first).some((field) => field !== '' && Number.isFinite(Number(field)))) {
    throw new VectorTextError(`${excerpt(fields[0])} has ${fields.length - 1} values, expected ${count}`);
  }
  const vector = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const text = fields[first + i] as string;
    const value = text === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) {
      throw new VectorTextError(`value ${i + 1} of ${excerpt(fields[0])} is not a finite number: ${excerpt(text)}`);
    }
    vector[i] = value;
  }
  return { key: fields.slice(0, first).join(' '), vector };
}
