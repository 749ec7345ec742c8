import type { EncoderConfig } from '../models/config.ts';
import { architectureOf } from '../models/encoder.ts';

/** A tensor by its name in the base model. */
export interface TrainedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Takes a soft prompt out of the weights of a run: its vectors [count, E] were trained as rows behind those of the word
 * embeddings.
 *
 * @param size Numbers of the vectors; 0: there is no soft prompt, and the weights come back as they are
 */
export function splitSoftPrompt(
  weights: ReadonlyMap<string, TrainedWeight>,
  config: EncoderConfig,
  size: number,
): { readonly weights: ReadonlyMap<string, TrainedWeight>; readonly vectors: Float32Array | undefined } {
  if (size === 0) return { weights, vectors: undefined };
  const { name, shape } = architectureOf(config).embeddings.word;
  const table = weights.get(name)?.data;
  const own = shape.reduce((product, dimension) => product * dimension, 1);
  if (table?.length !== own + size) {
    throw new RangeError(`'${name}' should hold ${own} numbers and a soft prompt of ${size}, it has ${table?.length}`);
  }
  return {
    weights: new Map([...weights, [name, { shape, data: table.slice(0, own) }]]),
    vectors: table.slice(own),
  };
}
