import { Assignment } from './assignment.ts';

/**
 * A search for the best permutation, source term i to target term `permutation[i]`. It yields the best so far at
 * each partial mapping, so that the caller can pause or end it. The mapping that it returns is proven: no other is better
 * by more than 1e-9.
 */
export type MappingSearch = Generator<Int32Array, Int32Array, void>;

/**
 * The search for the most coherent mapping, the greatest sum over ordered pairs i != j of weights[i, p(i), j, p(j)]: a
 * quadratic assignment problem.
 *
 * Depth-first branch and bound under the dual ascent bound of Hahn and Grant ("Lower bounds for the quadratic
 * assignment problem based upon a dual formulation", Operations Research 46, 1998). A problem of m unassigned terms
 * is held as a constant, m * m linear costs, and an (m - 1) * (m - 1) matrix of pair costs for each of them; costs are
 * moved between the two halves of a pair, (i,k | j,l) and (j,l | i,k), and up into the constant, which stays a lower
 * bound of every completion.
 *
 * @param weights [n, n, n, n]: what mapping i to k together with j to l adds; entries with i = j or k = l are ignored.
 */
export function searchCoherentMapping(weights: Float64Array, n: number): MappingSearch {
  return new Search(weights, n).run();
}

/** Bounds are computed in floating point: a mapping better by less than this counts as a tie. */
const TOLERANCE = 1e-9;
/** Most rounds of dual ascent at a node, and the share of the remaining gap that a round must close for another round. */
const ROUNDS = 60;
const WORTHWHILE = 0.1;

/** The remaining problem at a depth of the search. */
interface Level {
  readonly size: number;
  /** Original index of each remaining source and target term. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** [m, m] */
  readonly linear: Float64Array;
  /** [m, m, m, m]: pair costs, of which those with j = i or l = k are not used. */
  readonly pairs: Float64Array;
  bound: number;
}

class Search {
  readonly #weights: Float64Array;
  readonly #n: number;
  readonly #levels: readonly Level[];
  readonly #assignment: Assignment;
  readonly #buffer: Float64Array;
  readonly #partial: Int32Array;
  #best: Int32Array;
  #bestCost: number;

