import type { EncoderGraph } from '../models/encoder.ts';
import type { Stage } from '../models/parameter.ts';

export interface FreezeOptions {
  /** Freeze the embedding tables and what stands between them and the layers. Default false. */
  readonly embeddings?: boolean;
  /** Freeze this many layers from below, and with them the embeddings and what the layers share. Default 0. */
  readonly layers?: number;
}

/**
 * Names of the weights that are trained. No gradient is computed for the others. Weights that a frozen and a trained
 * layer share (ALBERT) are trained.
 *
 * @throws RangeError where there are not so many layers, or nothing is left to train.
 */
export function trainedWeights(
  graph: Pick<EncoderGraph, 'stored' | 'layers'>,
  { embeddings = false, layers = 0 }: FreezeOptions = {},
): ReadonlySet<string> {
  if (!Number.isInteger(layers) || layers < 0 || layers > graph.layers) {
    throw new RangeError(`there are ${graph.layers} layers to freeze, got ${layers}`);
  }
  const isFrozen = (stage: Stage): boolean => {
    if (typeof stage === 'number') return stage < layers;
    // Below a frozen layer everything would have to be trained through it.
    return layers > 0 ? stage !== 'output' : embeddings && stage === 'embeddings';
  };
  const trained = graph.stored.filter(({ stages }) => ![...stages].every(isFrozen));
  if (trained.length === 0) throw new RangeError('every weight is frozen: nothing is left to train');
  return new Set(trained.map(({ name }) => name));
}
