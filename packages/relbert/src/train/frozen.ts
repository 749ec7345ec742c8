import type { EncoderGraph } from '../models/encoder.ts';
import type { Stage } from '../models/parameter.ts';

export interface FreezeOptions {
  /** Freeze the embedding tables and what stands between them and the layers. Default false. */
  readonly embeddings?: boolean;
  /** Freeze this many of the lowest layers, the embeddings, and what the layers share. Default 0. */
  readonly layers?: number;
}

/**
 * Names of the weights that are trained. No gradient is computed for the others. Weights that a frozen and a trained
 * layer share (ALBERT) are trained.
 *
 * @throws RangeError where the model has fewer layers, or every weight would be frozen.
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
    // Training anything below a frozen layer would need gradients through that layer.
    return layers > 0 ? stage !== 'output' : embeddings && stage === 'embeddings';
  };
  const trained = graph.stored.filter(({ stages }) => ![...stages].every(isFrozen));
  if (trained.length === 0) throw new RangeError('every weight is frozen: there is nothing to train');
  return new Set(trained.map(({ name }) => name));
}
