/**
 * Exact nearest neighbours by cosine among any number of pairs that come block by block, in memory proportional to one
 * block: only the best of each query are kept.
 */
import { checkCount } from '../encoder/option-error.ts';
import type { VectorBlock } from '../formats/vector-block.ts';
import { pairKey } from '../pair/pair-key.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { BestPairs, type ScoredPair } from './best-pairs.ts';
import type { PairVector } from './index-question.ts';

export interface NeighbourOptions {
  /** Neighbours a query. Default 10. */
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `done` pairs were compared. */
  readonly onProgress?: ((event: { readonly kind: 'neighbours'; readonly done: number }) => void) | undefined;
}

/**
 * The `top` pairs with the greatest cosine (`score`) to each query, best first; of equals, the first in the stream. The pair of the
 * query is left out, and a pair that occurs several times counts once.
 *
 * @throws OptionError for a `top` below 1; RangeError for a query or block of another dimension, a vector that is zero or not
 *   finite; the signal's reason when aborted
 */
export async function nearestNeighbours(
  queries: readonly PairVector[],
  blocks: AsyncIterable<VectorBlock> | Iterable<VectorBlock>,
  { top = 10, signal, onProgress }: NeighbourOptions = {},
): Promise<ScoredPair[][]> {
  checkCount('top', top);
  const searches = queries.map(({ pair, vector }) => ({
    unit: unitVector(pair, vector),
    ownKey: pairKey(pair),
    best: new BestPairs<ScoredPair>(top),
  }));
  let done = 0;
  for await (const { pairs, data, shape } of blocks) {
    signal?.throwIfAborted();
    const dimension = shape[1];
    for (const [row, pair] of pairs.entries()) {
      const start = row * dimension;
      const norm = normOf(data, start, dimension);
      if (!(norm > 0 && norm < Number.POSITIVE_INFINITY)) throw uselessVector(`pair ${done + row + 1},`, pair);
      for (const { unit, ownKey, best } of searches) {
        if (unit.length !== dimension) {
          throw new RangeError(`a query has ${unit.length} dimensions, the pair vectors have ${dimension}`);
        }
        let product = 0;
        for (let d = 0; d < dimension; d++) product += (unit[d] as number) * (data[start + d] as number);
        const score = Math.min(1, Math.max(-1, product / norm)); // rounding goes beyond
        // Only the few pairs that may enter need a key.
        if (!best.admits(score)) continue;
        if (pairKey(pair) !== ownKey) best.add({ pair, score });
      }
    }
    done += pairs.length;
    onProgress?.({ kind: 'neighbours', done });
  }
  return searches.map(({ best }) => best.sorted());
}

function unitVector(pair: WordPair, vector: Float32Array): Float64Array {
  const norm = normOf(vector, 0, vector.length);
  if (!(norm > 0 && norm < Number.POSITIVE_INFINITY)) throw uselessVector('the query', pair);
  return Float64Array.from(vector, (value) => value / norm);
}

function uselessVector(what: string, pair: WordPair): RangeError {
  return new RangeError(`the vector of ${what} ${pairText(pair)} is all zeros, or holds a value that is not finite`);
}

function normOf(data: Float32Array, start: number, dimension: number): number {
  let squares = 0;
  for (let d = start; d < start + dimension; d++) squares += (data[d] as number) ** 2;
  return Math.sqrt(squares);
}
