import type { RelationSet } from '../data/relation-set.ts';
import type { Pooling } from '../encoder/pooling.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { StoredWeights } from '../models/weights.ts';
import type { Runtime } from '../runtime/session.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { HingeOptions } from './hinge.ts';
import { type TripletBatch, tripletBatches } from './triplet-batch.ts';

/** The language model that a prompt is looked for. It stays as it is. */
export interface PromptModel {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly tokenizer: Tokenizer;
  readonly pooling: Pooling;
  /** Tokens that a prompt may have. Default: what the model takes. */
  readonly maxLength?: number;
}

/** What a prompt is judged by. */
export interface PromptProblem extends HingeOptions {
  readonly model: PromptModel;
  /** Relations to search with. */
  readonly relations: readonly RelationSet[];
  /** Relations whose loss chooses among the prompts found. Empty: the training loss does. */
  readonly validation: readonly RelationSet[];
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  readonly seed: number;
  /** Relations that one batch has at least, where there are so many. Default: see the two methods. */
  readonly relationsPerBatch?: number;
}

/** Seed of the validation triples, the same whatever the run's seed: losses of different runs can be compared. */
const validationSeed = 1;

/** Triples of held-out pairs: the same for every run on the same relations. */
export function validationBatches(relations: readonly RelationSet[]): TripletBatch[] {
  return relations.length === 0 ? [] : tripletBatches({ relations, seed: validationSeed });
}

/** Tokens that a prompt may have. */
export function promptLimit({ config, tokenizer, maxLength }: PromptModel): number {
  return maxLength ?? Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength);
}
