/** Finds new pairs of a relation that a few pairs show, among any number of pairs. */
import { checkCount } from '../encoder/option-error.ts';
import type { VectorBlock } from '../formats/vector-block.ts';
import { pairKey } from '../pair/pair-key.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { Runtime } from '../runtime/session.ts';
import { BestPairs, type ScoredPair } from './best-pairs.ts';
import { IndexError } from './error.ts';
import type { PairVector } from './index-question.ts';
import { exampleCosines, MiningQuestion } from './mining-question.ts';
import { unitVector } from './unit-vector.ts';
import { whiteningOf } from './whitening.ts';

/** Candidates with their vectors: a `RelationIndex`, or anything that can be read from its beginning. */
export interface MiningPool {
  /** The vectors of about `count` pairs spread over all of them, or of all where they are fewer: float32 [n, D]. */
  sample(count: number, options: { readonly signal?: AbortSignal | undefined }): Promise<Float32Array>;
  /** All pairs, block by block. */
  blocks(options: { readonly signal?: AbortSignal | undefined }): AsyncIterable<VectorBlock>;
}

export interface MineOptions {
  /** Whitens and compares. */
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  /** Pairs that are found. Default 100. */
  readonly top?: number | undefined;
  /** Pairs that look like the relation and are not: they lower the score of what is like them. */
  readonly not?: readonly PairVector[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `done` candidates were compared. */
  readonly onProgress?: ((event: { readonly kind: 'mining'; readonly done: number }) => void) | undefined;
}

export interface MinedPair extends ScoredPair {
  /** About the cosine to the nearest seeds in the whitened space, at most 1; less what is like a counter-example. */
  readonly score: number;
  /** The seed that is nearest. */
  readonly seed: WordPair;
}

/** Candidates that whitening is learned from. */
const sampled = 10_000;
/** Candidates that are compared at once. */
const comparedAtOnce = 4096;

/**
 * The `top` candidates that are most like the seeds, best first; of equals, the first. Seeds and counter-examples are left
 * out, and a candidate that occurs several times counts once. Memory does not grow with the number of candidates.
 *
 * @throws OptionError for a `top` below 1; IndexError for no seed, vectors of different dimensions, of zeros or not finite; the signal's reason when aborted
 */
export async function minePairs(
  seeds: readonly PairVector[],
  pool: MiningPool,
  options: MineOptions,
): Promise<MinedPair[]> {
  const { top = 100, not = [], signal, onProgress } = options;
  if (seeds.length === 0) throw new IndexError('mining needs a seed: a pair of the relation');
  checkCount('top', top);
  const turn = eventLoopTurns();
  const examples = [...seeds, ...not];
  const dimension = seeds[0]?.vector.length ?? 0;
  const vectors = new Float32Array(examples.length * dimension);
  for (const [i, { vector }] of examples.entries()) {
    if (vector.length !== dimension) throw otherDimension(dimension, vector.length);
    vectors.set(vector, i * dimension);
  }
  const sample = await pool.sample(sampled, { signal });
  if (sample.length === 0) return [];
  if (sample.length % dimension !== 0) throw otherDimension(dimension);
  await using whitening = await whiteningOf(unitRows(sample, dimension), dimension, options);
  const whitened = await whitening.apply(unitRows(vectors, dimension, examples));
  await using cosinesWith = await exampleCosines(whitened, dimension, options);
  const question = await MiningQuestion.of(await cosinesWith.apply(whitened), seeds.length, signal);
  const without = new Set(examples.map(({ pair }) => pairKey(pair)));
  const best = new BestPairs<MinedPair>(top);
  let done = 0;
  for await (const { pairs, data, shape } of pool.blocks({ signal })) {
    if (shape[1] !== dimension) throw otherDimension(dimension, shape[1]);
    for (let first = 0; first < pairs.length; first += comparedAtOnce) {
      signal?.throwIfAborted();
      const some = pairs.slice(first, first + comparedAtOnce).map((pair) => ({ pair }));
      const rows = data.subarray(first * dimension, (first + some.length) * dimension);
      const cosines = await cosinesWith.apply(await whitening.apply(unitRows(rows, dimension, some)));
      for (const [i, { pair }] of some.entries()) {
        const own = cosines.subarray(i * examples.length, (i + 1) * examples.length);
        const score = question.score(own);
        if (!best.admits(score) || without.has(pairKey(pair))) continue;
        const nearest = own.subarray(0, seeds.length);
        const seed = (seeds[nearest.indexOf(Math.max(...nearest))] as PairVector).pair;
        best.add({ pair, score, seed });
      }
      done += some.length;
      onProgress?.({ kind: 'mining', done });
      await turn();
    }
  }
  return best.sorted();
}

/** Rows of length 1. @throws IndexError naming the pair whose vector has no direction */
export function unitRows(
  data: Float32Array,
  dimension: number,
  pairs: readonly { readonly pair: WordPair }[] = [],
): Float32Array {
  const rows = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += dimension) {
    const pair = pairs[at / dimension]?.pair;
    const name = (): string => (pair ? pairText(pair) : 'a candidate');
    rows.set(unitVector(data.subarray(at, at + dimension), name), at);
  }
  return rows;
}

function otherDimension(expected: number, got?: number): IndexError {
  const found = got === undefined ? 'the candidates have another' : `another vector has ${got}`;
  return new IndexError(`a seed has ${expected} dimensions, ${found}: vectors of two models cannot be compared`);
}
