import type { EmbeddingBlock } from '../encoder/embeddings.ts';
import type { ColumnTypes } from '../formats/column-type.ts';
import { UsageError } from './exit.ts';

/** The forms in which `relbert embed` writes. */
export const embeddingFormats = ['jsonl', 'npy', 'word2vec', 'word2vec-binary', 'arrow', 'parquet'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];

/** The format that the ending of the output file asks for. @throws UsageError for the ending of another format */
export function formatOf(output: string | undefined): EmbeddingFormat {
  const ending = /\.([^./\\]+)$/.exec(output ?? '')?.[1]?.toLowerCase() ?? 'jsonl';
  const format = byEnding[ending];
  if (format) return format;
  const endings = Object.keys(byEnding).map((known) => `.${known}`);
  throw new UsageError(`${output}: .${ending} says no format: end it in ${endings.join(', ')}, or give --format`);
}

const byEnding: Readonly<Record<string, EmbeddingFormat>> = {
  ...{ jsonl: 'jsonl', json: 'jsonl', ndjson: 'jsonl', txt: 'jsonl' },
  ...{ npy: 'npy', bin: 'word2vec-binary', vec: 'word2vec', w2v: 'word2vec' },
  ...{ arrow: 'arrow', arrows: 'arrow', feather: 'arrow', ipc: 'arrow', parquet: 'parquet' },
};

/** `vectors.npy` has its pairs in `vectors.pairs.tsv`. */
export function pairsPathOf(path: string): string {
  return `${path.replace(/\.npy$/i, '')}.pairs.tsv`;
}

export interface EmbeddingWriter {
  /** The block holds at least one pair. */
  write(block: EmbeddingBlock): Promise<void>;
  /** Everything is there: the files take their names. */
  finish(): Promise<void>;
  /** Something went wrong: no file stays. */
  discard(): Promise<void>;
}

export interface EmbeddingWriterOptions {
  /** undefined: standard output (not for npy and parquet). */
  readonly path: string | undefined;
  readonly dimension: number;
  /** The further columns, where a format declares them; undefined: those of the first block. */
  readonly types: ColumnTypes | undefined;
}
