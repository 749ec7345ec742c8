/**
 * The coarse quantiser: rows are gathered into lists around centroids, so that a search reads the lists near its query
 * only (an inverted file; Sivic & Zisserman 2003). Spherical k-means: centroids are unit vectors, and a row belongs to
 * the one with the greatest dot product.
 */
import { Random } from '../data/random.ts';
import { argMax, input, matMul, serialize } from '../graph/index.ts';
import type { Runtime, Session } from '../runtime/session.ts';

/** Rows that are assigned at once: 12 MB of vectors of 384 numbers. */
const assignedAtOnce = 8192;
const iterations = 6;
/** Rows of the sample for each centroid. */
const sampledPerList = 24;

/** How many lists n rows get: about 4 √n, one below 2,000 rows. */
export function listCount(rows: number): number {
  return rows < 2000 ? 1 : Math.round(4 * Math.sqrt(rows));
}

/** How many rows {@link CoarseLists.train} wants to see. */
export function sampleSize(rows: number): number {
  return Math.min(rows, listCount(rows) * sampledPerList);
}

/** Centroids float32 [K, D], and the assignment of rows to them. */
export class CoarseLists implements AsyncDisposable {
  readonly centroids: Float32Array;
  readonly count: number;
  readonly #dimension: number;
  readonly #session: Session;
  /** The centroids as the graph takes them. */
  #transposed: Float32Array;

  private constructor(session: Session, centroids: Float32Array, dimension: number) {
    this.#session = session;
    this.centroids = centroids;
    this.#dimension = dimension;
    this.count = centroids.length / dimension;
    this.#transposed = transpose(centroids, dimension);
  }

  /**
   * Trains centroids on a sample of unit vectors.
   *
   * @param sample float32 [m, D], m ≥ count.
   * @param options.onIteration Called after each of the passes.
   */
  static async train(
    sample: Float32Array,
    options: {
      readonly dimension: number;
      readonly count: number;
      readonly runtime: Runtime;
      readonly threads?: number | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly onIteration?: ((done: number, total: number) => void) | undefined;
    },
  ): Promise<CoarseLists> {
    const { dimension, count, runtime, threads, signal, onIteration } = options;
    const rows = input('rows', 'float32', ['N', dimension]);
    const centroids = input('centroids', 'float32', [dimension, count]);
    const model = serialize({ outputs: { list: argMax(matMul(rows, centroids)) } }); // [N]
    const session = await runtime.createSession(model, { ...(threads !== undefined && { threads }) });
    const random = new Random(count);
    const lists = new CoarseLists(session, firstCentroids(sample, dimension, count, random), dimension);
    if (count === 1) return lists;
    try {
      for (let pass = 0; pass < iterations; pass++) {
        lists.#move(sample, await lists.assign(sample, signal), random);
        onIteration?.(pass + 1, iterations);
      }
      return lists;
    } catch (error) {
      await lists[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The list of each row: int32 [n]. */
  async assign(rows: Float32Array, signal?: AbortSignal): Promise<Int32Array> {
    const dimension = this.#dimension;
    const n = rows.length / dimension;
    const assigned = new Int32Array(n);
    if (this.count === 1) return assigned;
    for (let first = 0; first < n; first += assignedAtOnce) {
      signal?.throwIfAborted();
      const last = Math.min(n, first + assignedAtOnce);
      const { list } = await this.#session.run({
        rows: {
          dtype: 'float32',
          shape: [last - first, dimension],
          data: rows.slice(first * dimension, last * dimension),
        },
        centroids: { dtype: 'float32', shape: [dimension, this.count], data: this.#transposed.slice() },
      });
      const indices = list?.data as BigInt64Array;
      for (let i = 0; i < indices.length; i++) assigned[first + i] = Number(indices[i]);
    }
    return assigned;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }

  /** Moves each centroid to the mean direction of its rows; one without rows starts again at a row of the sample. */
  #move(sample: Float32Array, assigned: Int32Array, random: Random): void {
    const dimension = this.#dimension;
    const { centroids } = this;
    const members = new Int32Array(this.count);
    centroids.fill(0);
    for (let row = 0; row < assigned.length; row++) {
      const list = assigned[row] as number;
      members[list] = (members[list] as number) + 1;
      const to = list * dimension;
      const from = row * dimension;
      for (let i = 0; i < dimension; i++)
        centroids[to + i] = (centroids[to + i] as number) + (sample[from + i] as number);
    }
    for (let list = 0; list < this.count; list++) {
      const centroid = centroids.subarray(list * dimension, (list + 1) * dimension);
      if (members[list] === 0) {
        const row = random.integer(assigned.length);
        centroid.set(sample.subarray(row * dimension, (row + 1) * dimension));
      }
      const length = Math.hypot(...centroid);
      if (length > 0) for (let i = 0; i < dimension; i++) centroid[i] = (centroid[i] as number) / length;
    }
    this.#transposed = transpose(centroids, dimension);
  }
}

/** Different rows of the sample, drawn at random. */
function firstCentroids(sample: Float32Array, dimension: number, count: number, random: Random): Float32Array {
  const rows = Int32Array.from({ length: sample.length / dimension }, (_, i) => i);
  const centroids = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) {
    const other = i + random.integer(rows.length - i);
    [rows[i], rows[other]] = [rows[other] as number, rows[i] as number];
    const from = (rows[i] as number) * dimension;
    centroids.set(sample.subarray(from, from + dimension), i * dimension);
  }
  return centroids;
}

/** [K, D] → [D, K]. */
function transpose(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = matrix[row * columns + column] as number;
  }
  return out;
}
