import type { EncodeEvent } from '../encoder/relation-encoder.ts';
import type { AnalogySet } from '../evaluate/analogy.ts';
import type { HubOptions } from '../node/hub/hub.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import type { CheckpointName } from '../train/training-state.ts';

/** The inputs of a run and its output. */
export interface DistillOptions {
  /** The language model: a folder, a hub id, or id@revision. */
  readonly model: string;
  /** The output folder. */
  readonly output: string;
  readonly recipe: Recipe;
  /** For the model card. Default 'custom'. */
  readonly recipeName?: string | undefined;
  /** A trigger or soft prompt instead of the recipe's template. A soft prompt's vectors are trained too. */
  readonly prompt?: PromptSpec | undefined;
  /** Analogy questions whose mean accuracy decides which weights are kept. Default: the loss of held-out pairs decides. */
  readonly validate?: readonly AnalogySet[] | undefined;
  /** Analogy or relation files whose pairs are left out of the training data, in both orders. */
  readonly excludePairs?: readonly string[] | undefined;
  readonly threads?: number | undefined;
  /** What computes. Default `auto`. */
  readonly device?: DeviceChoice | undefined;
  readonly hub?: HubOptions | undefined;
  /** Go on with the run in the output folder; 'last', 'best': from this checkpoint alone, where the other is damaged. */
  readonly resume?: boolean | CheckpointName | undefined;
  /** Replace an output folder that exists. */
  readonly overwrite?: boolean | undefined;
  /** Type of the saved weights. Default 'f32'. */
  readonly dtype?: 'f32' | 'f16' | undefined;
  /** Called for header lines and relations that the readers of the data skip. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** While the teacher encodes the pairs. */
  readonly onTeacher?: ((event: EncodeEvent) => void) | undefined;
}
