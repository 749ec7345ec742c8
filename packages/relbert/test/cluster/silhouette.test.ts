import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adjustedRandIndex, distancesOf, meanSilhouette } from '../../src/cluster/silhouette.ts';

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/cluster/silhouette.json', import.meta.url), 'utf8'),
) as Record<'rows', number[][]> & Record<'a' | 'b', number[]> & Record<'silhouette' | 'rand', number>;

describe('meanSilhouette', () => {
  it('is that of scikit-learn, a row alone in its cluster included', () => {
    expect(meanSilhouette(distancesOf(golden.rows), golden.a)).toBeCloseTo(golden.silhouette, 6);
  });

  it('is 0 for rows of a single cluster, by any number', () => {
    expect(meanSilhouette(distancesOf([[0], [1], [3]]), [0, 0, 0])).toBe(0);
    expect(meanSilhouette(distancesOf([[0], [1], [3]]), [2, 2, 2])).toBe(0);
    // a = 1 and b = 3 of row 0, a = 1 and b = 2 of row 1; row 2 is alone.
    expect(meanSilhouette(distancesOf([[0], [1], [3]]), [0, 0, 2])).toBeCloseTo((2 / 3 + 1 / 2) / 3, 6);
  });
});

describe('adjustedRandIndex', () => {
  it('is that of scikit-learn', () => {
    expect(adjustedRandIndex(golden.a, golden.b)).toBeCloseTo(golden.rand, 12);
  });

  it('does not look at names, and is 1 where all is one', () => {
    expect(adjustedRandIndex([0, 0, 1, 2], [5, 5, 3, 9])).toBe(1);
    expect(adjustedRandIndex([0, 0, 0], [1, 1, 1])).toBe(1);
    expect(adjustedRandIndex([0], [0])).toBe(1);
    expect(adjustedRandIndex([], [])).toBe(1);
  });
});
