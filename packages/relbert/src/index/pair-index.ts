/** @file What can be asked of an index, wherever its pairs are: in a folder, on a web server, or in a database. */
import type { VectorBlock } from '../formats/vector-block.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { ModelIdentity } from './manifest.ts';

/** A question to an index. */
export interface IndexQuery {
  /** Any length but 0; its direction counts. */
  readonly vector: Float32Array;
  /** The pairs that the vector stands for: they are not among the answers. */
  readonly pairs?: readonly WordPair[] | undefined;
}

export interface IndexSearchOptions {
  /** Answers to each question. Default 10. */
  readonly top?: number | undefined;
  /** A condition on columns, `head` and `tail`: `relation = "hypernym" and head != "dog"`. */
  readonly where?: string | undefined;
  /** Leaves out pairs that share a word with the question's pairs, without regard to case. Default false. */
  readonly distinctWords?: boolean | undefined;
  /** Compares with every pair. Default false. */
  readonly exact?: boolean | undefined;
  /** Lists that are read for a question. Default: 3 √K of the K lists of a segment, about 99.5 % of the nearest ten. */
  readonly probes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IndexNeighbour {
  /** With its further columns, where it has any. */
  readonly pair: WordPair;
  /** Cosine to the question. */
  readonly score: number;
}

/** An index to search: a {@link RelationIndex}, or a table of a database. */
export interface PairIndex extends AsyncDisposable {
  /** The folder, address or table, without a password, for messages. */
  readonly origin: string;
  readonly dimension: number;
  readonly model: ModelIdentity;
  /** Names of further columns. */
  readonly columns: readonly string[];
  /**
   * The pairs with the greatest cosine to each question, best first: fewer than `top` only where no more pass the filter.
   *
   * @throws OptionError for `top` or `probes` below 1 or not whole; IndexError for a vector of another dimension, of zeros or not finite, and for a condition that cannot be read
   */
  search(queries: readonly IndexQuery[], options?: IndexSearchOptions): Promise<IndexNeighbour[][]>;
  /** The unit vector of a pair that is in the index; undefined where it is not. */
  vectorOf(pair: WordPair): Promise<Float32Array | undefined>;
  /** Pairs that a search compares. */
  count(): Promise<number>;
  /** The unit vectors of about `count` pairs spread over all of them, or of all where they are fewer: float32 [n, D]. */
  sample(count: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<Float32Array>;
  /** All pairs with their unit vectors, in constant memory. */
  blocks(options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<VectorBlock>;
}
