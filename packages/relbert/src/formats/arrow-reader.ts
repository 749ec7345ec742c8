/** @file Word pairs of an Arrow IPC stream or file, batch by batch, with every other column as it came. */
import type { DataType, Field, Float, List, RecordBatch, RecordBatchReader, Schema, Vector } from 'apache-arrow';
import { PairError } from '../pair/pair-error.ts';
import { checkColumnNames, pairTableOf } from '../pair/pair-table.ts';
import { checkedPair, pairText, type WordPair } from '../pair/word-pair.ts';
import { DataError } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { type ByteReader, joined } from './byte-reader.ts';
import type { VectorBlock } from './vector-block.ts';
import { vectorProblem } from './vector-check.ts';

export type Arrow = typeof import('apache-arrow');

/** The column of vectors. */
export const EMBEDDING = 'embedding';

/** Bytes of a file that {@link isArrow} looks at. */
export const ARROW_SIGNATURE_BYTES = 8;

/** Whether bytes start an Arrow stream (the mark before each message) or an Arrow file. */
export function isArrow(start: Uint8Array): boolean {
  return isArrowFile(start) || (start.length >= 8 && start.subarray(0, 4).every((byte) => byte === 0xff));
}

function isArrowFile(start: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(start).startsWith('ARROW1\0\0');
}

export interface ArrowBatch {
  readonly batch: RecordBatch;
  /** Number of its first row in the stream, from 1. */
  readonly firstRow: number;
  /** The words of each row. */
  readonly pairs: readonly WordPair[];
}

/** What to do about a value that JSON has no form of. */
const CAST_OR_DROP = 'cast or drop it (only `relbert embed --format arrow` passes it on)';

/** What each message starts with. */
const MARK = new Uint8Array([0xff, 0xff, 0xff, 0xff]);

/** Longest message: ArrayBuffers and offsets of Arrow end near it. */
const MAX_MESSAGE = 2 ** 31 - 1;

/** An Arrow stream with a column for heads and one for tails. */
export class ArrowReader {
  readonly file: string;
  readonly schema: Schema;
  readonly #batches: Iterator<RecordBatch> | AsyncIterator<RecordBatch>;
  readonly #bytes: ByteReader;
  readonly #arrow: Arrow;
  readonly #head: number;
  readonly #tail: number;

  /** @throws DataError for another format, and where there are no columns of texts with the names of heads and tails */
  static async open(arrow: Arrow, bytes: ByteReader, file: string): Promise<ArrowReader> {
    try {
      const fileFormat = isArrowFile(await bytes.peek(ARROW_SIGNATURE_BYTES));
      // A file says in its footer where its batches are, and need not start with its schema: it is read whole.
      const batches = fileFormat
        ? arrow.RecordBatchReader.from(await wholeOf(bytes, file))
        : await arrow.RecordBatchReader.from(messages(arrow, bytes, file));
      await batches.open();
      return new ArrowReader(arrow, file, bytes, batches);
    } catch (error) {
      throw readError(file, error);
    }
  }

  private constructor(arrow: Arrow, file: string, bytes: ByteReader, batches: RecordBatchReader) {
    const { schema } = batches;
    this.#arrow = arrow;
    this.file = file;
    this.#bytes = bytes;
    this.schema = schema;
    this.#batches = batches.isAsync() ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
    const names = schema.fields.map(({ name }) => name);
    const table = pairTableOf(names);
    if (!table) {
      throw new DataError(
        file,
        undefined,
        `has the columns ${names.join(', ') || '(none)'}; expected head and tail among them`,
      );
    }
    this.#head = table.head;
    this.#tail = table.tail;
    for (const at of [table.head, table.tail]) {
      const { name, type } = schema.fields[at] as Field;
      const { DataType } = arrow;
      const word = DataType.isDictionary(type) ? type.dictionary : type;
      if (!DataType.isUtf8(word) && !DataType.isLargeUtf8(word) && !DataType.isUtf8View(word)) {
        throw new DataError(file, undefined, `the column ${name} has the type ${type}; expected texts (Utf8)`);
      }
    }
  }

