import { Random } from '../data/random.ts';

/** The bounds of a confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Share of the resampled means inside the interval. Default 0.95. */
  readonly level?: number | undefined;
  /** Number of resamples. Default 10,000. */
  readonly resamples?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/**
 * The bootstrap percentile interval of a mean (Efron and Tibshirani, 1993, section 13.3). Where all scores are 0 or all are
 * 1, which resampling would take for certainty: Wilson's interval of a proportion (1927, JASA 22, 209-212).
 *
 * @param scores One score a question, for an accuracy 0 or 1.
 * @throws RangeError for no scores, a level outside (0, 1), or fewer than one resample
 */
export function bootstrapInterval(scores: readonly number[], options: BootstrapOptions = {}): Interval {
  return bootstrapMacroInterval([scores], options);
}

/**
 * The bootstrap percentile interval of a macro average: the mean over sets of each set's mean. Questions are drawn
 * within their set, so that the sets keep their sizes. The distances of Wilson's bounds, for sets whose scores are all 0 or
 * all 1, are added as squares (Zou and Donner, 2008, Statistics in Medicine 27, 1693-1702).
 *
 * @throws RangeError as {@link bootstrapInterval} does, for any of the sets
 */
export function bootstrapMacroInterval(
  sets: readonly (readonly number[])[],
  { level = 0.95, resamples = 10_000, seed = 0 }: BootstrapOptions = {},
): Interval {
  if (sets.length === 0 || sets.some((scores) => scores.length === 0)) {
    throw new RangeError('an interval needs at least one score in every set');
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`level must lie between 0 and 1, got ${level}`);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples must be a positive integer, got ${resamples}`);
  }
  const random = new Random(seed);
  const data = sets.map((scores) => Float64Array.from(scores));
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let total = 0;
    for (const scores of data) {
      let sum = 0;
      // Scaling 32 random bits is fast; its bias is below n / 2^32.
      const scale = scores.length / 2 ** 32;
      for (let i = 0; i < scores.length; i++) sum += scores[Math.floor(random.uint32() * scale)] as number;
      total += sum / scores.length;
    }
    means[resample] = total / data.length;
  }
  means.sort();
  const resampled = { low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2) };
  const agreed = data.filter((scores) => scores.every((score) => score === scores[0] && (score === 0 || score === 1)));
  return agreed.length === 0 ? resampled : widened(resampled, { sets: data, agreed, level });
}

/** The interval with what it lacks of the sets in which all answers agree. */
function widened(
  { low, high }: Interval,
  {
    sets,
    agreed,
    level,
  }: { readonly sets: readonly Float64Array[]; readonly agreed: readonly Float64Array[]; readonly level: number },
): Interval {
  const mean = sets.reduce((sum, scores) => sum + scores.reduce((a, b) => a + b) / scores.length, 0) / sets.length;
  const square = normalQuantile((1 + level) / 2) ** 2;
  // Wilson's bounds of n of n are n / (n + z²) and 1; of 0 of n the mirror image.
  const distances = (score: number) =>
    agreed.filter(([first]) => first === score).map(({ length }) => square / (length + square) / sets.length);
  return {
    low: Math.max(0, mean - Math.hypot(mean - low, ...distances(1))),
    high: Math.min(1, mean + Math.hypot(high - mean, ...distances(0))),
  };
}

/** The value below which the share of a standard normal distribution lies; by bisection of the power series of its integral. */
function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const x = (low + high) / 2;
    let [term, sum] = [x, x];
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    if (0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI) < share) low = x;
    else high = x;
  }
  return (low + high) / 2;
}

/** Linear interpolation between the closest ranks of sorted values (NumPy's default). */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}
