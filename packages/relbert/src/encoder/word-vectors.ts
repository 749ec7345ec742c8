/** @file Vectors of single words, without a forward pass: what a language model looks up for their tokens. */
import { buildEncoder } from '../models/encoder.ts';
import { resolveWeightNames } from '../models/weights.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { normalizeRows } from './embeddings.ts';
import type { LanguageModel } from './language-model.ts';

/**
 * The mean of the input embeddings of a word's tokens, the mean over all tokens taken off, of length 1: float32 [n, E].
 * A word without tokens has zeros.
 *
 * @throws the signal's reason when aborted
 */
export async function tokenVectors(
  model: Pick<LanguageModel, 'config' | 'weights' | 'tokenizer'>,
  words: readonly string[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly data: Float32Array; readonly dimension: number }> {
  const { config, weights, tokenizer } = model;
  const table = buildEncoder(config).lookups[0]?.table;
  const stored = table && resolveWeightNames(config, weights).get(table.name);
  if (!table || stored === undefined) throw new RangeError(`${config.modelType} has no word embeddings`);
  const { data: rows } = await weights.get(stored);
  // Large vocabularies and lists take seconds.
  const turn = eventLoopTurns(50);
  const dimension = table.shape[1] as number;
  const data = new Float32Array(words.length * dimension);
  const mean = new Float64Array(dimension);
  for (let row = 0; row < rows.length; row += dimension) {
    if (row % (1024 * dimension) === 0) {
      await turn();
      signal?.throwIfAborted();
    }
    for (let d = 0; d < dimension; d++) mean[d] = (mean[d] as number) + (rows[row + d] as number);
  }
  for (let d = 0; d < dimension; d++) mean[d] = (mean[d] as number) / (rows.length / dimension);
  for (const [at, word] of words.entries()) {
    if (at % 256 === 0) {
      await turn();
      signal?.throwIfAborted();
    }
    // A space before it, as in the middle of a sentence.
    const ids = tokenizer.encode(` ${word}`).ids.filter((id) => !tokenizer.special.all.has(id));
    if (ids.length === 0) continue;
    for (let d = 0; d < dimension; d++) {
      const sum = ids.reduce((total, id) => total + (rows[id * dimension + d] as number), 0);
      data[at * dimension + d] = sum / ids.length - (mean[d] as number);
    }
  }
  normalizeRows(data, dimension);
  return { data, dimension };
}
