import { describe, expect, it } from 'vitest';
import {
  bestTemperature,
  calibrate,
  calibrationError,
  probabilities,
  thresholdsOf,
} from '../../src/classify/calibration.ts';
import { Random } from '../../src/data/random.ts';

/** Rows whose answers are right exactly as often as softmax(scores / temperature) says. */
function rows(count: number, temperature: number) {
  const random = new Random(7);
  const classes = 3;
  const scores = Float32Array.from({ length: count * classes }, () => 4 * random.normal());
  const right = Int32Array.from({ length: count }, (_, row) => {
    const all = probabilities(scores.subarray(row * classes, (row + 1) * classes), temperature);
    const drawn = random.uniform();
    return drawn < (all[0] as number) ? 0 : drawn < (all[0] as number) + (all[1] as number) ? 1 : 2;
  });
  return { scores, classes, right };
}

describe('calibration', () => {
  it('finds the temperature that the answers were drawn with', () => {
    expect(bestTemperature(rows(6000, 3))).toBeCloseTo(3, 0);
    expect(bestTemperature(rows(6000, 0.5))).toBeCloseTo(0.5, 1);
  });

  it('lowers the error of overconfident scores to that of chance', () => {
    const { errorBefore, errorAfter, temperature, pairs } = calibrate(rows(6000, 4));
    expect([pairs, temperature > 3.5, temperature < 4.5]).toEqual([6000, true, true]);
    expect(errorBefore).toBeGreaterThan(0.2);
    expect(errorAfter).toBeLessThan(0.025);
  });

  it('does not become certain of a few rows without a mistake', () => {
    const sure = { scores: Float32Array.of(1, 0, 0, 1, 1, 0), classes: 2, right: Int32Array.of(0, 1, 0) };
    const [first = 0] = probabilities(Float32Array.of(1, 0), bestTemperature(sure));
    // Three of three right: (3 + 1) / (3 + 2).
    expect(first).toBeCloseTo(4 / 5, 3);
  });

  it('is the mean distance between probability and accuracy by bins', () => {
    const log = Math.log;
    const scores = Float32Array.of(log(9), 0, log(9), 0, log(3), 0, 0, log(3));
    // Probabilities .9 .9 .75 .75; right: yes, no, yes, no → |.9 − .5| and |.75 − .5|, half of the rows each.
    const four = { scores, classes: 2, right: Int32Array.of(0, 1, 0, 0) };
    expect(calibrationError(four, () => 1)).toBeCloseTo((0.4 + 0.25) / 2, 6);
    expect(thresholdsOf(four, 1)).toEqual([
      { other: 0.5, kept: 1, accuracy: 0.5 },
      { other: 0.7, kept: 1, accuracy: 0.5 },
      { other: 0.8, kept: 0.5, accuracy: 0.5 },
      { other: 0.9, kept: 0.5, accuracy: 0.5 },
      { other: 0.95, kept: 0, accuracy: null },
    ]);
  });
});
