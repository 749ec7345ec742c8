import { Assignment } from './assignment.ts';
import type { MappingSearch } from './coherent-mapping.ts';

/**
 * The search for the mapping that the Python package `relbert` prefers: the greatest sum over source terms i of the
 * maximum over j != i of weights[i, p(i), j, p(j)].
 *
 * Depth-first branch and bound. The bound of a partial mapping is a linear assignment problem: mapping i to k is worth
 * at most its greatest weight among the (j, l) that are still possible.
 *
 * @param weights [n, n, n, n]; entries with i = j or k = l are ignored.
 */
export function* searchRowMaximumMapping(weights: Float64Array, n: number): MappingSearch {
  const ranked = rankedPartners(weights, n);
  const targetOf = new Int32Array(n).fill(-1);
  const sourceOf = new Int32Array(n).fill(-1);
  const assignment = new Assignment(n);
  const best = { permutation: Int32Array.from({ length: n }, (_, i) => i), score: Number.NEGATIVE_INFINITY };

  /** The greatest weight of i with k that the mapping so far leaves possible. */
  const potential = (i: number, k: number): number => {
    const partners = ranked[i * n + k] as Int32Array;
    for (const partner of partners) {
      const j = Math.floor(partner / n);
      const l = partner % n;
      const free = (targetOf[j] as number) < 0 && (sourceOf[l] as number) < 0;
      if (free || targetOf[j] === l) return weights[((i * n + k) * n + j) * n + l] as number;
    }
    return 0;
  };

  function* visit(assigned: number): Generator<Int32Array, void, void> {
    yield best.permutation;
    let fixed = 0;
    for (let i = 0; i < n; i++) if ((targetOf[i] as number) >= 0) fixed += potential(i, targetOf[i] as number);
    if (assigned === n) {
      if (fixed > best.score) {
        best.score = fixed;
        best.permutation = targetOf.slice();
      }
      return;
    }
    const rows = indices(targetOf);
    const columns = indices(sourceOf);
    const size = rows.length;
    const values = new Float64Array(size * size);
    for (const [r, i] of rows.entries()) {
      for (const [c, k] of columns.entries()) values[r * size + c] = potential(i, k);
    }
    const costs = values.map((value) => -value);
    const bound = fixed - assignment.reduce(costs, size);
    if (bound <= best.score + TOLERANCE) return;
    // The row with the most to lose by a wrong target; its best targets first.
    let row = 0;
    let widest = -1;
    for (let r = 0; r < size; r++) {
      let spread = 0;
      for (let c = 0; c < size; c++) spread += costs[r * size + c] as number;
      if (spread > widest) {
        widest = spread;
        row = r;
      }
    }
    const order = columns.map((_, c) => c);
    order.sort((a, b) => (costs[row * size + a] as number) - (costs[row * size + b] as number) || a - b);
    for (const column of order) {
      if (bound - (costs[row * size + column] as number) <= best.score + TOLERANCE) return;
      const i = rows[row] as number;
      const k = columns[column] as number;
      targetOf[i] = k;
      sourceOf[k] = i;
      yield* visit(assigned + 1);
      targetOf[i] = -1;
      sourceOf[k] = -1;
    }
  }
  yield* visit(0);
  return best.permutation;
}

/** A mapping better by less than this counts as a tie. */
const TOLERANCE = 1e-9;

/** The partners j * n + l of each i * n + k, the greatest weight first. */
function rankedPartners(weights: Float64Array, n: number): Int32Array[] {
  return Array.from({ length: n * n }, (_, index) => {
    const i = Math.floor(index / n);
    const k = index % n;
    const partners: number[] = [];
    for (let j = 0; j < n; j++) for (let l = 0; l < n; l++) if (j !== i && l !== k) partners.push(j * n + l);
    const offset = index * n * n;
    return Int32Array.from(
      partners.sort((a, b) => (weights[offset + b] as number) - (weights[offset + a] as number) || a - b),
    );
  });
}

function indices(partner: Int32Array): number[] {
  const free: number[] = [];
  for (let i = 0; i < partner.length; i++) if ((partner[i] as number) < 0) free.push(i);
  return free;
}

/** The sum over i of the maximum over j != i of weights[i, p(i), j, p(j)]. */
export function rowMaxima(weights: Float64Array, n: number, permutation: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const leader = (i * n + (permutation[i] as number)) * n;
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < n; j++) {
      if (j !== i) most = Math.max(most, weights[(leader + j) * n + (permutation[j] as number)] as number);
    }
    sum += most;
  }
  return sum;
}
