import { eventLoopTurns } from '../runtime/event-loop.ts';

export interface SolveOptions {
  /** Unknowns. */
  readonly n: number;
  /** [count, n], written and returned. */
  readonly solutions: Float64Array;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Solves A x = b for several b by Cholesky's decomposition, A = L Lᵀ.
 *
 * @param matrix A, symmetric and positive definite, [n, n]; L replaces it.
 * @param rights [count, n], a right side a row.
 * @throws RangeError where A is not positive definite; the signal's reason when aborted
 */
export async function solvePositive(
  matrix: Float64Array,
  rights: Float64Array,
  count: number,
  { n, solutions, signal }: SolveOptions,
): Promise<Float64Array> {
  const turn = eventLoopTurns();
  const at = (i: number, j: number): number => matrix[i * n + j] as number;
  for (let i = 0; i < n; i++) {
    await turn();
    signal?.throwIfAborted();
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      if (i === j && !(sum > 0)) throw new RangeError('the matrix is not positive definite');
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / at(j, j);
    }
  }
  for (let c = 0; c < count; c++) {
    const x = solutions.subarray(c * n, (c + 1) * n);
    for (let i = 0; i < n; i++) {
      let sum = rights[c * n + i] as number;
      for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] as number);
      x[i] = sum / at(i, i);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i] as number;
      for (let k = i + 1; k < n; k++) sum -= at(k, i) * (x[k] as number);
      x[i] = sum / at(i, i);
    }
  }
  return solutions;
}
