import type { MeasuringEvent } from './pass.ts';
import type { FloatTensors } from './task.ts';
import type { BestValidation, CheckpointName } from './training-state.ts';

/** What happens in a training run, in order. */
export type TrainEvent =
  | StartEvent
  | MeasuringEvent
  | StepEvent
  | ValidationEvent
  | CheckpointEvent
  /** `patience` validations in a row were not better: the run ends here. */
  | { readonly kind: 'early-stop'; readonly step: number; readonly patience: number }
  | DoneEvent;

export interface StartEvent {
  readonly kind: 'start';
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps already taken, from a checkpoint; 0 for a new run. */
  readonly step: number;
  /** The step of the last validation that was due; -1: none, and the first comes before the first step. */
  readonly checked: number;
  /** The run had come to its end: `done` follows at once. */
  readonly finished: boolean;
  /** The checkpoint that the run resumes from; 'best': the best weights with new moments of the optimiser. */
  readonly from: 'beginning' | CheckpointName;
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
  /** By name: `loss`, and what the given validations report (`u2`, `google`, `mean` …). */
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
  readonly which: CheckpointName;
}

export interface DoneEvent {
  readonly kind: 'done';
  /** Steps taken. */
  readonly step: number;
  /** Seconds of steps and validations, including those before a resumption. */
  readonly seconds: number;
  /** The step of the weights: the best one where there is validation, else the last. */
  readonly weightsFrom: number;
  /** What the task keeps; of an encoder: its weights by name in the base model, frozen ones included. */
  readonly weights: FloatTensors;
  /** The validation of `weightsFrom`. */
  readonly best: BestValidation | undefined;
  /** Value of the first validation. */
  readonly first: number | undefined;
}
