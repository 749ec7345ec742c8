import type { EmbeddingBlock } from '../encoder/embeddings.ts';
import type { ColumnTypes } from '../formats/column-type.ts';
import { UsageError } from './exit.ts';

/** The forms in which `relbert embed` writes. */
export const embeddingFormats = ['jsonl', 'npy', 'word2vec', 'word2vec-binary', 'arrow', 'parquet'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];

/**
 * The format that `--format` or the ending of the output file asks for.
 * @throws UsageError where they contradict each other, or for the ending of another format
 */
export function formatOf(output: string | undefined, asked?: EmbeddingFormat): EmbeddingFormat {
  const ending = /\.([^./\\]+)$/.exec(output ?? '')?.[1]?.toLowerCase();
  const named = ending === undefined ? 'jsonl' : byEnding[ending];
  if (asked) {
    if (named && ending !== undefined && ending !== 'txt' && kindOf(asked) !== kindOf(named)) {
      throw new UsageError(
        `--format ${asked} and --output ${output} contradict each other: .${ending} is ${named}; leave --format out, or end the file as ${asked} does`,
      );
    }
    return asked;
  }
  if (named) return named;
  const endings = Object.keys(byEnding).map((known) => `.${known}`);
  throw new UsageError(`${output}: .${ending} says no format: end it in ${endings.join(', ')}, or give --format`);
}

/** Text and binary are told apart by their content: word2vec's endings are used for both. */
function kindOf(format: EmbeddingFormat): string {
  return format.replace('-binary', '');
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
