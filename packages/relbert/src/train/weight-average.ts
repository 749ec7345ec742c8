import type { FloatTensors } from './task.ts';

/**
 * Trained weights with a share of those that training began with: what a model could do before is kept better than what
 * it has learnt is lost (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
 */
export function withInitial(trained: FloatTensors, initial: FloatTensors, share: number): FloatTensors {
  return new Map(
    [...trained].map(([name, tensor]) => {
      const first = (initial.get(name) as typeof tensor).data;
      return [name, { ...tensor, data: tensor.data.map((value, i) => value + share * ((first[i] as number) - value)) }];
    }),
  );
}

/** The trained weights that {@link withInitial} mixed, but for rounding. */
export function withoutInitial(mixed: FloatTensors, initial: FloatTensors, share: number): FloatTensors {
  return new Map(
    [...mixed].map(([name, tensor]) => {
      const first = (initial.get(name) as typeof tensor).data;
      return [
        name,
        { ...tensor, data: tensor.data.map((value, i) => (value - share * (first[i] as number)) / (1 - share)) },
      ];
    }),
  );
}

/**
 * An exponential moving average of weights: average = d · average + (1 − d) · weights after each step, with
 * d = min(decay, (1 + t) / (10 + t)) so that the start is soon forgotten.
 */
export class WeightAverage {
  readonly #decay: number;
  readonly #weights: ReadonlyMap<string, Float32Array>;
  readonly averages: ReadonlyMap<string, Float32Array>;

  constructor(weights: ReadonlyMap<string, Float32Array>, decay: number) {
    if (!(decay > 0 && decay < 1)) throw new RangeError(`the decay of a weight average lies in (0, 1), got ${decay}`);
    this.#decay = decay;
    this.#weights = weights;
    this.averages = new Map([...weights].map(([name, data]) => [name, data.slice()]));
  }

  /** @param step Steps taken. */
  update(step: number): void {
    const decay = Math.min(this.#decay, (1 + step) / (10 + step));
    for (const [name, average] of this.averages) {
      const weights = this.#weights.get(name) as Float32Array;
      for (let i = 0; i < average.length; i++) {
        const before = average[i] as number;
        average[i] = before + (1 - decay) * ((weights[i] as number) - before);
      }
    }
  }
}
