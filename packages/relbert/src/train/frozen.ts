import { type Architecture, storedParameters } from '../models/architecture.ts';

export interface FreezeOptions {
  /** Freeze the embedding tables and their normalisation. Default false. */
  readonly embeddings?: boolean;
  /** Freeze this many layers from below, and with them the embeddings' projection and relative positions. Default 0. */
  readonly layers?: number;
}

/**
 * Names of the weights that are trained. No gradient is computed for the others. Weights that a frozen and a trained
 * layer share (ALBERT) are trained.
 *
 * Throws RangeError where there are not so many layers, or nothing is left to train.
 */
export function trainedWeights(
  architecture: Architecture,
  { embeddings = false, layers = 0 }: FreezeOptions = {},
): ReadonlySet<string> {
  if (!Number.isInteger(layers) || layers < 0 || layers > architecture.layers.length) {
    throw new RangeError(`there are ${architecture.layers.length} layers to freeze, got ${layers}`);
  }
  const { word, position, tokenType, norm, projection } = architecture.embeddings;
  const frozen = new Set<string>();
  const freeze = (...parts: ({ readonly name: string } | undefined)[]) => {
    for (const part of parts) if (part) frozen.add(part.name);
  };
  // Below a frozen layer everything would have to be trained through it.
  if (embeddings || layers > 0) {
    freeze(word, position, tokenType, norm.weight, norm.bias, projection?.weight, projection?.bias);
  }
  for (const layer of architecture.layers.slice(0, layers)) {
    for (const { weight, bias } of Object.values(layer)) freeze(weight, bias);
  }
  if (layers > 0) freeze(architecture.relativeBias);
  for (const layer of architecture.layers.slice(layers)) {
    for (const { weight, bias } of Object.values(layer)) {
      frozen.delete(weight.name);
      frozen.delete(bias.name);
    }
  }
  const trained = storedParameters(architecture).filter(({ name }) => !frozen.has(name));
  if (trained.length === 0) throw new RangeError('every weight is frozen: nothing is left to train');
  return new Set(trained.map(({ name }) => name));
}
