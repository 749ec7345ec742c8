/**
 * Mining: how many of the pairs that are found from a few seeds stand in the relation? As in `relbert mine`, beside the
 * baselines of Drozd, Gladkova and Matsuoka ("Word embeddings, analogies, and machine learning: beyond king − man + woman
 * = queen", COLING 2016) on the same candidates.
 */
import { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import { unitRows } from '../index/mining.ts';
import { exampleCosines, MiningQuestion } from '../index/mining-question.ts';
import type { RowMapOptions } from '../index/row-map.ts';
import { whiteningOf } from '../index/whitening.ts';
import { deduplicatePairs, pairKey } from '../pair/pair-key.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';

/** Scores all candidates for sets of seeds (rows of the pool): one list of scores a set. */
export interface MiningMethod {
  readonly name: string;
  scores(seeds: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
}

/** Means over the draws of a relation, or over relations. */
export interface MiningFigures {
  /** Of the first 50 pairs that are found, the share that stands in the relation. */
  readonly precision50: number;
  readonly precision100: number;
  readonly averagePrecision: number;
}

export interface MiningResult extends MiningFigures {
  readonly method: string;
  readonly seeds: number;
  /** Relations with more pairs than seeds. */
  readonly relations: readonly (MiningFigures & { readonly relation: string; readonly pairs: number })[];
}

export interface MiningEvaluationOptions {
  /** Numbers of seeds. Default 5 and 20. */
  readonly seeds?: readonly number[] | undefined;
  /** Times that seeds are drawn for each relation. Default 10. */
  readonly draws?: number | undefined;
  /** Of the draws. Default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((event: { readonly kind: 'mining'; readonly done: number; readonly total: number }) => void)
    | undefined;
}

/**
 * Draws seeds from the pairs of each relation and ranks all other candidates by each method. A relation needs more pairs
 * than seeds; the seeds are the same for all methods. Of equal scores, wrong candidates come first.
 *
 * @param pool Different pairs, those of the relations among them.
 * @throws RangeError where a pair of a relation is not in the pool, or no relation has enough pairs
 */
export async function evaluateMining(
  relations: readonly Pick<RelationSet, 'relation' | 'positives'>[],
  pool: readonly WordPair[],
  methods: readonly MiningMethod[],
  options: MiningEvaluationOptions = {},
): Promise<MiningResult[]> {
  const { seeds = [5, 20], draws = 10, seed = 0, signal, onProgress } = options;
  const rowOf = new Map(pool.map((pair, row) => [pairKey(pair), row]));
  const numbers = [...new Set(seeds)];
  const turn = eventLoopTurns();
  const figures = new Map<string, (MiningResult['relations'][number] | undefined)[]>();
  const total = relations.length * methods.length;
  let done = 0;
  for (const [r, { relation, positives }] of relations.entries()) {
    const rows = positives.map((pair) => {
      const row = rowOf.get(pairKey(pair));
      if (row !== undefined) return row;
      throw new RangeError(`the pair ${pairText(pair)} of '${relation}' is not in the pool`);
    });
    const counts = numbers.filter((count) => count < rows.length);
    const random = new Random(seed * 1_000_003 + r);
    const orders = Array.from({ length: draws }, () => random.shuffle([...rows]));
    for (const method of methods) {
      for (const count of counts) {
        signal?.throwIfAborted();
        const scores = await method.scores(orders.map((order) => order.slice(0, count)));
        const drawn: MiningFigures[] = [];
        for (const [d, order] of orders.entries()) {
          drawn.push(figuresOf(scores[d] as Float32Array, order.slice(0, count), order.slice(count)));
          await turn();
        }
        const key = JSON.stringify([method.name, count]);
        const list = figures.get(key) ?? [];
        figures.set(key, [...list, { relation, pairs: rows.length, ...meanFigures(drawn) }]);
      }
      onProgress?.({ kind: 'mining', done: ++done, total });
    }
  }
  if (figures.size === 0) {
    throw new RangeError(`no relation has more pairs than seeds (${seeds.join(', ')}): take fewer seeds`);
  }
  return methods.flatMap(({ name }) =>
    numbers.flatMap((count) => {
      const own = figures.get(JSON.stringify([name, count])) as MiningResult['relations'] | undefined;
      return own ? [{ method: name, seeds: count, ...meanFigures(own), relations: own }] : [];
    }),
  );
}

/** @param right The candidates that stand in the relation, without the seeds. */
function figuresOf(scores: Float32Array, seeds: readonly number[], right: readonly number[]): MiningFigures {
  const seeded = new Set(seeds);
  const others = scores.filter((_, row) => !seeded.has(row)).sort();
  const rights = Float32Array.from(right, (row) => scores[row] as number).sort();
  // A right candidate comes after the right ones above it and all wrong ones that score as much or more.
  const ranks = Array.from(rights.toReversed(), (score, i) => {
    const wrong = others.length - firstAtLeast(others, score) - (rights.length - firstAtLeast(rights, score));
    return wrong + i + 1;
  });
  const within = (k: number): number => ranks.filter((rank) => rank <= k).length / k;
  const precisions = ranks.map((rank, i) => (i + 1) / rank);
  return {
    precision50: within(50),
    precision100: within(100),
    averagePrecision: precisions.reduce((sum, value) => sum + value, 0) / precisions.length,
  };
}

/** The first place of a sorted list that is not below a value. */
function firstAtLeast(sorted: Float32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function meanFigures(list: readonly MiningFigures[]): MiningFigures {
  const mean = (of: (figures: MiningFigures) => number): number =>
    list.reduce((sum, figures) => sum + of(figures), 0) / list.length;
  return {
    precision50: mean(({ precision50 }) => precision50),
    precision100: mean(({ precision100 }) => precision100),
    averagePrecision: mean(({ averagePrecision }) => averagePrecision),
  };
}

/**
 * `relbert mine`, and the plain cosine to the mean of the seeds beside it.
 * @param vectors float32 [n, D] of the pool, of any length but 0.
 */
export async function relationMethods(
  vectors: Float32Array,
  dimension: number,
  options: RowMapOptions,
): Promise<MiningMethod[]> {
  const units = unitRows(vectors, dimension);
  const rows = units.length / dimension;
  const step = Math.max(1, rows / 10_000);
  const sample = new Float32Array(Math.ceil(rows / step) * dimension);
  for (let i = 0; i * dimension < sample.length; i++) {
    const from = Math.floor(i * step) * dimension;
    sample.set(units.subarray(from, from + dimension), i * dimension);
  }
  await using whitening = await whiteningOf(sample, dimension, options);
  const whitened = new Float32Array(units.length);
  const block = 4096 * dimension;
  for (let at = 0; at < units.length; at += block) {
    whitened.set(await whitening.apply(units.slice(at, at + block)), at);
  }
  const mean = (cosines: Float32Array): number => cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  return [
    {
      name: 'relbert mine',
      scores: (seeds) =>
        seedScores(whitened, dimension, seeds, options, async (cosines, count) => {
          const question = await MiningQuestion.of(cosines, count, options.signal);
          return (own) => question.score(own);
        }),
    },
    { name: 'cosine to the mean', scores: (seeds) => seedScores(units, dimension, seeds, options, async () => mean) },
  ];
}

/**
 * Scores all rows for each set of seeds.
 * @param scorer Gives the score of a row by its cosines with the seeds, from the cosines of the seeds with each other.
 */
async function seedScores(
  rows: Float32Array,
  dimension: number,
  sets: readonly (readonly number[])[],
  options: RowMapOptions,
  scorer: (cosines: Float32Array, count: number) => Promise<(cosines: Float32Array) => number>,
): Promise<Float32Array[]> {
  const turn = eventLoopTurns();
  const copy = (row: number): Float32Array => rows.subarray(row * dimension, (row + 1) * dimension);
  const examples = new Float32Array(sets.flat().length * dimension);
  for (const [i, row] of sets.flat().entries()) examples.set(copy(row), i * dimension);
  let end = 0;
  const questions = await Promise.all(
    sets.map(async ({ length }) => {
      const start = end;
      end += length;
      const own = examples.slice(start * dimension, end * dimension);
      await using cosinesWith = await exampleCosines(own, dimension, options);
      return { start, end: start + length, score: await scorer(await cosinesWith.apply(own), length) };
    }),
  );
  await using cosinesWith = await exampleCosines(examples, dimension, options);
  const found = sets.map(() => new Float32Array(rows.length / dimension));
  const block = 16_384;
  for (let first = 0; first * dimension < rows.length; first += block) {
    const cosines = await cosinesWith.apply(rows.slice(first * dimension, (first + block) * dimension));
    for (let at = 0; at < cosines.length; at += end) {
      for (const [q, question] of questions.entries())
        (found[q] as Float32Array)[first + at / end] = question.score(
          cosines.subarray(at + question.start, at + question.end),
        );
    }
    await turn();
  }
  return found;
}

/** A pool in which each pair is there once, the pairs of relations included. */
export function miningPool(
  pool: readonly WordPair[],
  relations: readonly Pick<RelationSet, 'positives'>[],
): readonly WordPair[] {
  return deduplicatePairs([...pool, ...relations.flatMap(({ positives }) => positives)]).distinct;
}
