/** A loss that is no number or grows beyond all measure: training cannot go on. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  /** The step at fault, counted from 1. */
  readonly step: number;

  constructor(step: number, what: string) {
    super(
      `training broke down at step ${step}: ${what}. Try a lower learning rate (--lr), a longer warm-up (--warmup), gradient clipping (--clip 1) or a higher temperature (--temperature)`,
    );
    this.step = step;
  }
}

/** Losses remembered. */
const memory = 10;
/** How many times the largest loss seen at the start counts as an explosion. */
const explosion = 10;

/**
 * Watches the loss of each step: the first ones set the scale, and a loss ten times beyond it, in three steps on end,
 * is an explosion.
 */
export class DivergenceWatch {
  /** The first losses, then how many explosive ones came on end as a last element. */
  #first: number[];
  #streak: number;

  constructor(losses: readonly number[] = []) {
    this.#first = losses.slice(0, memory);
    this.#streak = losses[memory] ?? 0;
  }

  /** What a checkpoint keeps. */
  get losses(): readonly number[] {
    return this.#first.length < memory ? this.#first : [...this.#first, this.#streak];
  }

  /** @throws DivergenceError */
  check(step: number, loss: number, gradientNorm: number): void {
    if (!Number.isFinite(loss)) throw new DivergenceError(step, `the loss is ${loss}`);
    if (!Number.isFinite(gradientNorm)) throw new DivergenceError(step, `the norm of the gradient is ${gradientNorm}`);
    if (this.#first.length < memory) {
      this.#first.push(loss);
      return;
    }
    const scale = Math.max(1e-3, ...this.#first.map(Math.abs));
    this.#streak = loss > explosion * scale ? this.#streak + 1 : 0;
    if (this.#streak === 3) {
      throw new DivergenceError(
        step,
        `the loss has grown to ${loss.toPrecision(3)}, from at most ${scale.toPrecision(3)}`,
      );
    }
  }
}
