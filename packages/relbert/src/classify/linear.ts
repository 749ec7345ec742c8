/**
 * @file Classifiers for few examples: nearest centroid, and linear discriminant analysis with shrinkage. They look at the
 * direction of a row only: with few examples its length is noise.
 */
import { unitRows } from '../encoder/embeddings.ts';
import type { FeatureMatrix } from '../evaluate/classifier-model.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { solvePositive } from './solve-positive.ts';

/** There is nothing to learn a covariance from. */
export class NoCovarianceError extends RangeError {
  override readonly name = 'NoCovarianceError';

  constructor() {
    super('all items of each class are the same: there is no covariance to learn from');
  }
}

/** Scores of a row x: weights [K, D] · x / ‖x‖ + bias [K]. */
export interface LinearClassifier {
  readonly classes: readonly string[];
  readonly dimension: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Scores [n, K] of rows [n, D]. */
export function linearScores(
  { classes, dimension, weights, bias }: LinearClassifier,
  { data: given, shape: [items, width] }: FeatureMatrix,
): Float32Array {
  if (width !== dimension) {
    throw new RangeError(`the classifier was trained on ${dimension} features, these items have ${width}`);
  }
  const data = unitRows(given, dimension);
  const scores = new Float32Array(items * classes.length);
  for (let item = 0; item < items; item++) {
    for (let k = 0; k < classes.length; k++) {
      let score = bias[k] as number;
      const [x, w] = [item * dimension, k * dimension];
      for (let d = 0; d < dimension; d++) score += (weights[w + d] as number) * (data[x + d] as number);
      scores[item * classes.length + k] = score;
    }
  }
  return scores;
}

/** The class whose mean is nearest: its scores are −‖x − μ‖² / 2 without the part that all classes share. */
export function nearestCentroid(features: FeatureMatrix, labels: readonly string[]): LinearClassifier {
  const { classes, means } = classMeans(unitRows(features.data, features.shape[1]), labels);
  return classifierOf(classes, means, means, () => 0);
}

/**
 * Linear discriminant analysis (Fisher 1936) with the classes' common covariance shrunk towards a multiple of the
 * identity, by as much as Ledoit and Wolf ("A well-conditioned estimator for large-dimensional covariance matrices",
 * 2004) estimate: scores μᵀ Σ⁻¹ x − μᵀ Σ⁻¹ μ / 2 + log of the class's share.
 *
 * @throws NoCovarianceError where all items of each class are the same; the signal's reason when aborted
 */
export async function shrunkDiscriminant(
  features: FeatureMatrix,
  labels: readonly string[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LinearClassifier> {
  const [n, dimension] = features.shape;
  const rows = unitRows(features.data, dimension);
  const { classes, means, counts, index } = classMeans(rows, labels);
  const residuals = Float64Array.from(
    rows,
    (value, i) => value - (means[(index[Math.floor(i / dimension)] as number) * dimension + (i % dimension)] as number),
  );
  const dual = n <= dimension;
  const size = dual ? n : dimension;
  // X Xᵀ or Xᵀ X of the residuals X, whichever is smaller: trace and Frobenius norm are the same.
  const gram = await (dual
    ? outerProducts(residuals, n, dimension, signal)
    : outerProducts(transposed(residuals, n, dimension), dimension, n, signal));
  const { shrinkage, scale } = ledoitWolf(gram, size, residuals, dimension);
  if (!(scale > 0)) throw new NoCovarianceError();
  // Σ = (1 − s) XᵀX / n + s·m·I = (1 − s) / n · (XᵀX + λ I)
  const share = Math.max(1 - shrinkage, 1e-9);
  const lambda = (n * shrinkage * scale) / share;
  for (let i = 0; i < size; i++) gram[i * size + i] = (gram[i * size + i] as number) + lambda;
  const k = classes.length;
  const directions = new Float64Array(k * dimension);
  if (!dual) {
    await solvePositive(gram, means, k, { n: size, solutions: directions, signal });
    for (const [i, value] of directions.entries()) directions[i] = (value * n) / share;
  } else {
    // (XᵀX + λ I)⁻¹ μ = (μ − Xᵀ (X Xᵀ + λ I)⁻¹ X μ) / λ
    const projected = new Float64Array(k * n);
    for (let c = 0; c < k; c++) {
      for (let i = 0; i < n; i++) projected[c * n + i] = dot(means, c * dimension, residuals, i * dimension, dimension);
    }
    const solved = await solvePositive(gram, projected, k, { n, solutions: new Float64Array(k * n), signal });
    for (let c = 0; c < k; c++) {
      for (let d = 0; d < dimension; d++) {
        let sum = means[c * dimension + d] as number;
        for (let i = 0; i < n; i++) sum -= (residuals[i * dimension + d] as number) * (solved[c * n + i] as number);
        directions[c * dimension + d] = (sum * n) / (share * lambda);
      }
    }
  }
  return classifierOf(classes, means, directions, (c) => Math.log((counts[c] as number) / n));
}

function classMeans(data: Float32Array, labels: readonly string[]) {
  const items = labels.length;
  const dimension = data.length / items;
  const classes = [...new Set(labels)].sort();
  const places = new Map(classes.map((name, c) => [name, c]));
  const index = Int32Array.from(labels, (label) => places.get(label) as number);
  const means = new Float64Array(classes.length * dimension);
  const counts = new Float64Array(classes.length);
  for (let item = 0; item < items; item++) {
    const c = index[item] as number;
    counts[c] = (counts[c] as number) + 1;
    for (let d = 0; d < dimension; d++) {
      means[c * dimension + d] = (means[c * dimension + d] as number) + (data[item * dimension + d] as number);
    }
  }
  for (const i of means.keys()) means[i] = (means[i] as number) / (counts[Math.floor(i / dimension)] as number);
  return { classes, means, counts, index };
}

/** Scores wᵀ x − wᵀ μ / 2 + prior. */
function classifierOf(
  classes: readonly string[],
  means: Float64Array,
  directions: Float64Array,
  prior: (c: number) => number,
): LinearClassifier {
  const dimension = means.length / classes.length;
  return {
    classes,
    dimension,
    weights: Float32Array.from(directions),
    bias: Float32Array.from(
      classes,
      (_, c) => prior(c) - dot(directions, c * dimension, means, c * dimension, dimension) / 2,
    ),
  };
}

/** How far the covariance XᵀX / n of rows X [n, D] is to be shrunk, 0 … 1, towards `scale` times the identity. */
function ledoitWolf(gram: Float64Array, size: number, rows: Float64Array, dimension: number) {
  const n = rows.length / dimension;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += (gram[i * size + i] as number) / n;
  const scale = trace / dimension;
  const squares = gram.reduce((sum, value) => sum + value * value, 0) / n ** 2;
  let fourth = 0;
  for (let i = 0; i < n; i++) fourth += dot(rows, i * dimension, rows, i * dimension, dimension) ** 2;
  const spread = squares - scale * trace;
  const noise = (fourth / n - squares) / n;
  return { scale, shrinkage: spread > 0 ? Math.min(1, Math.max(0, noise / spread)) : 1 };
}

async function outerProducts(
  rows: Float64Array,
  count: number,
  width: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const products = new Float64Array(count * count);
  const turn = eventLoopTurns();
  for (let i = 0; i < count; i++) {
    await turn();
    signal?.throwIfAborted();
    for (let j = 0; j <= i; j++) {
      const value = dot(rows, i * width, rows, j * width, width);
      products[i * count + j] = value;
      products[j * count + i] = value;
    }
  }
  return products;
}

function transposed(rows: Float64Array, count: number, width: number): Float64Array {
  const result = new Float64Array(rows.length);
  for (let i = 0; i < count; i++) for (let d = 0; d < width; d++) result[d * count + i] = rows[i * width + d] as number;
  return result;
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[atA + i] as number) * (b[atB + i] as number);
  return sum;
}
