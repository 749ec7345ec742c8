/** @file Probabilities that mean what they say: temperature scaling, and the error of calibration. */

import { firstMaximum } from '../evaluate/first-maximum.ts';

/** Scores [n, K] and the right class of each row. */
export interface ScoredRows {
  readonly scores: Float32Array;
  readonly classes: number;
  readonly right: Int32Array;
}

/** Softmax of one row of scores divided by a temperature. */
export function probabilities(scores: Float32Array, temperature: number): Float64Array {
  const greatest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(scores, (score) => Math.exp((score - greatest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The temperature that makes the right classes most probable (Guo et al., "On Calibration of Modern Neural Networks",
 * 2017). As in Platt scaling the right class counts as (n + 1) / (n + 2), so that a few rows without a mistake do not
 * make every later answer certain.
 */
export function bestTemperature(rows: ScoredRows): number {
  const { scores, classes, right } = rows;
  const rest = 1 / (right.length + 2) / (classes - 1);
  const rowOf = (row: number): Float32Array => scores.subarray(row * classes, (row + 1) * classes);
  const greatest = Float64Array.from(right, (_, row) => Math.max(...rowOf(row)));
  /** Each row's mean score under the smoothed answer, less its greatest. */
  const wanted = Float64Array.from(right, (label, row) => {
    const weight = (k: number): number => (k === label ? 1 - rest * (classes - 1) : rest);
    return rowOf(row).reduce((sum, score, k) => sum + weight(k) * (score - (greatest[row] as number)), 0);
  });
  /** Cross-entropy at a temperature: log Σ exp(z / T) − Σ y z / T of each row. */
  const loss = (log: number): number => {
    const inverse = Math.exp(-log);
    let sum = 0;
    for (const row of right.keys()) {
      let powers = 0;
      for (let k = 0; k < classes; k++) {
        powers += Math.exp(((scores[row * classes + k] as number) - (greatest[row] as number)) * inverse);
      }
      sum += Math.log(powers) - (wanted[row] as number) * inverse;
    }
    return sum;
  };
  // The loss has one minimum: golden sections close in on it.
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-4), Math.log(1e4)];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [lossA, lossB] = [loss(a), loss(b)];
  while (high - low > 1e-4) {
    if (lossA < lossB) {
      [high, b, lossB] = [b, a, lossA];
      a = high - ratio * (high - low);
      lossA = loss(a);
    } else {
      [low, a, lossA] = [a, b, lossB];
      b = low + ratio * (high - low);
      lossB = loss(b);
    }
  }
  return Math.exp((low + high) / 2);
}

/** The class that a row's scores favour, the first of equals. */
export function likeliest({ scores, classes }: Pick<ScoredRows, 'scores' | 'classes'>, row: number): number {
  return firstMaximum(scores.subarray(row * classes, (row + 1) * classes));
}

const BINS = 15;

/**
 * Expected calibration error: the mean, over the rows, of the difference between probability and accuracy in each of 15
 * bins of equal width.
 */
export function calibrationError(
  { scores, classes, right }: ScoredRows,
  temperatureOf: (row: number) => number,
): number {
  const bins = Array.from({ length: BINS }, () => ({ probability: 0, correct: 0 }));
  for (const [row, label] of right.entries()) {
    const all = probabilities(scores.subarray(row * classes, (row + 1) * classes), temperatureOf(row));
    const best = firstMaximum(all);
    const probability = all[best] as number;
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))] as (typeof bins)[number];
    bin.probability += probability;
    bin.correct += best === label ? 1 : 0;
  }
  return bins.reduce((sum, bin) => sum + Math.abs(bin.probability - bin.correct), 0) / right.length;
}

export interface Calibration {
  /** Scores are divided by it. */
  readonly temperature: number;
  /** Rows that it was found on. */
  readonly pairs: number;
  /** Expected calibration error with temperature 1. */
  readonly errorBefore: number;
  /** The same afterwards, each half of the rows with the temperature that the other half asks for. */
  readonly errorAfter: number;
}

export function calibrate(rows: ScoredRows): Calibration {
  const temperature = bestTemperature(rows);
  const halves = rows.right.length < 2 ? [] : [0, 1].map((half) => bestTemperature(everySecond(rows, half)));
  return {
    temperature,
    pairs: rows.right.length,
    errorBefore: calibrationError(rows, () => 1),
    errorAfter: calibrationError(rows, (row) => halves[(row + 1) % 2] ?? temperature),
  };
}

/** What is left where pairs below a probability are `other`. */
export interface Threshold {
  readonly other: number;
  /** Share of the rows. */
  readonly kept: number;
  /** null: none are kept. */
  readonly accuracy: number | null;
}

export function thresholdsOf({ scores, classes, right }: ScoredRows, temperature: number): Threshold[] {
  const answers = Array.from(right, (label, row) => {
    const all = probabilities(scores.subarray(row * classes, (row + 1) * classes), temperature);
    const best = firstMaximum(all);
    return { probability: all[best] as number, correct: best === label };
  });
  return [0.5, 0.7, 0.8, 0.9, 0.95].map((other) => {
    const kept = answers.filter(({ probability }) => probability >= other);
    const correct = kept.filter(({ correct }) => correct).length;
    return { other, kept: kept.length / right.length, accuracy: kept.length === 0 ? null : correct / kept.length };
  });
}

function everySecond({ scores, classes, right }: ScoredRows, first: number): ScoredRows {
  const rows = [...right.keys()].filter((row) => row % 2 === first);
  return {
    classes,
    scores: Float32Array.from(rows.flatMap((row) => [...scores.subarray(row * classes, (row + 1) * classes)])),
    right: Int32Array.from(rows, (row) => right[row] as number),
  };
}
