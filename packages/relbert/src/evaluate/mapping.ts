/**
 * Relation mapping (Turney, "The latent relation mapping engine", 2008): which term of the target corresponds to which
 * term of the source? The relations among the source terms are to be like those among the target terms they map to.
 */

import type { MappingProblem } from '../data/mapping.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { coherence, type MappingSearch, searchCoherentMapping } from './coherent-mapping.ts';
import { type EmbeddingTable, embedDistinct, type PairEmbedder } from './embedding-table.ts';
import { rowMaxima, searchRowMaximumMapping } from './row-maximum-mapping.ts';

/**
 * What the best mapping p maximises; c(i, j) = cos(x(s_i, s_j), x(t_p(i), t_p(j))) for i != j:
 * - `coherence` (default): the mean of c(i, j) over all ordered pairs;
 * - `reference`: the mean over i of the maximum over j of c(i, j), as the Python package `relbert` 2.0.2 scores, whose
 *   cosine adds 1e-4 to the product of the norms.
 */
export type MappingObjective = 'coherence' | 'reference';

/** The mapping found for one problem. */
export interface MappingResult {
  readonly problem: MappingProblem;
  /** The target term of each source term, in the order of the problem's source. */
  readonly mapping: readonly string[];
  /** Whether each term is mapped rightly, in the order of `mapping`. */
  readonly right: readonly boolean[];
  /** Terms mapped rightly. */
  readonly correct: number;
  /** `correct` as a fraction of the terms. */
  readonly accuracy: number;
  /** The objective's value, a mean cosine, for the mapping found and for the right one. */
  readonly score: number;
  readonly rightScore: number;
  /** Partial mappings that the search looked at. */
  readonly nodes: number;
  /** Whether it is proven that no mapping scores higher; false only where `maxNodes` ended the search. */
  readonly optimal: boolean;
}

export interface MappingEvaluation {
  readonly objective: MappingObjective;
  readonly results: readonly MappingResult[];
  /** Mean of the problems' accuracies. */
  readonly accuracy: number;
  /** Terms mapped rightly over all problems, as a fraction of all terms. */
  readonly termAccuracy: number;
  /** Fraction of the problems whose terms are all mapped rightly. */
  readonly solved: number;
}

export interface MappingOptions {
  /** Default `coherence`. */
  readonly objective?: MappingObjective | undefined;
  /** Ends a search after this many partial mappings with the best one found, marked as not proven. Default: no limit. */
  readonly maxNodes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((event: { readonly kind: 'mapping'; readonly done: number; readonly total: number }) => void)
    | undefined;
}

/**
 * Solves all problems; each distinct pair over all of them is embedded once.
 *
 * The search sees the terms of either side in alphabetical order. The order in which a problem lists them is the answer,
 * and must not break ties.
 *
 * @throws RangeError for an empty list, sides of unequal length, or a term twice on one side.
 */
export async function evaluateMapping(
  problems: readonly MappingProblem[],
  embed: PairEmbedder,
  options: MappingOptions = {},
): Promise<MappingEvaluation> {
  if (problems.length === 0) throw new RangeError('no mapping problem');
  problems.forEach(checkProblem);
  const { objective = 'coherence', signal } = options;
  const sides = problems.map(({ source, target }) => ({ source: [...source].sort(), target: [...target].sort() }));
  const pairs = sides.flatMap(({ source, target }) => [...orderedPairs(source), ...orderedPairs(target)]);
  const table = await embedDistinct(pairs, embed);
  const results: MappingResult[] = [];
  let start = 0;
  for (const [index, problem] of problems.entries()) {
    signal?.throwIfAborted();
    const { source, target } = sides[index] as { source: string[]; target: string[] };
    const n = source.length;
    const weights = mappingWeights(table, start, n, objective);
    start += 2 * n * (n - 1);
    const search = objective === 'coherence' ? searchCoherentMapping : searchRowMaximumMapping;
    const solution = await solve(search(weights, n), options);
    results.push(mappingResult(problem, source, target, weights, objective, solution));
    options.onProgress?.({ kind: 'mapping', done: index + 1, total: problems.length });
  }
  const terms = problems.reduce((sum, { source }) => sum + source.length, 0);
  return {
    objective,
    results,
    accuracy: results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length,
    termAccuracy: results.reduce((sum, { correct }) => sum + correct, 0) / terms,
    solved: results.filter(({ accuracy }) => accuracy === 1).length / results.length,
  };
}

