/** @file A function of rows that the runtime computes: whitening, cosines with examples, products of rows. */
import { input, serialize, type Tensor } from '../graph/index.ts';
import type { Runtime, Session } from '../runtime/session.ts';

export interface RowMapOptions {
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class RowMap implements AsyncDisposable {
  readonly #session: Session;
  readonly #dimension: number;

  private constructor(session: Session, dimension: number) {
    this.#session = session;
    this.#dimension = dimension;
  }

  /** @param build The result from the rows, float32 [N, D]. */
  static async of(
    dimension: number,
    build: (rows: Tensor) => Tensor,
    { runtime, threads }: RowMapOptions,
  ): Promise<RowMap> {
    const result = build(input('rows', 'float32', ['N', dimension]));
    const session = await runtime.createSession(serialize({ outputs: { result } }), {
      ...(threads !== undefined && { threads }),
    });
    return new RowMap(session, dimension);
  }

  /** @param rows float32 [N, D]. */
  async apply(rows: Float32Array): Promise<Float32Array> {
    const shape = [rows.length / this.#dimension, this.#dimension];
    const { result } = await this.#session.run({ rows: { dtype: 'float32', shape, data: rows } });
    return result?.data as Float32Array;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }
}