  constructor(weights: Float64Array, n: number) {
    this.#weights = weights;
    this.#n = n;
    this.#levels = Array.from({ length: n }, (_, depth): Level => {
      const size = n - depth;
      return {
        size,
        rows: new Int32Array(size),
        columns: new Int32Array(size),
        linear: new Float64Array(size ** 2),
        pairs: new Float64Array(size ** 4),
        bound: 0,
      };
    });
    this.#assignment = new Assignment(n);
    this.#buffer = new Float64Array(n * n);
    this.#partial = new Int32Array(n);
    this.#best = climb(weights, n);
    this.#bestCost = -coherence(weights, n, this.#best);
  }

  *run(): MappingSearch {
    const root = this.#levels[0] as Level;
    root.rows.forEach((_, i) => {
      root.rows[i] = i;
      root.columns[i] = i;
    });
    // Every cost is at least 0, so the constant is a lower bound from the start.
    const most = this.#weights.reduce((max, weight) => Math.max(max, weight), 0);
    for (let at = 0; at < root.pairs.length; at++) root.pairs[at] = most - (this.#weights[at] as number);
    root.bound = -most * this.#n * (this.#n - 1);
    yield* this.#visit(0);
    return this.#best;
  }

  *#visit(depth: number): Generator<Int32Array, void, void> {
    const level = this.#levels[depth] as Level;
    const { size } = level;
    yield this.#best;
    if (size === 1) {
      this.#partial[level.rows[0] as number] = level.columns[0] as number;
      const cost = -coherence(this.#weights, this.#n, this.#partial);
      if (cost < this.#bestCost) {
        this.#bestCost = cost;
        this.#best = this.#partial.slice();
      }
      return;
    }
    if (!this.#ascend(level)) return;
    const row = branchingRow(level, this.#bestCost - TOLERANCE - level.bound);
    // The cheapest target first: a good mapping found early prunes the rest.
    const order = Array.from({ length: size }, (_, column) => column).sort(
      (a, b) => (level.linear[row * size + a] as number) - (level.linear[row * size + b] as number) || a - b,
    );
    for (const column of order) {
      if (level.bound + (level.linear[row * size + column] as number) > this.#bestCost - TOLERANCE) return;
      this.#partial[level.rows[row] as number] = level.columns[column] as number;
      assign(level, row, column, this.#levels[depth + 1] as Level);
      yield* this.#visit(depth + 1);
    }
  }

  /** Raises the bound of a node as long as it pays. False where the node cannot hold a better mapping. */
  #ascend(level: Level): boolean {
    const { size, linear, pairs } = level;
    const inner = size - 1;
    const buffer = this.#buffer;
    const goal = this.#bestCost - TOLERANCE;
    level.bound += this.#assignment.reduce(linear, size);
    for (let round = 0; round < ROUNDS; round++) {
      if (level.bound > goal) return false;
      const before = level.bound;
      for (let i = 0; i < size; i++) {
        for (let k = 0; k < size; k++) {
          const leader = i * size + k;
          const share = (linear[leader] as number) / inner;
          const block = leader * size * size;
          let at = 0;
          for (let j = 0; j < size; j++) {
            if (j === i) continue;
            for (let l = 0; l < size; l++) {
              if (l === k) continue;
              const partner = (j * size + l) * size * size + leader;
              buffer[at++] = (pairs[block + j * size + l] as number) + (pairs[partner] as number) + share;
              pairs[partner] = 0;
            }
          }
          linear[leader] = this.#assignment.reduce(buffer, inner);
          at = 0;
          for (let j = 0; j < size; j++) {
            if (j === i) continue;
            for (let l = 0; l < size; l++) {
              if (l !== k) pairs[block + j * size + l] = buffer[at++] as number;
            }
          }
        }
      }
      level.bound += this.#assignment.reduce(linear, size);
      if (level.bound - before < WORTHWHILE * (goal - level.bound)) break;
    }
    return level.bound <= goal;
  }
}

/** The row that leaves the fewest children alive; of equals, the row with the costliest children. */
function branchingRow({ size, linear }: Level, room: number): number {
  let best = 0;
  let fewest = Number.POSITIVE_INFINITY;
  let costliest = -1;
  for (let row = 0; row < size; row++) {
    let alive = 0;
    let total = 0;
    for (let column = 0; column < size; column++) {
      const cost = linear[row * size + column] as number;
      if (cost <= room) alive++;
      total += cost;
    }
    if (alive < fewest || (alive === fewest && total > costliest)) {
      best = row;
      fewest = alive;
      costliest = total;
    }
  }
  return best;
}

/** The remaining problem after a row is given a column: their pair costs become linear costs of the others. */
function assign(from: Level, row: number, column: number, to: Level): void {
  const { size } = from;
  const remaining = to.size;
  const square = size * size;
  const leader = row * size + column;
  const others = (skipped: number) => Array.from({ length: remaining }, (_, i) => (i < skipped ? i : i + 1));
  const rows = others(row);
  const columns = others(column);
  to.bound = from.bound + (from.linear[leader] as number);
  for (let i = 0; i < remaining; i++) {
    const fromRow = rows[i] as number;
    to.rows[i] = from.rows[fromRow] as number;
    to.columns[i] = from.columns[columns[i] as number] as number;
    for (let k = 0; k < remaining; k++) {
      const index = fromRow * size + (columns[k] as number);
      const at = i * remaining + k;
      to.linear[at] =
        (from.linear[index] as number) +
        (from.pairs[leader * square + index] as number) +
        (from.pairs[index * square + leader] as number);
      for (let j = 0; j < remaining; j++) {
        const source = index * square + (rows[j] as number) * size;
        const target = (at * remaining + j) * remaining;
        for (let l = 0; l < remaining; l++)
          to.pairs[target + l] = from.pairs[source + (columns[l] as number)] as number;
      }
    }
  }
}

/** The sum over ordered pairs i != j of weights[i, p(i), j, p(j)]. */
export function coherence(weights: Float64Array, n: number, permutation: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const leader = (i * n + (permutation[i] as number)) * n;
    for (let j = 0; j < n; j++) {
      if (j !== i) sum += weights[(leader + j) * n + (permutation[j] as number)] as number;
    }
  }
  return sum;
}

/** A good mapping to begin with: from each cyclic shift, the best exchange of two targets until none helps. */
function climb(weights: Float64Array, n: number): Int32Array {
  let best = new Int32Array(0);
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let shift = 0; shift < n; shift++) {
    const current = Int32Array.from({ length: n }, (_, i) => (i + shift) % n);
    let score = coherence(weights, n, current);
    for (;;) {
      let gain = 1e-12;
      let swap: readonly [number, number] | undefined;
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) {
          exchange(current, i, j);
          const changed = coherence(weights, n, current) - score;
          if (changed > gain) {
            gain = changed;
            swap = [i, j];
          }
          exchange(current, i, j);
        }
      }
      if (!swap) break;
      exchange(current, ...swap);
      score = coherence(weights, n, current);
    }
    if (score > bestScore) {
      best = current;
      bestScore = score;
    }
  }
  return best;
}

function exchange(permutation: Int32Array, i: number, j: number): void {
  const held = permutation[i] as number;
  permutation[i] = permutation[j] as number;
  permutation[j] = held;
}
