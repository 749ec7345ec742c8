/** Embeddings of pairs as a table that declares its columns: Arrow and Parquet. */
import { ArrowWriter, arrowSchema } from '../formats/arrow-writer.ts';
import { type ColumnTypes, columnTypes } from '../formats/column-type.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EmbeddingWriter, EmbeddingWriterOptions } from './embedding-format.ts';
import type { Output } from './output.ts';

/** An Arrow stream; a file with a footer where the ending is `.arrow` or `.feather`. Batches leave as they come. */
export async function arrowTableWriter(
  output: Output,
  { path, dimension, types: given }: EmbeddingWriterOptions,
): Promise<EmbeddingWriter> {
  const { loadArrow } = await import('../node/arrow-package.ts');
  const arrow = await loadArrow();
  let open: { readonly types: ColumnTypes; readonly writer: ArrowWriter } | undefined;
  let rows = 0;
  const opened = async (pairs: readonly WordPair[]) => {
    if (open) return open;
    const types = given ?? columnTypes(pairs);
    open = { types, writer: new ArrowWriter(arrow, arrowSchema(arrow, types), arrowForm(path)) };
    for (const bytes of open.writer.start()) await output.write(bytes);
    return open;
  };
  return {
    async write({ pairs, data }) {
      const { types, writer } = await opened(pairs);
      for (const bytes of writer.pairs(pairs, types, rows + 1, { data, dimension })) await output.write(bytes);
      rows += pairs.length;
    },
    async finish() {
      for (const bytes of (await opened([])).writer.end()) await output.write(bytes);
      await output.commit();
    },
    discard: () => output.discard(),
  };
}

/** What an ending means: pandas and polars read `.arrow` and `.feather` as files, and streams by other names. */
export function arrowForm(path: string | undefined): 'stream' | 'file' {
  return /\.(arrow|feather)$/i.test(path ?? '') ? 'file' : 'stream';
}

/** Rows of a group: about 12 MB at 384 dimensions. */
const groupRows = 8192;

export async function parquetTableWriter(
  output: Output,
  { dimension, types: given }: EmbeddingWriterOptions,
): Promise<EmbeddingWriter> {
  const { ParquetWriter } = await import('../formats/parquet-writer.ts');
  let writer: InstanceType<typeof ParquetWriter> | undefined;
  let pairs: WordPair[] = [];
  const data = new Float32Array(groupRows * dimension);
  let rows = 0;
  const writeGroup = async () => {
    writer ??= new ParquetWriter(given ?? columnTypes(pairs));
    if (pairs.length > 0) {
      await output.write(await writer.rows(pairs, rows + 1, data.subarray(0, pairs.length * dimension), dimension));
    }
    rows += pairs.length;
    pairs = [];
    return writer;
  };
  return {
    async write(block) {
      for (let from = 0; from < block.pairs.length; ) {
        const to = Math.min(block.pairs.length, from + groupRows - pairs.length);
        data.set(block.data.subarray(from * dimension, to * dimension), pairs.length * dimension);
        pairs.push(...block.pairs.slice(from, to));
        from = to;
        if (pairs.length === groupRows) await writeGroup();
      }
    },
    async finish() {
      await output.write(await (await writeGroup()).end());
      await output.commit();
    },
    discard: () => output.discard(),
  };
}
