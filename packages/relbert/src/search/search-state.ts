import type { Json } from '../train/configuration.ts';

/** The state of a search. With options and seed it decides everything that follows. */
export interface SearchState {
  readonly configuration: Json;
  /** Iterations done. */
  readonly iteration: number;
  readonly triggers: readonly number[];
  /** Trigger positions tried since the last improvement. */
  readonly tried: readonly number[];
  /** The best prompt so far by validation loss, or by training loss without held-out pairs. */
  readonly best: FoundPrompt;
  readonly seconds: number;
  readonly finished: boolean;
}

/** A prompt with its losses. */
export interface FoundPrompt {
  readonly iteration: number;
  readonly triggers: readonly number[];
  /** Mean triplet loss over the training triples. */
  readonly loss: number;
  /** Mean triplet loss over held-out triples; undefined without held-out pairs. */
  readonly validation?: number;
}

/** Keeps the state of a search. Writing must be atomic. */
export interface SearchStore {
  save(state: SearchState): Promise<void>;
  load(): Promise<SearchState | undefined>;
}
