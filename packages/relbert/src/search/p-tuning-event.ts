import type { SoftSpec } from '../prompt/spec.ts';
import type { MeasuringEvent } from './pass.ts';

export type PTuningEvent =
  | MeasuringEvent
  | {
      readonly kind: 'start';
      /** Steps taken before, from the store. */
      readonly step: number;
      /** Of them, those up to the last validation. */
      readonly checked: number;
      readonly steps: number;
      readonly finished: boolean;
      /** Numbers that are trained. */
      readonly trainedParameters: number;
      readonly text: string;
    }
  | {
      readonly kind: 'step';
      /** From 1. */
      readonly step: number;
      readonly steps: number;
      /** Of the step's batch, before the step. */
      readonly loss: number;
      readonly gradientNorm: number;
      readonly seconds: number;
    }
  | {
      readonly kind: 'validation';
      /** Steps taken. */
      readonly step: number;
      /** Mean triplet loss over held-out pairs; over the training pairs where there are none. */
      readonly loss: number;
      readonly best: boolean;
    }
  | {
      readonly kind: 'done';
      readonly step: number;
      readonly seconds: number;
      /** The prompt with the lowest validation loss: the network's output, which is all that is needed from here on. */
      readonly spec: SoftSpec;
      readonly best: { readonly step: number; readonly loss: number };
      /** Before the first step. */
      readonly first: number;
      readonly text: string;
    };
