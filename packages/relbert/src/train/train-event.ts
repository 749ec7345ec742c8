import type { TensorValue } from '../runtime/session.ts';

/** What happens during a training run, in the order in which it happens. */
export type TrainEvent =
  | StartEvent
  | StepEvent
  | ValidationEvent
  | CheckpointEvent
  /** Validation has not become better for as long as `patience` says: the run ends here. */
  | { readonly kind: 'early-stop'; readonly step: number; readonly patience: number }
  | DoneEvent;

export interface StartEvent {
  readonly kind: 'start';
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps already taken, from a checkpoint; 0 for a new run. */
  readonly step: number;
  /** The run came to its end before: `done` follows at once. */
  readonly finished: boolean;
  /** Numbers that are trained. */
  readonly trainedParameters: number;
  /** Numbers of the encoder and the head, frozen ones included. */
  readonly parameters: number;
}

export interface StepEvent {
  readonly kind: 'step';
  /** Steps taken, this one included. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Each loss of the sum, without its weight. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Euclidean norm of all gradients, before clipping. */
  readonly gradientNorm: number;
  /** Distinct prompts encoded. */
  readonly prompts: number;
  readonly seconds: number;
}

export interface ValidationEvent {
  readonly kind: 'validation';
  /** Steps taken. */
  readonly step: number;
  /** By name: `loss`, and what the validations given report (`u2`, `google`, `mean` …). */
  readonly figures: Readonly<Record<string, number>>;
  /** The figure that decides which weights are best, and its value. */
  readonly metric: string;
  readonly value: number;
  /** Better than all before. */
  readonly best: boolean;
  readonly seconds: number;
}

export interface CheckpointEvent {
  readonly kind: 'checkpoint';
  readonly step: number;
  /** `last`: everything to go on from; `best`: the weights with the best validation. */
  readonly which: 'last' | 'best';
}

export interface DoneEvent {
  readonly kind: 'done';
  /** Steps taken. */
  readonly step: number;
  /** Seconds of steps and validations, those before a resumption included. */
  readonly seconds: number;
  /** Step that the weights are from: the best one where there is validation, else the last. */
  readonly weightsFrom: number;
  /** The encoder's weights by name in the base model, frozen ones included. */
  readonly weights: ReadonlyMap<string, TensorValue & { readonly data: Float32Array }>;
  /** The validation that `weightsFrom` had. */
  readonly best: { readonly step: number; readonly metric: string; readonly value: number } | undefined;
}
