import type { Pooling } from '../encoder/pooling.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { StoredWeights } from '../models/weights.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { Prompt } from '../prompt/prompt.ts';
import type { TrainingBatch } from './batch.ts';

/** The language model to train, with the prompt and the pooling that make it a relation encoder. */
export interface TrainingModel {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly prompt: Prompt;
  readonly pooling: Pooling;
  /** Most tokens of a prompt. Default: the model's limit. */
  readonly maxLength?: number | undefined;
}

/** A larger encoder whose similarities the loss 'similarity' teaches. */
export interface Teacher {
  /** Length of its embeddings: E. */
  readonly dimension: number;
  /** Its embeddings [n, E] of pairs, in their order. */
  embeddings(pairs: readonly WordPair[]): Promise<Float32Array>;
}

/** Embeddings [n, D] of pairs, in their order, with the current weights and without dropout. */
export type PairEncoder = (
  pairs: readonly WordPair[],
) => Promise<{ readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] }>;

export interface Validation {
  /** Batches whose mean loss is the figure `loss`. */
  readonly batches?: readonly TrainingBatch[] | undefined;
  /** Further figures by name, higher is better: accuracies of analogy questions. */
  readonly figures?: ((encode: PairEncoder) => Promise<Readonly<Record<string, number>>>) | undefined;
}
