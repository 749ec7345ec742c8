import type { Json } from '../train/configuration.ts';

/** Where a search stands: with options and seed it decides everything that follows. */
export interface SearchState {
  readonly configuration: Json;
  /** Iterations done. */
  readonly iteration: number;
  readonly triggers: readonly number[];
  /** Trigger positions that were tried since the last improvement, without one. */
  readonly tried: readonly number[];
  /** The best prompt so far by the loss that chooses. */
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
  /** The same over those of held-out pairs; undefined where there are none. */
  readonly validation?: number;
}

/** Keeps the state of a search. Writing must be atomic. */
export interface SearchStore {
  save(state: SearchState): Promise<void>;
  load(): Promise<SearchState | undefined>;
}