function checkProblem({ source, target }: MappingProblem, index: number): void {
  if (source.length !== target.length) {
    throw new RangeError(
      `mapping problem ${index}: the sides are unequal: ${source.length} source and ${target.length} target terms`,
    );
  }
  if (source.length < 2) throw new RangeError(`mapping problem ${index}: expected at least two terms a side`);
  for (const side of [source, target]) {
    const twice = side.find((term, i) => side.indexOf(term) < i);
    if (twice !== undefined) throw new RangeError(`mapping problem ${index}: '${twice}' occurs twice on one side`);
  }
}

/** (s_i, s_j) for i != j, i first. */
function orderedPairs(terms: readonly string[]): WordPair[] {
  return terms.flatMap((head) => terms.filter((tail) => tail !== head).map((tail) => ({ head, tail })));
}

/** [n, n, n, n]: cos(x(s_i, s_j), x(t_k, t_l)) at i, k, j, l; 0 where i = j or k = l. */
function mappingWeights(table: EmbeddingTable, start: number, n: number, objective: MappingObjective): Float64Array {
  const side = n * (n - 1);
  const norms = Float64Array.from({ length: 2 * side }, (_, i) => {
    let squares = 0;
    for (const value of table.at(start + i)) squares += value * value;
    return Math.sqrt(squares);
  });
  const softening = objective === 'reference' ? 1e-4 : 0;
  const weights = new Float64Array(n ** 4);
  for (let p = 0; p < side; p++) {
    const a = table.at(start + p);
    const i = Math.floor(p / (n - 1));
    const j = (p % (n - 1)) + (p % (n - 1) >= i ? 1 : 0);
    for (let q = 0; q < side; q++) {
      const b = table.at(start + side + q);
      const k = Math.floor(q / (n - 1));
      const l = (q % (n - 1)) + (q % (n - 1) >= k ? 1 : 0);
      let product = 0;
      for (let d = 0; d < a.length; d++) product += (a[d] as number) * (b[d] as number);
      const norm = (norms[p] as number) * (norms[side + q] as number) + softening;
      weights[((i * n + k) * n + j) * n + l] = norm === 0 ? 0 : product / norm;
    }
  }
  return weights;
}

interface Solution {
  readonly permutation: Int32Array;
  readonly nodes: number;
  readonly optimal: boolean;
}

/** Runs a search to its end, or to the limit. */
async function solve(search: MappingSearch, { maxNodes, signal }: MappingOptions): Promise<Solution> {
  let nodes = 0;
  const turn = eventLoopTurns(50);
  for (;;) {
    const { done, value } = search.next();
    if (done) return { permutation: value, nodes, optimal: true };
    nodes++;
    if (maxNodes !== undefined && nodes >= maxNodes) return { permutation: value, nodes, optimal: false };
    const pause = turn();
    if (!pause) continue;
    await pause;
    signal?.throwIfAborted();
  }
}

function mappingResult(
  problem: MappingProblem,
  source: readonly string[],
  target: readonly string[],
  weights: Float64Array,
  objective: MappingObjective,
  { permutation, nodes, optimal }: Solution,
): MappingResult {
  const n = source.length;
  const score = (mapping: ArrayLike<number>): number =>
    objective === 'coherence' ? coherence(weights, n, mapping) / (n * (n - 1)) : rowMaxima(weights, n, mapping) / n;
  const answer = source.map((term) => target.indexOf(problem.target[problem.source.indexOf(term)] as string));
  const mapping = problem.source.map((term) => target[permutation[source.indexOf(term)] as number] as string);
  const right = mapping.map((term, i) => {
    const also = problem.alsoRight?.some(([from, to]) => from === problem.source[i] && to === term) ?? false;
    return term === problem.target[i] || also;
  });
  const correct = right.filter(Boolean).length;
  return {
    problem,
    mapping,
    right,
    correct,
    accuracy: correct / n,
    score: score(permutation),
    rightScore: score(answer),
    nodes,
    optimal,
  };
}
