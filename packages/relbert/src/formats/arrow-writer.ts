/** @file Embeddings as a column of an Arrow IPC stream or file: further columns pass through as they are. */
import type { AsyncByteQueue, Data, DataType, RecordBatch, RecordBatchWriter, Schema } from 'apache-arrow';
import { furtherColumn, renamedNotice } from '../pair/further-columns.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { type Arrow, EMBEDDING } from './arrow-reader.ts';
import { type ColumnType, type ColumnTypes, typedColumns } from './column-type.ts';

/** Vectors [n, D] as a column. */
export interface EmbeddingColumn {
  readonly data: Float32Array;
  readonly dimension: number;
  /** Rows without an embedding: null. */
  readonly missing?: ReadonlySet<number>;
}

/** Record batches with their embeddings as bytes: `List<float>`, which Spark reads, as it does not FixedSizeList. */
export class ArrowWriter {
  readonly #arrow: Arrow;
  readonly #schema: Schema;
  readonly #writer: RecordBatchWriter;
  readonly #bytes: { take(): Uint8Array[] } & AsyncByteQueue;

  /**
   * @param form `stream`, or `file` with a footer for readers that seek.
   * @param onNotice Called where the schema has a column with the name of the added one: it is renamed.
   */
  constructor(arrow: Arrow, schema: Schema, form: 'stream' | 'file', onNotice?: (notice: string) => void) {
    const { Field, List, Float32 } = arrow;
    const names = new Set([EMBEDDING, ...schema.fields.map(({ name }) => name)]);
    const fields = schema.fields.map((field) => {
      if (field.name !== EMBEDDING) return field;
      const name = furtherColumn(EMBEDDING, (other) => names.has(other));
      onNotice?.(renamedNotice(EMBEDDING, name));
      return field.clone({ name });
    });
    const embedding = new Field(EMBEDDING, new List(new Field('item', new Float32(), true)), true);
    this.#arrow = arrow;
    this.#schema = new arrow.Schema(
      [...fields, embedding],
      schema.metadata,
      schema.dictionaries,
      schema.metadataVersion,
    );
    this.#writer = form === 'file' ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
    this.#bytes = collected(arrow);
    this.#writer.reset(this.#bytes, this.#schema);
  }

  /** What is to be written first: the schema. */
  start(): Uint8Array[] {
    return this.#bytes.take();
  }

  /** A batch as it came, with an embedding for each row. */
  batch(batch: RecordBatch, embeddings: EmbeddingColumn): Uint8Array[] {
    return this.#write(batch.data.children, batch.numRows, embeddings);
  }

  /** Pairs of another format. @throws PairError as {@link typedColumns} */
  pairs(pairs: readonly WordPair[], types: ColumnTypes, first: number, embeddings: EmbeddingColumn): Uint8Array[] {
    const further = typedColumns(pairs, types, first).map(({ values }) => values);
    const columns = [pairs.map(({ head }) => head), pairs.map(({ tail }) => tail), ...further];
    const children = columns.map((values, at) => {
      const { type } = this.#schema.fields[at] as Schema['fields'][number];
      return this.#arrow.vectorFromArray(values, type).data[0] as Data;
    });
    return this.#write(children, pairs.length, embeddings);
  }

  /** What is to be written last. */
  end(): Uint8Array[] {
    this.#writer.finish();
    return this.#bytes.take();
  }

  #write(children: readonly Data[], length: number, { data, dimension, missing }: EmbeddingColumn): Uint8Array[] {
    const { makeData, Struct, RecordBatch, Float32 } = this.#arrow;
    const nullBitmap = missing && new Uint8Array(Math.ceil(length / 8));
    for (let row = 0; nullBitmap && row < length; row++) {
      if (!missing.has(row)) nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7));
    }
    const column = makeData({
      type: this.#schema.fields.at(-1)?.type as DataType,
      length,
      nullCount: missing?.size ?? 0,
      nullBitmap,
      valueOffsets: Int32Array.from({ length: length + 1 }, (_, row) => row * dimension),
      child: makeData({ type: new Float32(), length: data.length, nullCount: 0, data }),
    } as Parameters<typeof makeData>[0]);
    const rows = makeData({
      type: new Struct(this.#schema.fields),
      length,
      nullCount: 0,
      children: [...children, column],
    });
    this.#writer.write(new RecordBatch(this.#schema, rows));
    return this.#bytes.take();
  }
}

/** The schema of pairs of another format. */
export function arrowSchema(arrow: Arrow, types: ColumnTypes): Schema {
  const { Bool, Field, Float64, Int64, Schema, Utf8 } = arrow;
  const typeOf: Readonly<Record<ColumnType, () => DataType>> = {
    empty: () => new Utf8(),
    boolean: () => new Bool(),
    integer: () => new Int64(),
    number: () => new Float64(),
    text: () => new Utf8(),
  };
  const words = ['head', 'tail'].map((name) => new Field(name, new Utf8(), false));
  return new Schema([...words, ...[...types].map(([name, type]) => new Field(name, typeOf[type](), true))]);
}

/** A sink that gives its bytes when asked: a batch leaves as soon as it is written. */
function collected(arrow: Arrow): { take(): Uint8Array[] } & AsyncByteQueue {
  class Bytes extends arrow.AsyncByteQueue {
    #parts: Uint8Array[] = [];
    override write(value: ArrayBufferView): void {
      this.#parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    take(): Uint8Array[] {
      const parts = this.#parts;
      this.#parts = [];
      return parts;
    }
  }
  return new Bytes();
}
