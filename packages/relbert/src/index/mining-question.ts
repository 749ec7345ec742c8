/**
 * @file How well candidates fit a few seeds. The pairs of a relation lie in several places, so the mean over the seeds
 * loses some: the fit is that of a Gaussian process (Rasmussen and Williams 2006, chapter 2) with 1 at each seed, which
 * counts near seeds more, and seeds that repeat each other less.
 */
import { constant, fusedMatMul } from '../graph/index.ts';
import { RowMap, type RowMapOptions } from './row-map.ts';
import { inverseFactor } from './whitening.ts';

/** Of the kernel exp(sharpness * (cosine - 1)); docs/mining.md says on which relations the three were chosen. */
const sharpness = 2;
/** Variance of the noise at the seeds: a relation's pairs are not all alike. */
const noise = 0.3;
/** Of the square of the greatest cosine to a counter-example. */
const counterWeight = 0.15;
/** A fit of 0 or less has no logarithm. */
const leastFit = 1e-6;

export class MiningQuestion {
  readonly #weights: Float64Array;

  private constructor(weights: Float64Array) {
    this.#weights = weights;
  }

  /**
   * @param cosines Of the examples with each other, float32 [E, E], the seeds first.
   * @param seeds How many of the examples are seeds, ≥ 1; the others are counter-examples.
   */
  static async of(cosines: Float32Array, seeds: number, signal?: AbortSignal): Promise<MiningQuestion> {
    const examples = Math.sqrt(cosines.length);
    const matrix = Float64Array.from({ length: seeds * seeds }, (_, at) => {
      const [i, j] = [Math.floor(at / seeds), at % seeds];
      return kernel(cosines[i * examples + j] as number) + (i === j ? noise : 0);
    });
    const factor = await inverseFactor(matrix, seeds, signal);
    const weights = new Float64Array(seeds);
    for (let column = 0; column < seeds; column++) {
      let sum = 0;
      for (let i = 0; i < seeds; i++) sum += factor[i * seeds + column] as number;
      for (let i = 0; i < seeds; i++)
        weights[i] = (weights[i] as number) + sum * (factor[i * seeds + column] as number);
    }
    return new MiningQuestion(weights);
  }

  /** @param cosines Of a candidate with the examples. */
  score(cosines: Float32Array): number {
    const seeds = this.#weights.length;
    let fit = 0;
    let counter = 0;
    for (let i = 0; i < seeds; i++) fit += (this.#weights[i] as number) * kernel(cosines[i] as number);
    for (let i = seeds; i < cosines.length; i++) counter = Math.max(counter, cosines[i] as number);
    return 1 + Math.log(Math.max(fit, leastFit)) / sharpness - counterWeight * counter ** 2;
  }
}

function kernel(cosine: number): number {
  return Math.exp(sharpness * (cosine - 1));
}

/** Unit vectors float32 [N, D] to their cosines with some examples, float32 [N, E]. @param examples Unit vectors [E, D]. */
export function exampleCosines(examples: Float32Array, dimension: number, options: RowMapOptions): Promise<RowMap> {
  const shape = [examples.length / dimension, dimension];
  return RowMap.of(dimension, (rows) => fusedMatMul(rows, constant(examples, shape), { transB: true }), options);
}
