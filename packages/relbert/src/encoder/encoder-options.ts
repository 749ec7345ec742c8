import type { DeviceChoice } from '../runtime/device.ts';
import type { RelationModelOptions } from './language-model.ts';

/** Precisions of the computation. */
export const dtypes = ['f32', 'int8', 'stored'] as const;

export type Dtype = (typeof dtypes)[number];

/**
 * Where time counts more than the last digits. Processors compute 8-bit products two to three times as fast as those of
 * f32; runtimes for graphics processors mostly lack them.
 */
export function fastDtype(device: DeviceChoice = 'auto'): Dtype {
  return ['auto', 'cpu', 'wasm'].includes(device) ? 'stored' : 'f32';
}

/** Settings of an encoder that do not depend on where its files come from. */
export interface EncoderOptions extends RelationModelOptions {
  /** Tokens that a prompt may have, special tokens included. Default: what the model takes. */
  readonly maxLength?: number | undefined;
  /** Padded tokens a batch. Default 512. */
  readonly batchTokens?: number | undefined;
  /**
   * `int8`: 8-bit matrix products, faster and less exact. `stored`: those where the checkpoint has its weights, and the
   * ranges of their inputs, in 8 bits, else `f32`. Default `f32`; in a browser, on WebAssembly, `stored`.
   */
  readonly dtype?: Dtype | undefined;
  /** Threads of the runtime. Default: its choice. */
  readonly threads?: number | undefined;
  /** Loads sooner and encodes more slowly: for a handful of pairs. Default false. */
  readonly quickStart?: boolean | undefined;
  /** Divide each embedding by its Euclidean norm. Default false. */
  readonly normalize?: boolean | undefined;
  /** Ends the loading alone, after the step that it is at; what was made by then is freed. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of {@link EncoderOptions}, for entries that refuse what they do not know. */
export const encoderOptionNames: Readonly<Record<keyof EncoderOptions, true>> = {
  ...{ template: true, prompt: true, pooling: true, maxLength: true, batchTokens: true },
  ...{ dtype: true, threads: true, quickStart: true, normalize: true, signal: true },
};
