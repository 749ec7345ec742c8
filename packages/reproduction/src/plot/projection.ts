/** Embeddings in two dimensions, for pictures: principal components, or UMAP. */

import { eventLoopTurn } from 'relbert/cli';
import { Random } from 'relbert/train';

export type ProjectionMethod = 'pca' | 'umap';

export interface Projection {
  /** One point a row of the embeddings. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What the axes are, with units where there are any. */
  readonly axes: readonly [x: string, y: string];
}

export interface ProjectionOptions {
  /**
   * `pca` (default): the two directions of greatest variance. `umap`: neighbours stay neighbours (McInnes, Healy and
   * Melville, 2018), distances mean little.
   */
  readonly method?: ProjectionMethod;
  /** Of the random starts. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  /** UMAP's epochs. */
  readonly onProgress?: (event: { readonly kind: 'projection'; readonly done: number; readonly total: number }) => void;
}

/** UMAP's default; small sets have fewer. */
const NEIGHBOURS = 15;
const FEWEST_FOR_UMAP = 4;

/**
 * Projects embeddings [n, D] onto a plane, each divided by its Euclidean norm first: cosine is what they are compared by.
 *
 * @throws RangeError for fewer than two rows (UMAP: four), or values that are no numbers
 */
export async function projectEmbeddings(
  embeddings: { readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] },
  { method = 'pca', seed = 0, signal, onProgress }: ProjectionOptions = {},
): Promise<Projection> {
  const rows = unitRows(embeddings);
  const fewest = method === 'umap' ? FEWEST_FOR_UMAP : 2;
  if (rows.length < fewest) throw new RangeError(`a ${method} map needs at least ${fewest} pairs, got ${rows.length}`);
  signal?.throwIfAborted();
  if (method === 'pca') return principalComponents(rows, seed);
  const { UMAP } = await import('umap-js');
  const random = new Random(seed);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, rows.length - 1),
    random: () => random.uniform(),
  });
  const total = umap.initializeFit(rows);
  for (let done = 0; done < total; done++) {
    umap.step();
    if (done % 10 === 9) {
      await eventLoopTurn(signal);
      onProgress?.({ kind: 'projection', done: done + 1, total });
    }
  }
  return { points: umap.getEmbedding().map(pointOf), axes: ['UMAP 1 (no unit)', 'UMAP 2 (no unit)'] };
}

async function principalComponents(rows: number[][], seed: number): Promise<Projection> {
  const { PCA } = await import('ml-pca');
  // Within the few directions of greatest variance: the whole decomposition of a wide matrix takes half a minute.
  const reduced = alongLeadingDirections(rows, seed);
  const pca = new PCA(reduced);
  const points = pca.predict(reduced, { nComponents: 2 }).to2DArray().map(pointOf);
  const total = variance(rows);
  const name = (component: 0 | 1) => {
    const share = total === 0 ? 0 : variance(points.map((point) => [point[component]])) / total;
    return `principal component ${component + 1} (${(100 * share).toFixed(1)} % of the variance)`;
  };
  return { points, axes: [name(0), name(1)] };
}

const DIRECTIONS = 24;
const POWER_ITERATIONS = 10;

/**
 * The centred rows along an orthonormal basis of (nearly) their leading directions, at most 24: power iteration from a
 * random start (Halko, Martinsson and Tropp, "Finding structure with randomness", 2011, algorithm 4.4).
 */
function alongLeadingDirections(rows: readonly (readonly number[])[], seed: number): number[][] {
  const dimension = (rows[0] as readonly number[]).length;
  const means = Array.from(
    { length: dimension },
    (_, d) => rows.reduce((sum, row) => sum + (row[d] as number), 0) / rows.length,
  );
  const centred = rows.map((row) => Float64Array.from(row, (value, d) => value - (means[d] as number)));
  const random = new Random(seed);
  let basis = Array.from({ length: Math.min(DIRECTIONS, dimension, rows.length) }, () =>
    Float64Array.from({ length: dimension }, () => random.normal()),
  );
  for (let iteration = 0; iteration < POWER_ITERATIONS; iteration++) {
    const directions = orthonormal(basis);
    const next = basis.map(() => new Float64Array(dimension));
    for (const row of centred) {
      for (const [k, direction] of directions.entries()) addScaled(next[k] as Float64Array, row, dot(row, direction));
    }
    basis = next;
  }
  const directions = orthonormal(basis);
  return centred.map((row) => directions.map((direction) => dot(row, direction)));
}

/** Gram and Schmidt; a direction that adds nothing becomes zero. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const own = vector.slice();
    const before = Math.sqrt(dot(own, own));
    // Twice: once leaves rounding errors of nearly parallel vectors.
    for (let pass = 0; pass < 2; pass++) for (const other of done) addScaled(own, other, -dot(own, other));
    const norm = Math.sqrt(dot(own, own));
    const scale = norm > 1e-10 * before ? 1 / norm : 0;
    done.push(own.map((value) => value * scale));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + factor * (source[i] as number);
}

function pointOf([x = 0, y = 0]: readonly number[]): readonly [number, number] {
  return [x, y];
}

/** Mean squared distance to the mean. */
function variance(rows: readonly (readonly number[])[]): number {
  const dimension = (rows[0] as readonly number[]).length;
  let sum = 0;
  for (let d = 0; d < dimension; d++) {
    let mean = 0;
    for (const row of rows) mean += (row[d] as number) / rows.length;
    for (const row of rows) sum += ((row[d] as number) - mean) ** 2;
  }
  return sum / rows.length;
}

function unitRows({
  data,
  shape: [count, dimension],
}: {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}): number[][] {
  return Array.from({ length: count }, (_, i) => {
    const row = Array.from(data.subarray(i * dimension, (i + 1) * dimension));
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(norm)) throw new RangeError(`the embedding of pair ${i} holds values that are no numbers`);
    return norm === 0 ? row : row.map((value) => value / norm);
  });
}
