/**
 * @file Whitening: the linear map under which the vectors of a sample have mean zero and no correlations. Relation
 * embeddings share a mean direction and a few dominant ones, which say little about the relation; cosines after whitening
 * leave them out (Su et al. 2021, "Whitening sentence representations").
 */
import { constant, div, fusedMatMul, matMul, maximum, reduceL2, scalar, sub, type Tensor } from '../graph/index.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { RowMap, type RowMapOptions } from './row-map.ts';

/** The least share of a multiple of the identity in the covariance; docs/mining.md says what it was compared with. */
const leastShrinkage = 0.1;

/**
 * Unit vectors float32 [N, D] to unit vectors in a space that is white for a sample.
 *
 * The covariance is mixed with a multiple of the identity, the more the fewer rows there are for its dimension: with a
 * single row only its own direction is taken off.
 *
 * @param sample Unit vectors float32 [n, D], n ≥ 1.
 */
export async function whiteningOf(sample: Float32Array, dimension: number, options: RowMapOptions): Promise<RowMap> {
  const n = sample.length / dimension;
  const sums = new Float64Array(dimension);
  for (let at = 0; at < sample.length; at++)
    sums[at % dimension] = (sums[at % dimension] as number) + (sample[at] as number);
  const mean = Float32Array.from(sums, (sum) => sum / n);
  const centred = sample.map((value, at) => value - (mean[at % dimension] as number));
  const covariance = await gram(centred, dimension, options);
  let trace = 0;
  for (let i = 0; i < dimension; i++) trace += (covariance[i * dimension + i] as number) / n;
  const shrinkage = Math.max(leastShrinkage, dimension / (dimension + n));
  // Where all rows are equal, the identity.
  const diagonal = trace > 0 ? (shrinkage * trace) / dimension : 1;
  for (let i = 0; i < covariance.length; i++) covariance[i] = ((1 - shrinkage) * (covariance[i] as number)) / n;
  for (let i = 0; i < dimension; i++)
    covariance[i * dimension + i] = (covariance[i * dimension + i] as number) + diagonal;
  const matrix = await inverseFactor(covariance, dimension, options.signal);
  const whiten = (rows: Tensor): Tensor => {
    const z = matMul(sub(rows, constant(mean, [dimension])), constant(matrix, [dimension, dimension]));
    return div(z, maximum(reduceL2(z, -1, { keepDims: true }), scalar(1e-12))); // [N, D]
  };
  return RowMap.of(dimension, whiten, options);
}

/** xᵀx: float64 [D, D]. */
async function gram(rows: Float32Array, dimension: number, options: RowMapOptions): Promise<Float64Array> {
  await using product = await RowMap.of(dimension, (x) => fusedMatMul(x, x, { transA: true }), options);
  return Float64Array.from(await product.apply(rows));
}

/** L⁻ᵀ of the Cholesky factor L of a positive definite matrix: float32 [D, D]. Overwrites the matrix with L. */
export async function inverseFactor(
  matrix: Float64Array,
  dimension: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const turn = eventLoopTurns();
  const rowOf = (row: number): Float64Array => matrix.subarray(row * dimension, (row + 1) * dimension);
  for (let i = 0; i < dimension; i++) {
    const row = rowOf(i);
    for (let j = 0; j <= i; j++) {
      const other = rowOf(j);
      let rest = row[j] as number;
      for (let k = 0; k < j; k++) rest -= (row[k] as number) * (other[k] as number);
      row[j] = i === j ? Math.sqrt(rest) : rest / (other[j] as number);
    }
    await turn();
    signal?.throwIfAborted();
  }
  const out = new Float32Array(dimension * dimension);
  const column = new Float64Array(dimension);
  for (let j = 0; j < dimension; j++) {
    // Column j of L⁻¹ is row j of its transpose.
    for (let i = j; i < dimension; i++) {
      const row = rowOf(i);
      let rest = i === j ? 1 : 0;
      for (let k = j; k < i; k++) rest -= (row[k] as number) * (column[k] as number);
      column[i] = rest / (row[i] as number);
      out[j * dimension + i] = column[i] as number;
    }
    await turn();
    signal?.throwIfAborted();
  }
  return out;
}