  /** @throws DataError naming the row whose word is null or blank, and where the stream is cut off or damaged */
  async *batches(): AsyncGenerator<ArrowBatch> {
    let rows = 0;
    for (;;) {
      const step = await (async () => this.#batches.next())().catch((error: unknown) => {
        throw readError(this.file, error);
      });
      if (step.done) return;
      const batch = step.value;
      // Made by the library where the stream has no batch.
      if (batch.numRows === 0 && batch.constructor !== this.#arrow.RecordBatch) return;
      const heads = batch.getChildAt(this.#head) as Vector;
      const tails = batch.getChildAt(this.#tail) as Vector;
      const firstRow = rows + 1;
      const pairs = Array.from({ length: batch.numRows }, (_, i) =>
        this.#pair(heads.get(i), tails.get(i), firstRow + i),
      );
      yield { batch, firstRow, pairs };
      rows += batch.numRows;
    }
  }

  /**
   * Waits for the end of the input, after all batches.
   * @throws DataError where anything else follows: a second stream would be lost
   */
  async end(): Promise<void> {
    if ((await this.#bytes.peek(1)).length > 0) {
      throw new DataError(this.file, undefined, 'has further bytes after its Arrow stream; give one stream at a time');
    }
    await this.close();
  }

  /** Closes the input, wherever it is read to. */
  async close(): Promise<void> {
    await this.#bytes.close();
  }

  /** All pairs, their further columns as values of JSON. @throws DataError as {@link batches}, and for a column of another type */
  async *pairs(): AsyncGenerator<WordPair> {
    try {
      const columnsOf = this.#furtherColumns();
      for await (const batch of this.batches()) {
        const further = columnsOf(batch);
        for (const [i, pair] of batch.pairs.entries()) {
          const columns = further(i);
          yield columns ? { ...pair, columns } : pair;
        }
      }
      await this.end();
    } finally {
      await this.close(); // whoever reads may stop early
    }
  }

  /** Whether there is a column `embedding` of lists of 32-bit numbers, as {@link vectors} reads. */
  get hasVectors(): boolean {
    const { DataType } = this.#arrow;
    const type = this.schema.fields.find(({ name }) => name === EMBEDDING)?.type;
    if (!DataType.isList(type) && !DataType.isFixedSizeList(type)) return false;
    const { valueType } = type as List;
    return DataType.isFloat(valueType) && (valueType as Float).precision === this.#arrow.Precision.SINGLE;
  }

  /**
   * The pairs with their vectors, a block a batch; a row whose embedding is null is left out.
   * @throws DataError as {@link pairs}, and for a vector that is empty, not finite, or of another dimension than the first
   */
  async *vectors(): AsyncGenerator<VectorBlock> {
    try {
      const columnsOf = this.#furtherColumns(EMBEDDING);
      const at = this.schema.fields.findIndex(({ name }) => name === EMBEDDING);
      let dimension = 0;
      for await (const batch of this.batches()) {
        const further = columnsOf(batch);
        const embeddings = batch.batch.getChildAt(at) as Vector<List<Float>>;
        const found: WordPair[] = [];
        let data = new Float32Array(0);
        for (const [i, pair] of batch.pairs.entries()) {
          const values = embeddings.get(i);
          if (!values) continue;
          if (values.nullCount > 0) {
            const place = Array.from(values).indexOf(null) + 1;
            throw this.rowError(batch.firstRow + i, pair, `value ${place} of the embedding is null; expected a number`);
          }
          const vector = values.toArray() as Float32Array;
          dimension ||= vector.length;
          if (data.length === 0) data = new Float32Array(batch.pairs.length * dimension);
          const problem =
            vector.length !== dimension || dimension === 0
              ? `the vector has ${vector.length} values, the first one ${dimension}`
              : vectorProblem(vector);
          if (problem) throw this.rowError(batch.firstRow + i, pair, problem);
          data.set(vector, found.length * dimension);
          const columns = further(i);
          found.push(columns ? { ...pair, columns } : pair);
        }
        if (found.length > 0)
          yield { pairs: found, data: data.subarray(0, found.length * dimension), shape: [found.length, dimension] };
      }
      await this.end();
    } finally {
      await this.close(); // whoever reads may stop early
    }
  }

  /** Columns beside the words, and but for one, as values of JSON: of a batch, and there of a row; undefined: none. */
  #furtherColumns(
    without?: string,
  ): (batch: ArrowBatch) => (row: number) => Readonly<Record<string, unknown>> | undefined {
    const columns = this.schema.fields.flatMap((field, at) =>
      at === this.#head || at === this.#tail || field.name === without ? [] : [{ ...field, at }],
    );
    try {
      const names = this.schema.fields.map(({ name }) => name);
      checkColumnNames({ head: this.#head, tail: this.#tail, relation: undefined, names });
    } catch (error) {
      throw error instanceof PairError ? new DataError(this.file, undefined, error.message) : error;
    }
    for (const { name, type } of columns) {
      if (!this.#hasJson(type)) {
        throw new DataError(
          this.file,
          undefined,
          `the column ${name} has the type ${type}; ${name === EMBEDDING && !this.hasVectors ? 'expected List<Float32>: cast it' : CAST_OR_DROP}`,
        );
      }
    }
    return ({ batch, firstRow }) => {
      const further = columns.map(({ name, at }) => ({ name, vector: batch.getChildAt(at) }));
      return (row) => {
        const cells = further.map(({ name, vector }) => {
          const value: unknown = vector?.get(row);
          const number = typeof value === 'bigint' ? Number(value) : value;
          if (
            typeof number !== 'number' ||
            (Number.isFinite(number) && (typeof value === 'number' || Number.isSafeInteger(number)))
          )
            return [name, number];
          const problem = `the column ${name} holds ${value}; ${CAST_OR_DROP}`;
          throw new DataError(this.file, undefined, `row ${firstRow + row}: ${problem}`);
        });
        return columns.length > 0 ? Object.fromEntries(cells) : undefined;
      };
    };
  }

  #hasJson(type: DataType): boolean {
    const { DataType } = this.#arrow;
    const of = DataType.isDictionary(type) ? type.dictionary : type;
    return [
      DataType.isUtf8,
      DataType.isLargeUtf8,
      DataType.isUtf8View,
      DataType.isInt,
      DataType.isFloat,
      DataType.isBool,
      DataType.isNull,
    ].some((is) => is(of));
  }

  #pair(head: unknown, tail: unknown, row: number): WordPair {
    if (typeof head !== 'string' || typeof tail !== 'string') {
      throw new DataError(
        this.file,
        undefined,
        `row ${row}: the ${typeof head === 'string' ? 'tail' : 'head'} is null`,
      );
    }
    try {
      return checkedPair(head, tail);
    } catch (error) {
      throw error instanceof PairError ? new DataError(this.file, undefined, `row ${row}: ${error.message}`) : error;
    }
  }

  /** A problem of a row. */
  rowError(row: number, pair: WordPair, problem: string): DataError {
    return new DataError(this.file, undefined, `row ${row}, ${pairText(pair)}: ${problem}`);
  }
}

/**
 * The messages of a stream, whole, and its end mark. The library itself takes a stream that stops between two messages
 * for one that has ended. The mark that each message starts with comes with the message before it: the library asks for
 * more when it has read all that it was given, and would hold a batch back until the next one is there.
 */
async function* messages(arrow: Arrow, reader: ByteReader, file: string): AsyncGenerator<Uint8Array> {
  let batches = 0;
  let first = true;
  const take = async (count: number): Promise<Uint8Array> => {
    const bytes = await reader.take(count);
    if (bytes.length === count) return bytes;
    throw new DataError(
      file,
      undefined,
      `the Arrow stream is cut off after ${batches} whole batches: no end mark; what writes it has failed, or did not close it`,
    );
  };
  for (;;) {
    const prefix = await take(8);
    const view = new DataView(prefix.buffer);
    const length = view.getInt32(4, true);
    if (view.getInt32(0) !== -1 || length < 0) throw damaged(file, batches);
    const rest = prefix.subarray(first ? 0 : 4);
    first = false;
    if (length === 0) {
      yield rest;
      return;
    }
    const metadata = await take(length);
    let message: InstanceType<Arrow['Message']>;
    try {
      message = arrow.Message.decode(metadata);
    } catch (error) {
      throw error instanceof Error && error.message.startsWith('Unrecognized type') ? error : damaged(file, batches);
    }
    const bodyLength = Number(message.bodyLength);
    if (!(bodyLength >= 0 && bodyLength <= MAX_MESSAGE)) throw damaged(file, batches);
    const body = await take(bodyLength);
    if (message.headerType === arrow.MessageHeader.RecordBatch) batches++;
    yield joined(rest, metadata, body, MARK);
  }
}

async function wholeOf(reader: ByteReader, file: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of reader.rest()) parts.push(part);
  const bytes = joined(...parts);
  if (new TextDecoder('latin1').decode(bytes.subarray(-6)) === 'ARROW1') return bytes;
  throw new DataError(file, undefined, 'the Arrow file is cut off: no end mark; write or copy it again');
}

function damaged(file: string, batches: number): DataError {
  return new DataError(file, undefined, `the Arrow stream is damaged after ${batches} batches`);
}

/** What the library says, in our words. */
function readError(file: string, error: unknown): unknown {
  if (error instanceof DataError || !(error instanceof Error)) return error;
  const { message } = error;
  if (/compressed/.test(message)) {
    return new DataError(file, undefined, 'is a compressed Arrow stream; write it without compression');
  }
  const type = /Unrecognized type: "(\w+)"/.exec(message)?.[1];
  if (type !== undefined) {
    return new DataError(file, undefined, `has a column of the type ${type}, which apache-arrow cannot read: cast it`);
  }
  const reason = error instanceof TypeError || error instanceof RangeError ? 'it is damaged' : excerpt(message);
  return new DataError(file, undefined, `cannot be read as Arrow (${reason})`, { cause: error });
}
