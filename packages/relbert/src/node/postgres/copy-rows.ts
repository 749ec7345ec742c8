/** @file Rows of a table of pairs in the binary format of COPY (PostgreSQL's manual, COPY, "Binary Format"). */
import { hash } from 'node:crypto';
import { floatToHalf } from '../../formats/half-float.ts';
import { IndexError } from '../../index/error.ts';
import { rowKey, wordsOf } from '../../index/row-keys.ts';
import { pairText, type WordPair } from '../../pair/word-pair.ts';
import { isStorable } from './storable-text.ts';

export const copyColumns = 'key, head, tail, words, columns, embedding';

/** What a stream of rows begins with: the signature, no flags, no extension. */
export const copyHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const copyTrailer = Buffer.from([0xff, 0xff]);

/** Object identifier of the type text. */
const TEXT = 25;

/** The key of a row, 16 bytes. */
export function keyOf(pair: WordPair): Buffer {
  return hash('sha256', rowKey(pair), 'buffer').subarray(0, 16);
}

/**
 * @param vectors [n, D], of length 1.
 * @param rows Which of them.
 * @throws IndexError naming a pair with a character that the database does not store
 */
export function copyRows(
  pairs: readonly WordPair[],
  keys: readonly Buffer[],
  vectors: Float32Array,
  rows: readonly number[],
): Buffer {
  const dimension = vectors.length / pairs.length;
  const halves = Buffer.from(floatToHalf(vectors).buffer).swap16();
  const texts = rows.map((row) => {
    const pair = pairs[row] as WordPair;
    const columns = pair.columns && JSON.stringify(pair.columns);
    checkCharacters(pair, columns);
    return { row, head: pair.head, tail: pair.tail, words: [...wordsOf(pair)], columns };
  });
  const size = texts.reduce(
    (sum, { head, tail, words, columns = '' }) =>
      sum + 100 + 2 * dimension + 3 * (2 * (head.length + tail.length) + columns.length) + 4 * words.length,
    0,
  );
  const writer = new FieldWriter(Buffer.allocUnsafe(size));
  for (const { row, head, tail, words, columns } of texts) {
    writer.int16(6);
    writer.bytes(keys[row] as Buffer);
    writer.text(head);
    writer.text(tail);
    writer.array(words);
    if (columns === undefined) writer.int32(-1);
    else writer.text(columns, '\x01'); // the version of jsonb
    writer.vector(halves.subarray(row * dimension * 2, (row + 1) * dimension * 2), dimension);
  }
  return writer.written;
}

/** Fields with their lengths before them. */
class FieldWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  int16(value: number): void {
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  bytes(bytes: Buffer): void {
    this.int32(bytes.length);
    this.#append(bytes);
  }

  text(text: string, prefix = ''): void {
    const start = this.#at + 4;
    const value = prefix + text;
    // Most texts are short and of ASCII: a call out of JavaScript takes longer than their letters.
    let length = 0;
    while (length < value.length && value.charCodeAt(length) < 0x80)
      this.#buffer[start + length] = value.charCodeAt(length++);
    if (length < value.length) length = this.#buffer.write(value, start, 'utf8');
    this.int32(length);
    this.#at += length;
  }

  array(texts: readonly string[]): void {
    const start = this.#at;
    // length, to be filled in; one dimension, no nulls, of texts; its size, numbered from 1
    for (const value of [0, 1, 0, TEXT, texts.length, 1]) this.int32(value);
    for (const text of texts) this.text(text);
    this.#buffer.writeInt32BE(this.#at - start - 4, start);
  }

  vector(halves: Buffer, dimension: number): void {
    this.int32(4 + halves.length);
    this.int16(dimension);
    this.int16(0);
    this.#append(halves);
  }

  #append(bytes: Buffer): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

function checkCharacters(pair: WordPair, columns = ''): void {
  const escaped = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab]..)/;
  if (!isStorable(pair.head) || !isStorable(pair.tail) || (columns.includes('\\u') && escaped.test(columns))) {
    throw new IndexError(
      `${pairText(pair)}: holds U+0000 or half of a surrogate pair, which PostgreSQL does not store`,
    );
  }
}
