import type { RelationSet } from '../data/relation-set.ts';
import type { Pooling } from '../encoder/pooling.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { StoredWeights } from '../models/weights.ts';
import type { Runtime } from '../runtime/session.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type TripletBatch, tripletBatches } from './triplet-batch.ts';

/** The language model of a prompt to be found; its weights do not change. */
export interface PromptModel {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly tokenizer: Tokenizer;
  readonly pooling: Pooling;
  /** Most tokens of a prompt. Default: the model's limit. */
  readonly maxLength?: number;
}

/** The loss of a triple: max(0, d(a, p) − d(a, n) + margin) (paper, section 3.3). */
export interface HingeOptions {
  /** ε. Default 1, as in the paper. */
  readonly margin?: number | undefined;
  /** Default 'euclidean', as in the paper; 'cosine' is 1 − cos, which needs a margin well below 1. */
  readonly distance?: 'euclidean' | 'cosine' | undefined;
}

/** What decides how good a prompt is. */
export interface PromptProblem extends HingeOptions {
  readonly model: PromptModel;
  /** Relations to search with. */
  readonly relations: readonly RelationSet[];
  /** Relations whose loss chooses among the prompts. Empty: the training loss does. */
  readonly validation: readonly RelationSet[];
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  readonly seed: number;
  /** Fewest relations of a batch, if there are that many. Default: see the two methods. */
  readonly relationsPerBatch?: number | undefined;
}

/** Seed of the validation triples, the same for each seed of a run: losses of different runs can be compared. */
const validationSeed = 1;

/** Triples of held-out pairs: the same for every run on the same relations. */
export function validationBatches(relations: readonly RelationSet[]): TripletBatch[] {
  return relations.length === 0 ? [] : tripletBatches({ relations, seed: validationSeed });
}

/** Most tokens of a prompt. */
export function promptLimit({ config, tokenizer, maxLength }: PromptModel): number {
  return maxLength ?? Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength);
}
