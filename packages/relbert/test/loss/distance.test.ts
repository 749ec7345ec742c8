import { describe, expect, it } from 'vitest';
import { input, reduceSum } from '../../src/graph/index.ts';
import { type Distance, distanceMatrix, rowDistances } from '../../src/loss/distance.ts';
import { LossGraph, matrix } from './run-loss.ts';

describe('distances', () => {
  it.each(['euclidean', 'cosine'] as const)(
    'of rows and of matrices agree, far from the origin too (%s)',
    async (distance: Distance) => {
      const rows = (seed: number) =>
        Array.from({ length: 6 }, (_, i) => Array.from({ length: 8 }, (_, j) => 50 + Math.sin(seed * 31 + i * 8 + j)));
      const a = input('a', 'float32', ['M', 8]);
      const b = input('b', 'float32', ['M', 8]);
      await using byRow = await LossGraph.load(reduceSum(rowDistances(a, b, distance)), [a, b]);
      await using byMatrix = await LossGraph.load(reduceSum(distanceMatrix(a, b, distance)), [a, b]);
      for (let i = 0; i < 6; i++) {
        const feeds = { a: matrix(rows(1).slice(i, i + 1)), b: matrix(rows(2).slice(i, i + 1)) };
        const [row, all] = [await byRow.run(feeds), await byMatrix.run(feeds)];
        const exact = Math.hypot(...(rows(1)[i] as number[]).map((x, j) => x - (rows(2)[i]?.[j] as number)));
        if (distance === 'euclidean') expect(Math.abs(all.loss / exact - 1)).toBeLessThan(1e-4);
        expect(Math.abs(all.loss - row.loss)).toBeLessThan(1e-4);
        const gradient = all.gradients[0] as Float32Array;
        gradient.forEach((value, j) => {
          expect(Math.abs(value - (row.gradients[0]?.[j] as number))).toBeLessThan(1e-4);
        });
      }
    },
  );

  it('of equal rows have gradient 0', async () => {
    const a = input('a', 'float32', ['M', 2]);
    await using graph = await LossGraph.load(reduceSum(distanceMatrix(a, a, 'euclidean')), [a]);
    const { gradients } = await graph.run({
      a: matrix([
        [1, 2],
        [1, 2],
        [4, 6],
      ]),
    });
    expect([...(gradients[0] as Float32Array)].every(Number.isFinite)).toBe(true);
    // two ordered pairs each way: twice the unit vector (3, 4) / 5
    expect(gradients[0]?.[0]).toBeCloseTo(-1.2, 4);
    expect(gradients[0]?.[5]).toBeCloseTo(3.2, 4);
  });
});
