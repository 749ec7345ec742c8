import type { EncoderConfig } from '../models/config.ts';
import { parameterCount, storedParameters } from '../models/encoder.ts';

/** A tensor by its name in the base model. */
export interface TrainedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Takes a soft prompt out of the weights of a run: its vectors [count, E] were trained as rows after those of the word
 * embeddings.
 *
 * @param size Numbers of the vectors; 0: there is no soft prompt, and the weights are returned unchanged
 */
export function splitSoftPrompt(
  weights: ReadonlyMap<string, TrainedWeight>,
  config: EncoderConfig,
  size: number,
): { readonly weights: ReadonlyMap<string, TrainedWeight>; readonly vectors: Float32Array | undefined } {
  if (size === 0) return { weights, vectors: undefined };
  const words = storedParameters(config).slice(0, 1);
  const { name = '', shape = [] } = words[0] ?? {};
  const table = weights.get(name)?.data;
  const count = parameterCount(words);
  if (table?.length !== count + size) {
    throw new RangeError(
      `'${name}' should hold ${count} numbers and a soft prompt of ${size}, it has ${table?.length}`,
    );
  }
  return {
    weights: new Map([...weights, [name, { shape, data: table.slice(0, count) }]]),
    vectors: table.slice(count),
  };
}
