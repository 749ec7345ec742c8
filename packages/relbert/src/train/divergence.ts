/** The loss is not finite or explodes: training cannot go on. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  /** Counted from 1. */
  readonly step: number;

  /** @param advice What to try, as the end of a sentence. */
  constructor(step: number, what: string, advice: string) {
    super(`training broke down at step ${step}: ${what}. Try ${advice}`);
    this.step = step;
  }
}

/** First losses that set the scale. */
const scaleLosses = 10;
/** A loss this many times the largest of them is an explosion. */
const explosion = 10;

/**
 * Watches the loss of each step. The first ten set the scale; ten times that scale in three steps in a row is an
 * explosion.
 */
export class DivergenceWatch {
  readonly #advice: string;
  #first: number[];
  /** Explosive losses in a row. */
  #streak: number;

  /** @param losses of a checkpoint */
  constructor(advice: string, losses: readonly number[] = []) {
    this.#advice = advice;
    this.#first = losses.slice(0, scaleLosses);
    this.#streak = losses[scaleLosses] ?? 0;
  }

  /** What a checkpoint keeps: the first losses, then the length of the streak. */
  get losses(): readonly number[] {
    return this.#first.length < scaleLosses ? this.#first : [...this.#first, this.#streak];
  }

  /** @throws DivergenceError */
  check(step: number, loss: number, gradientNorm: number): void {
    if (!Number.isFinite(loss)) throw this.#error(step, `the loss is ${loss}`);
    if (!Number.isFinite(gradientNorm)) throw this.#error(step, `the norm of the gradient is ${gradientNorm}`);
    if (this.#first.length < scaleLosses) {
      this.#first.push(loss);
      return;
    }
    const scale = Math.max(1e-3, ...this.#first.map(Math.abs));
    this.#streak = loss > explosion * scale ? this.#streak + 1 : 0;
    if (this.#streak < 3) return;
    throw this.#error(step, `the loss has grown to ${loss.toPrecision(3)}, from at most ${scale.toPrecision(3)}`);
  }

  #error(step: number, what: string): DivergenceError {
    return new DivergenceError(step, what, this.#advice);
  }
}
