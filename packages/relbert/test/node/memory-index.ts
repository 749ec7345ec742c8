import { Random } from '../../src/data/random.ts';
import type { VectorBlock } from '../../src/formats/vector-block.ts';
import type { PairIndex } from '../../src/index/pair-index.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

export const model = { name: 'tiny', hash: 'abc', prompt: '<subj> and <obj>', template: true, pooling: 'difference' };

/** An index in memory whose vectors lie anywhere. */
export class MemoryIndex implements PairIndex {
  readonly origin = 'memory';
  readonly columns = ['id', 'relation'];
  readonly model: PairIndex['model'];
  readonly dimension: number;
  readonly pairs: readonly WordPair[];
  readonly data: Float32Array;
  readonly #onBlock: (done: number) => Promise<void> | void;

  constructor(
    count: number,
    options: {
      dimension?: number;
      model?: Partial<PairIndex['model']>;
      onBlock?: (done: number) => Promise<void> | void;
    } = {},
  ) {
    const { dimension = 16, onBlock = () => {} } = options;
    const random = new Random(7);
    this.dimension = dimension;
    this.model = { ...model, ...options.model };
    this.pairs = Array.from({ length: count }, (_, id) => ({
      head: `head ${id % 5}`,
      tail: `Tail_${id}`,
      columns: { relation: id % 100 === 0 ? 'rare' : 'common', id },
    }));
    this.data = Float32Array.from({ length: count * dimension }, () => random.uniform(-1, 1));
    this.#onBlock = onBlock;
  }

  vector(row: number): Float32Array {
    return this.data.subarray(row * this.dimension, (row + 1) * this.dimension);
  }

  async *blocks(): AsyncGenerator<VectorBlock> {
    const rows = 100;
    for (let first = 0; first < this.pairs.length; first += rows) {
      const pairs = this.pairs.slice(first, first + rows);
      const data = Float32Array.from(
        this.data.subarray(first * this.dimension, (first + pairs.length) * this.dimension),
      );
      for (let row = 0; row < pairs.length; row++) {
        const vector = data.subarray(row * this.dimension, (row + 1) * this.dimension);
        vector.set(vector.map((value) => value / Math.hypot(...vector)));
      }
      yield { pairs, data, shape: [pairs.length, this.dimension] };
      await this.#onBlock(first + pairs.length);
    }
  }

  /** Rows by cosine, the plain way. */
  async search(
    queries: Parameters<PairIndex['search']>[0],
    options: { top?: number; only?: (row: number) => boolean } = {},
  ) {
    const { top = 10, only = () => true } = options;
    return queries.map(({ vector }) => {
      const cosine = (row: number): number => {
        const other = this.vector(row);
        return (
          vector.reduce((sum, x, i) => sum + x * (other[i] as number), 0) / Math.hypot(...vector) / Math.hypot(...other)
        );
      };
      const rows = [...this.pairs.keys()]
        .filter(only)
        .map((row) => ({ pair: this.pairs[row] as WordPair, score: cosine(row) }));
      return rows.sort((a, b) => b.score - a.score).slice(0, top);
    });
  }

  async vectorOf(): Promise<undefined> {}
  async count(): Promise<number> {
    return this.pairs.length;
  }
  async sample(count: number): Promise<Float32Array> {
    return this.data.subarray(0, count * this.dimension);
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}
