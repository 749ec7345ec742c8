import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linearScores, nearestCentroid, shrunkDiscriminant } from '../../src/classify/linear.ts';

interface Golden {
  readonly labels: readonly string[];
  readonly features: readonly number[];
  readonly dimension: number;
  readonly asked: readonly number[];
  readonly scores: readonly number[];
}
const golden = JSON.parse(
  readFileSync(new URL('../fixtures/classify/discriminant.json', import.meta.url), 'utf8'),
) as Record<string, Golden>;
const matrix = (data: readonly number[], dimension: number) => ({
  data: Float32Array.from(data),
  shape: [data.length / dimension, dimension] as const,
});

describe('shrunkDiscriminant', () => {
  it.each(Object.entries(golden))('scores as NumPy with the covariance of scikit-learn (%s)', async (_, set) => {
    const classifier = await shrunkDiscriminant(matrix(set.features, set.dimension), set.labels);
    const scores = linearScores(classifier, matrix(set.asked, set.dimension));
    expect(scores).toHaveLength(set.scores.length);
    for (const [i, value] of set.scores.entries()) {
      expect(Math.abs((scores[i] as number) - value)).toBeLessThan(1e-3 * Math.max(1, Math.abs(value)));
    }
  });

  it('refuses classes without any variation', async () => {
    await expect(shrunkDiscriminant(matrix([1, 0, 1, 0, 0, 1], 2), ['a', 'a', 'b'])).rejects.toThrow(
      'all items of each class are the same',
    );
  });

  it('stops when it is aborted in the middle', async () => {
    const data = Float32Array.from({ length: 600 * 400 }, (_, i) => Math.sin(i * i));
    const labels = Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? 'a' : 'b'));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 1);
    const fit = shrunkDiscriminant({ data, shape: [600, 400] }, labels, { signal: stop.signal });
    await expect(fit).rejects.toThrow('enough');
  });
});

describe('nearestCentroid', () => {
  it('scores −‖x − μ‖² / 2 of directions, but for what all classes share', () => {
    // Directions (1, 0) and (0, 1) of class a have the mean (1/2, 1/2); that of b is (−1, 0).
    const classifier = nearestCentroid(matrix([2, 0, 0, 3, -5, 0], 2), ['a', 'a', 'b']);
    const [a = 0, b = 0] = linearScores(classifier, matrix([0, -7], 2));
    expect(classifier.classes).toEqual(['a', 'b']);
    expect(a).toBeCloseTo(-0.5 - 0.25, 6);
    expect(b).toBeCloseTo(0 - 0.5, 6);
  });
});
