import type { TensorValue } from '../runtime/session.ts';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The best validation so far. */
export interface BestValidation {
  readonly step: number;
  readonly value: number;
}

/** Where a run stands: what, with the weights, the moments and the configuration, decides everything that follows. */
export interface Progress {
  /** Steps taken. The sampler and all generators are functions of the seed and the step. */
  readonly step: number;
  readonly seconds: number;
  readonly best: BestValidation | undefined;
  /** Validations since the best one. */
  readonly waited: number;
  /** The step after which the run was last validated and written down because it was time. */
  readonly checked: number;
  /** Micro-batches that the last batch was cut into. */
  readonly microBatches: number;
  /** Losses that the watch for explosions goes by. */
  readonly losses: readonly number[];
  readonly finished: boolean;
}

/** All that a checkpoint holds. */
export interface TrainingState {
  readonly configuration: Json;
  readonly progress: Progress;
  /** `weight.<name>`, and in the last checkpoint `first.<name>`, `second.<name>` and `average.<name>`. */
  readonly tensors: ReadonlyMap<string, TensorValue & { readonly data: Float32Array }>;
}

/** Where checkpoints are kept. Writing must be atomic: a process killed in between leaves the former checkpoint. */
export interface TrainingStore {
  save(which: 'last' | 'best', state: TrainingState): Promise<void>;
  /** undefined: none was written. */
  load(which: 'last' | 'best'): Promise<TrainingState | undefined>;
}

/** A checkpoint of another configuration; the message shows each difference. */
export class ConfigurationMismatchError extends Error {
  override readonly name = 'ConfigurationMismatchError';
  readonly differences: readonly string[];

  constructor(differences: readonly string[]) {
    super(
      `the checkpoint was written by a run with other settings, so it cannot be resumed with these:\n${differences
        .map((difference) => `  ${difference}`)
        .join('\n')}\nrepeat the settings of that run, or start anew in another folder`,
    );
    this.differences = differences;
  }
}

/** `path: was 1, now 2` for each place where two configurations differ. */
export function configurationDifferences(before: Json | undefined, now: Json | undefined, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => configurationDifferences(before[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length) {
    return before.flatMap((item, i) => configurationDifferences(item as Json, now[i] as Json, `${path}[${i}]`));
  }
  return JSON.stringify(before) === JSON.stringify(now) ? [] : [`${path}: was ${shown(before)}, now ${shown(now)}`];
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'not given' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
