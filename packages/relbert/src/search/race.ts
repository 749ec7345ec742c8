/**
 * A race among prompts: batch after batch, a prompt that is clearly worse than the leader drops out (racing: Maron and
 * Moore 1994, "Hoeffding races"; here with the normal approximation and paired differences, since all prompts meet the
 * same triples).
 *
 * A prompt drops out where its mean difference to the leader over the relations seen so far exceeds `deviations` of its
 * standard errors. The training set is finite and is seen in full at the end, so the standard error is that of a
 * sample without replacement: it falls to 0 with the last batch.
 */
export interface RaceOptions {
  /** Contestants, 0 … count − 1. */
  readonly count: number;
  /** Relations over all batches: the units that are averaged over. */
  readonly units: number;
  /** Standard errors at which a contestant drops out; Infinity: none does. */
  readonly deviations: number;
  /** Contestants that never drop out. */
  readonly seeded?: readonly number[];
}

export class Race {
  readonly #options: RaceOptions;
  /** By contestant the mean loss of each unit seen. */
  readonly #units: number[][];
  readonly #sums: Float64Array;
  #triples = 0;
  #running: number[];

  constructor(options: RaceOptions) {
    this.#options = options;
    this.#units = Array.from({ length: options.count }, () => []);
    this.#sums = new Float64Array(options.count);
    this.#running = Array.from({ length: options.count }, (_, contestant) => contestant);
  }

  /** Contestants still in the race. */
  get running(): readonly number[] {
    return this.#running;
  }

  /** Mean loss over all triples of a contestant that ran to the end. */
  mean(contestant: number): number {
    return (this.#sums[contestant] as number) / this.#triples;
  }

  /**
   * Adds the losses of a batch.
   * @param losses by running contestant, in their order: the loss of each triple
   * @param unitOf the unit of each triple within the batch
   */
  add(losses: readonly Float64Array[], unitOf: Int32Array, units: number): void {
    for (const [i, contestant] of this.#running.entries()) {
      const contestantLosses = losses[i] as Float64Array;
      const sums = new Float64Array(units);
      const counts = new Int32Array(units);
      let total = 0;
      for (const [triple, loss] of contestantLosses.entries()) {
        const unit = unitOf[triple] as number;
        sums[unit] = (sums[unit] as number) + loss;
        counts[unit] = (counts[unit] as number) + 1;
        total += loss;
      }
      this.#sums[contestant] = (this.#sums[contestant] as number) + total;
      for (const [unit, count] of counts.entries()) {
        if (count > 0) this.#units[contestant]?.push((sums[unit] as number) / count);
      }
    }
    this.#triples += unitOf.length;
    this.#eliminate();
  }

  #eliminate(): void {
    const { deviations, units, seeded = [] } = this.#options;
    if (!Number.isFinite(deviations) || this.#running.length < 2) return;
    const leader = this.#running.reduce((best, other) =>
      (this.#sums[other] as number) < (this.#sums[best] as number) ? other : best,
    );
    const leaderMeans = this.#units[leader] as number[];
    if (leaderMeans.length < fewestUnits) return;
    this.#running = this.#running.filter((contestant) => {
      if (contestant === leader || seeded.includes(contestant)) return true;
      const means = this.#units[contestant] as number[];
      const n = means.length;
      let [sum, squares] = [0, 0];
      for (let i = 0; i < n; i++) {
        const difference = (means[i] as number) - (leaderMeans[i] as number);
        sum += difference;
        squares += difference * difference;
      }
      const mean = sum / n;
      const variance = Math.max(0, (squares - sum * mean) / (n - 1));
      const unseen = Math.max(0, 1 - n / units);
      return mean <= deviations * Math.sqrt((variance / n) * unseen);
    });
  }
}

/** With fewer units the standard error is unreliable. */
const fewestUnits = 8;
