/** @file Pairs with their embeddings as a Parquet file, written row group by row group. */
import { ByteWriter, ParquetWriter as Library, type SchemaElement } from 'hyparquet-writer';
import type { WordPair } from '../pair/word-pair.ts';
import { type ColumnType, type ColumnTypes, typedColumns } from './column-type.ts';

/** A column of the file: `embedding` is a list of FLOAT with three levels, as Parquet's own rules and Spark want it. */
const typeOf: Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>> = {
  empty: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  boolean: { type: 'BOOLEAN' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
};

export class ParquetWriter {
  readonly #types: ColumnTypes;
  readonly #buffer = new ByteWriter();
  readonly #library: Library;

  constructor(types: ColumnTypes) {
    this.#types = types;
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: types.size + 3 },
      { name: 'head', repetition_type: 'REQUIRED', ...typeOf.text },
      { name: 'tail', repetition_type: 'REQUIRED', ...typeOf.text },
      ...[...types].map(([name, type]): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...typeOf[type] })),
      {
        name: 'embedding',
        repetition_type: 'REQUIRED',
        num_children: 1,
        converted_type: 'LIST',
        logical_type: { type: 'LIST' },
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ];
    this.#library = new Library({ writer: this.#buffer, schema, createdBy: 'relbert' });
  }

  /** One row group. @param first Number of the first pair. @throws PairError as {@link typedColumns} */
  async rows(pairs: readonly WordPair[], first: number, data: Float32Array, dimension: number): Promise<Uint8Array> {
    const embeddings = pairs.map((_, i) => Array.from(data.subarray(i * dimension, (i + 1) * dimension)));
    await this.#library.write({
      columnData: [
        { name: 'head', data: pairs.map(({ head }) => head) },
        { name: 'tail', data: pairs.map(({ tail }) => tail) },
        ...typedColumns(pairs, this.#types, first).map(({ name, values }) => ({ name, data: [...values] })),
        // Snappy finds nothing in floats.
        { name: 'embedding', data: embeddings, encoding: 'PLAIN', codec: 'UNCOMPRESSED', statistics: false },
      ],
      rowGroupSize: pairs.length,
    });
    return this.#take();
  }

  async end(): Promise<Uint8Array> {
    await this.#library.finish();
    return this.#take();
  }

  /** What was written since the last call; `offset`, which the footer needs, goes on counting. */
  #take(): Uint8Array {
    const bytes = this.#buffer.getBytes().slice();
    (this.#buffer as ByteWriter & { index: number }).index = 0;
    return bytes;
  }
}
