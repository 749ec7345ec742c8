/**
 * The linear assignment problem by shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path
 * algorithm for dense and sparse linear assignment problems", 1987), in O(n^3).
 *
 * An object holds the working memory for problems of up to `size` rows, because branch and bound solves very many.
 */
export class Assignment {
  /** After {@link reduce}: the column of each row in an optimal assignment. */
  readonly columns: Int32Array;
  readonly #rowOf: Int32Array;
  readonly #u: Float64Array;
  readonly #v: Float64Array;
  readonly #distance: Float64Array;
  readonly #previous: Int32Array;
  readonly #visited: Uint8Array;

  constructor(size: number) {
    this.columns = new Int32Array(size);
    this.#rowOf = new Int32Array(size + 1);
    this.#u = new Float64Array(size + 1);
    this.#v = new Float64Array(size + 1);
    this.#distance = new Float64Array(size + 1);
    this.#previous = new Int32Array(size + 1);
    this.#visited = new Uint8Array(size + 1);
  }

  /**
   * The least cost of assigning each of `n` rows a different column. The n * n costs, in row-major order, are replaced
   * by their reduced costs: at least 0, and 0 on an optimal assignment.
   */
  reduce(costs: Float64Array, n: number): number {
    const u = this.#u;
    const v = this.#v;
    const rowOf = this.#rowOf;
    u.fill(0, 0, n + 1);
    v.fill(0, 0, n + 1);
    rowOf.fill(-1, 0, n + 1);
    for (let row = 0; row < n; row++) this.#augment(costs, n, row);
    let total = 0;
    for (let column = 0; column < n; column++) this.columns[rowOf[column] as number] = column;
    for (let row = 0; row < n; row++) total += (u[row] as number) + (v[row] as number);
    for (let row = 0, at = 0; row < n; row++) {
      const rowPrice = u[row] as number;
      for (let column = 0; column < n; column++, at++) {
        const reduced = (costs[at] as number) - rowPrice - (v[column] as number);
        costs[at] = Math.max(reduced, 0);
      }
    }
    return total;
  }

  /** Assigns another row a column. Column n stands for the start of the path. */
  #augment(costs: Float64Array, n: number, start: number): void {
    const u = this.#u;
    const v = this.#v;
    const rowOf = this.#rowOf;
    const distance = this.#distance;
    const previous = this.#previous;
    const visited = this.#visited;
    distance.fill(Number.POSITIVE_INFINITY, 0, n);
    visited.fill(0, 0, n + 1);
    rowOf[n] = start;
    let column = n;
    do {
      visited[column] = 1;
      const row = rowOf[column] as number;
      const rowPrice = u[row] as number;
      const offset = row * n;
      let delta = Number.POSITIVE_INFINITY;
      let next = -1;
      for (let j = 0; j < n; j++) {
        if (visited[j]) continue;
        const reduced = (costs[offset + j] as number) - rowPrice - (v[j] as number);
        if (reduced < (distance[j] as number)) {
          distance[j] = reduced;
          previous[j] = column;
        }
        if ((distance[j] as number) < delta) {
          delta = distance[j] as number;
          next = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (visited[j]) {
          const matched = rowOf[j] as number;
          u[matched] = (u[matched] as number) + delta;
          if (j < n) v[j] = (v[j] as number) - delta;
        } else {
          distance[j] = (distance[j] as number) - delta;
        }
      }
      column = next;
    } while (rowOf[column] !== -1);
    while (column !== n) {
      const before = previous[column] as number;
      rowOf[column] = rowOf[before] as number;
      column = before;
    }
  }
}
