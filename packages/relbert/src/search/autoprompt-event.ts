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
      /** Loss of the first prompt; undefined if the search resumes after an iteration. */
      readonly loss: number | undefined;
      readonly validation: number | undefined;
      /** Distinct training prompts, and triples among them. */
      readonly pairs: number;
      readonly triples: number;
    }
  /** Candidates have seen `batch` of `batches` parts of the training set; `running` of them are still in the race. */
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
  /** The new token and its id; undefined without improvement. */
  readonly token: string | undefined;
  readonly id: number | undefined;
  /** Validation loss of the new prompt; undefined without improvement or held-out pairs. */
  readonly validation: number | undefined;
  readonly text: string;
  /** Prompts encoded for candidates; `exhaustive`: every candidate on every pair. */
  readonly encoded: number;
  readonly exhaustive: number;
  readonly seconds: number;
}
