/** @file Groups of word pairs with similar relations. */
import type { Embeddings } from '../encoder/embeddings.ts';
import { checkCount, OptionError } from '../encoder/option-error.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import { MissingPackageError } from '../text/missing-package-error.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { adjustedRandIndex, distancesOf, meanSilhouette, type Rows } from './silhouette.ts';

/** There are too few pairs to choose the number of clusters. */
export class ClusterError extends RelbertError {
  override readonly name = 'ClusterError';
}

export interface ClusterOptions {
  /** `auto` (default): the number, 2 to 20 and at most half as many as rows, with the greatest mean silhouette. */
  readonly k?: number | 'auto' | undefined;
  /** Of the starts. Default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((event: { readonly kind: 'cluster'; readonly done: number; readonly total: number }) => void)
    | undefined;
}

export interface Clustering {
  /** The cluster of each row, from 0: clusters are in order of size, the largest first. */
  readonly clusters: readonly number[];
  /** Clusters with rows: fewer than asked for where fewer rows differ in direction. */
  readonly k: number;
  /** Rows of each cluster, the most central first. */
  readonly members: readonly (readonly number[])[];
  /** Mean silhouette, of at most 1,000 rows. */
  readonly silhouette: number;
  /** Adjusted Rand index of the clusterings that different starts give, two by two. */
  readonly stability: { readonly starts: number; readonly mean: number; readonly least: number };
  /** The mean silhouette of each number that was tried, where there was a choice. */
  readonly search: readonly { readonly k: number; readonly silhouette: number }[] | undefined;
}

const KMEANS = 'ml-kmeans';
const MOST_CLUSTERS = 20;
const STARTS = 8;
/** Silhouettes look at every two rows. */
const SAMPLE = 1000;

/**
 * Clusters embeddings by k-means++ (package `ml-kmeans`) over their directions: of eight starts the one with the least
 * squared distance to the centres.
 *
 * @param embeddings [n, D], one row a pair, each pair once.
 * @throws OptionError for a `k` below 1 or above the number of rows; ClusterError where fewer than four rows leave no choice
 *   of `k`; MissingPackageError without `ml-kmeans`; the signal's reason when aborted
 */
export async function clusterEmbeddings(
  embeddings: Pick<Embeddings, 'data' | 'shape'>,
  options: ClusterOptions = {},
): Promise<Clustering> {
  const { k: wanted = 'auto', seed = 0, signal, onProgress } = options;
  const rows = unitRows(embeddings);
  checkClusters(rows.length, wanted);
  const kmeans = await loadKmeans();
  const tried =
    wanted === 'auto'
      ? Array.from({ length: Math.min(MOST_CLUSTERS, Math.floor(rows.length / 2)) - 1 }, (_, i) => i + 2)
      : [];
  const total = tried.length + STARTS;
  let done = 0;
  const run = async (points: Rows, k: number, start: number): Promise<Run> => {
    const result = await finalStep(kmeans(points as number[][], k, { seed: start, maxIterations: 200 }), signal);
    onProgress?.({ kind: 'cluster', done: ++done, total });
    const { clusters, centroids } = result;
    const distances = points.map((point, i) => squaredDistance(point, centroids[clusters[i] as number] as number[]));
    return { clusters: [...clusters], distances, inertia: distances.reduce((sum, each) => sum + each, 0) };
  };
  const sample = everyNth(rows, SAMPLE);
  const distances = distancesOf(sample);
  const search: { k: number; silhouette: number }[] = [];
  for (const k of tried)
    search.push({ k, silhouette: meanSilhouette(distances, (await run(sample, k, seed)).clusters) });
  const k =
    wanted === 'auto' ? search.reduce((best, each) => (each.silhouette > best.silhouette ? each : best)).k : wanted;
  const runs: Run[] = [];
  for (let start = 0; start < STARTS; start++) runs.push(await run(rows, k, seed + start));
  const best = runs.reduce((least, each) => (each.inertia < least.inertia ? each : least));
  const agreements = runs.flatMap((a, i) => runs.slice(i + 1).map((b) => adjustedRandIndex(a.clusters, b.clusters)));
  const members = membersOf(best, k);
  const clusters = new Array<number>(rows.length).fill(0);
  for (const [cluster, places] of members.entries()) for (const i of places) clusters[i] = cluster;
  return {
    ...{ clusters, k: members.length, members },
    silhouette: meanSilhouette(distances, everyNth(clusters, SAMPLE)),
    stability: {
      starts: STARTS,
      mean: agreements.reduce((sum, each) => sum + each, 0) / agreements.length,
      least: Math.min(...agreements),
    },
    search: wanted === 'auto' ? search : undefined,
  };
}

interface Run {
  readonly clusters: readonly number[];
  /** Squared distance of each row to its centre. */
  readonly distances: readonly number[];
  readonly inertia: number;
}

/** Largest cluster first, nearest row first; equals in their order. */
function membersOf({ clusters, distances }: Run, k: number): number[][] {
  const members: number[][] = Array.from({ length: k }, () => []);
  for (const [i, cluster] of clusters.entries()) members[cluster]?.push(i);
  for (const places of members) places.sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b);
  return members
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number));
}

function checkClusters(rows: number, k: number | 'auto'): void {
  if (k === 'auto' && rows < 4) {
    throw new ClusterError(`the number of clusters can be chosen for four pairs or more, there are ${rows}: give k`);
  }
  if (k === 'auto') return;
  checkCount('k', k);
  if (k > rows) throw new OptionError(`${k} clusters need as many different pairs, there are ${rows}`);
}

async function loadKmeans() {
  try {
    // A name in a variable: compilers and bundlers leave an import of a package that may be missing alone.
    return ((await import(KMEANS)) as typeof import('ml-kmeans')).kmeansGenerator;
  } catch (cause) {
    throw new MissingPackageError('clustering', ['ml-kmeans@7'], { cause });
  }
}

async function finalStep<T>(steps: Iterable<T>, signal: AbortSignal | undefined): Promise<T> {
  let last: T | undefined;
  for (const step of steps) {
    last = step;
    await eventLoopTurn(signal);
  }
  return last as T;
}

function unitRows({ data, shape: [count, dimension] }: Pick<Embeddings, 'data' | 'shape'>): number[][] {
  return Array.from({ length: count }, (_, i) => {
    const row = Array.from(data.subarray(i * dimension, (i + 1) * dimension));
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return norm === 0 ? row : row.map((value) => value / norm);
  });
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, d) => sum + (value - (b[d] as number)) ** 2, 0);
}

/** At most `most` of the items, evenly spread. */
function everyNth<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(most, items.length) }, (_, i) => items[Math.floor(i * step)] as T);
}
