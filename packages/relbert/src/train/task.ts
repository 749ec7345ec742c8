import type { TensorValue } from '../runtime/session.ts';
import type { OptimisedParameter, ParameterGradient } from './optimiser.ts';
import type { MeasuringEvent } from './pass.ts';

export type FloatTensor = TensorValue & { readonly data: Float32Array };
export type FloatTensors = ReadonlyMap<string, FloatTensor>;

/** A tensor to train: its shape and its values before the first step. */
export interface TrainedParameter extends OptimisedParameter {
  readonly shape: readonly number[];
}

/** What one step gives the optimiser. */
export interface TaskStep {
  readonly loss: number;
  /** Each loss of the sum, without its weight. */
  readonly parts: Readonly<Record<string, number>>;
  readonly gradients: ReadonlyMap<string, ParameterGradient>;
  /** Distinct prompts encoded. */
  readonly prompts: number;
}

/** Validation figures by name. `loss`: lower is better; all others: higher is better. */
export type Figures = Readonly<Record<string, number>>;

/**
 * What the trainer needs to train something: gradients, validation and the result. The trainer does the rest: optimiser,
 * clipping, learning rate, moving average, best weights, checkpoints.
 *
 * Everything is a function of the step and the weights, so that a resumed run gives the same bits.
 */
export interface Task {
  /** Numbers of the whole model, frozen ones included. */
  readonly parameterCount: number;
  /** What to try when the loss diverges, as the end of a sentence. */
  readonly advice: string;
  /** Whether to validate before the first step too. */
  readonly validatesStart: boolean;
  /** Micro-batches of the last step: the next step's depend on it. 0 before the first. */
  microBatches: number;
  /** Loss and gradients of a step, counted from 0. @param weights the trained tensors as they are now */
  step(step: number, weights: FloatTensors): Promise<TaskStep>;
  /** @param weights the trained tensors to validate. @returns undefined where there is nothing to validate with */
  validate(weights: FloatTensors): AsyncGenerator<MeasuringEvent, Figures | undefined>;
  /** The tensors to keep, from the trained ones. */
  result(weights: FloatTensors): Promise<FloatTensors>;
  dispose(): Promise<void>;
}
