import { formatTrainPairs, type RelationSet } from '../data/relation-set.ts';
import { splitRelations } from '../data/split.ts';
import type { Checkpoint } from '../encoder/checkpoint.ts';
import { poolingOf } from '../encoder/language-model.ts';
import { OptionError } from '../encoder/option-error.ts';
import type { Pooling } from '../encoder/pooling-table.ts';
import type { HubOptions } from '../node/hub/hub.ts';
import { openModel } from '../node/open-model.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import type { Json } from '../train/configuration.ts';
import type { PromptModel } from '../train/prompt-problem.ts';
import { fingerprint } from './fingerprint.ts';
import { readTrainingData } from './read-data.ts';

/** Language model and data of a prompt: the same for search, tuning and comparison. */
export interface PromptDataOptions {
  /** The language model: a folder, a hub id, or id@revision. */
  readonly model: string;
  /** Default: the model's, or average_no_mask. */
  readonly pooling?: Pooling | undefined;
  /** `semeval2012` (default), files of relations, folders of ratings: as `relbert distill --data`. */
  readonly data?: readonly string[] | undefined;
  readonly excludeRelations?: readonly string[] | undefined;
  /** Analogy or relation files whose pairs are left out, in both orders. */
  readonly excludePairs?: readonly string[] | undefined;
  /** SemEval: pairs with the highest and lowest ratings. Default 10 each. */
  readonly top?: number | undefined;
  readonly bottom?: number | undefined;
  /**
   * Share of the pairs kept for the validation loss. Default 0.2; the same pairs that `relbert distill` holds out, without
   * those that another relation trains on.
   */
  readonly validationShare?: number | undefined;
  readonly threads?: number | undefined;
  /** What computes. Default `auto`. */
  readonly device?: DeviceChoice | undefined;
  readonly hub?: HubOptions | undefined;
  /** Called for header lines and relations that the readers of the data skip. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PromptData {
  readonly checkpoint: Checkpoint;
  readonly model: PromptModel;
  readonly train: readonly RelationSet[];
  readonly validation: readonly RelationSet[];
  readonly excludedPairs: number;
  /** Model and data, for a run that is resumed. */
  readonly configuration: Json;
}

/** How much was read. */
export interface PromptDataEvent {
  readonly kind: 'data';
  readonly relations: number;
  /** Relations with held-out pairs. */
  readonly validation: number;
  readonly lossOver: LossPairs;
  readonly excludedPairs: number;
}

/** The pairs whose loss says how good a prompt is: the held-out ones, or those of training where none are held out. */
export type LossPairs = 'validation' | 'training';

export function lossPairs({ validation }: Pick<PromptData, 'validation'>): LossPairs {
  return validation.length > 0 ? 'validation' : 'training';
}

export function dataEvent(data: PromptData): PromptDataEvent {
  const { train, validation, excludedPairs } = data;
  const lossOver = lossPairs(data);
  return { kind: 'data', relations: train.length, validation: validation.length, lossOver, excludedPairs };
}

/** Reads language model and relations. @throws CheckpointError, DataError, OptionError */
export async function readPromptData(options: PromptDataOptions): Promise<PromptData> {
  const { data = ['semeval2012'], top = 10, bottom = 10, validationShare = 0.2, excludeRelations = [] } = options;
  if (!(validationShare >= 0 && validationShare < 1)) {
    throw new OptionError(`the validation share should lie in [0, 1), got ${validationShare}`);
  }
  const sources = data.map((source) => ({ source, top, bottom }));
  const read = await readTrainingData(
    { data: sources, excludeRelations: [...excludeRelations] },
    options.excludePairs,
    options.onNotice,
  );
  const relations = [...read.relations.values()].flat();
  const { train, validation } = splitRelations(relations, { validation: validationShare });
  options.signal?.throwIfAborted();

  const language = await openModel(options.model, options.hub);
  const { checkpoint } = language;
  const pooling = poolingOf(language, options.pooling);
  return {
    checkpoint,
    model: { ...language, pooling },
    train,
    validation,
    excludedPairs: read.excludedPairs,
    configuration: {
      model: await fingerprint(checkpoint),
      pooling,
      trainingPairs: await fingerprint(formatTrainPairs(train)),
      validationPairs: await fingerprint(formatTrainPairs(validation)),
    },
  };
}
