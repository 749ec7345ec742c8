export interface McNemarResult {
  /** Questions that only the first model answers rightly. */
  readonly onlyFirst: number;
  /** Questions that only the second model answers rightly. */
  readonly onlySecond: number;
  readonly both: number;
  readonly neither: number;
  /** Two-sided exact p-value of the hypothesis that both models err equally often. */
  readonly pValue: number;
}

/**
 * McNemar's exact test on the answers of two models to the same questions (McNemar, 1947): under the hypothesis, each
 * question on which they disagree falls to either model with probability one half, so the p-value is twice the smaller
 * binomial tail, at most 1.
 *
 * @throws RangeError for lists of unequal length, or empty ones
 */
export function mcnemar(first: readonly boolean[], second: readonly boolean[]): McNemarResult {
  if (first.length !== second.length) {
    throw new RangeError(
      `McNemar's test compares answers to the same questions; got ${first.length} and ${second.length} answers`,
    );
  }
  if (first.length === 0) throw new RangeError("McNemar's test needs at least one question");
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (const [i, right] of first.entries()) {
    counts[right ? (second[i] ? 'both' : 'onlyFirst') : second[i] ? 'onlySecond' : 'neither']++;
  }
  return { ...counts, pValue: exactPValue(counts.onlyFirst, counts.onlySecond) };
}

function exactPValue(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const smaller = Math.min(onlyFirst, onlySecond);
  // Binomial(n, 1/2) probabilities in logarithms: 2^-n underflows beyond n = 1074.
  let logProbability = -n * Math.LN2;
  let tail = Math.exp(logProbability);
  for (let k = 1; k <= smaller; k++) {
    logProbability += Math.log((n - k + 1) / k);
    tail += Math.exp(logProbability);
  }
  return Math.min(1, 2 * tail);
}
