import type { TriggerSpec } from '../prompt/spec.ts';
import type { MeasuringEvent } from '../train/pass.ts';
import type { FoundPrompt } from './search-state.ts';

export type AutopromptEvent =
  | MeasuringEvent
  | {
      readonly kind: 'start';
      /** Iterations done before, from the store. */
      readonly iteration: number;
      readonly iterations: number;
      readonly finished: boolean;
      readonly text: string;
      /** Of the prompt that the search starts from; undefined where it goes on after an iteration from the store. */
      readonly loss: number | undefined;
      readonly validation: number | undefined;
      /** Distinct training prompts, and triples among them. */
      readonly pairs: number;
      readonly triples: number;
    }
  /** Candidates have seen `batch` of `batches` parts of the training set; `running` of them are left. */
  | {
      readonly kind: 'screening';
      readonly iteration: number;
      readonly batch: number;
      readonly batches: number;
      readonly running: number;
    }
  | IterationEvent
  /** No candidate at any position is better: the search ends before its last iteration. */
  | { readonly kind: 'converged'; readonly iteration: number }
  | {
      readonly kind: 'done';
      readonly iteration: number;
      readonly seconds: number;
      readonly best: FoundPrompt;
      readonly spec: TriggerSpec;
      readonly text: string;
    };

export interface IterationEvent {
  readonly kind: 'iteration';
  /** From 1. */
  readonly iteration: number;
  /** The trigger that was looked at, from 0. */
  readonly position: number;
  /** Loss before, on the training triples. */
  readonly before: number;
  /** Loss after. */
  readonly loss: number;
  readonly improved: boolean;
  /** The token that is new, and its id; undefined without improvement. */
  readonly token: string | undefined;
  readonly id: number | undefined;
  /** Validation loss of a prompt that is new. */
  readonly validation: number | undefined;
  readonly text: string;
  /** Prompts encoded for candidates, and what it would have been for all of them on all pairs. */
  readonly encoded: number;
  readonly exhaustive: number;
  readonly seconds: number;
}
