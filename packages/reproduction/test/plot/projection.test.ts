import { PCA } from 'ml-pca';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../relbert/src/data/random.ts';
import { projectEmbeddings } from '../../src/plot/projection.ts';

function matrix(rows: readonly (readonly number[])[]) {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0]?.length ?? 0] as const };
}

/** Unit vectors near one of several directions. */
function clusters(count: number, of: number, dimension: number): { rows: number[][]; cluster: number[] } {
  const random = new Random(1);
  const cluster = Array.from({ length: count }, (_, i) => i % of);
  const rows = cluster.map((own) =>
    Array.from({ length: dimension }, (_, d) => (d === own ? 1 : 0) + 0.05 * random.normal()),
  );
  return { rows, cluster };
}

describe('principal components', () => {
  it('are the directions of greatest variance', async () => {
    // Unit vectors on an arc: the long side of the arc is the first component, its height the second, nothing is left.
    const angles = [-1, -0.5, 0, 0.5, 1];
    const { points, axes } = await projectEmbeddings(matrix(angles.map((a) => [Math.cos(a), Math.sin(a), 0])));
    const mean = angles.reduce((sum, a) => sum + Math.cos(a), 0) / angles.length;
    for (const [i, a] of angles.entries()) {
      expect(Math.abs(points[i]?.[0] as number)).toBeCloseTo(Math.abs(Math.sin(a)), 4);
      expect(Math.abs(points[i]?.[1] as number)).toBeCloseTo(Math.abs(Math.cos(a) - mean), 4);
    }
    const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
    const [long, high] = [squares(angles.map(Math.sin)), squares(angles.map((a) => Math.cos(a) - mean))];
    expect(axes).toEqual([
      `principal component 1 (${((100 * long) / (long + high)).toFixed(1)} % of the variance)`,
      `principal component 2 (${((100 * high) / (long + high)).toFixed(1)} % of the variance)`,
    ]);
  });

  it('of wide embeddings are those of the whole decomposition', async () => {
    const random = new Random(7);
    const [a, b] = [0, 1].map(() => Array.from({ length: 150 }, () => random.normal())) as [number[], number[]];
    const rows = Array.from({ length: 80 }, () => {
      const [x, y] = [random.normal(), 0.7 * random.normal()];
      const row = a.map((value, d) => value * x + (b[d] as number) * y + random.normal());
      const norm = Math.hypot(...row);
      return row.map((value) => value / norm);
    });
    const exact = new PCA(rows).predict(rows, { nComponents: 2 }).to2DArray();
    const { points } = await projectEmbeddings(matrix(rows));
    for (const c of [0, 1] as const) {
      const sign = Math.sign((points[0]?.[c] as number) * (exact[0]?.[c] as number));
      for (const [i, point] of points.entries()) expect(sign * point[c]).toBeCloseTo(exact[i]?.[c] as number, 4);
    }
  });

  it('do not depend on the length of the embeddings', async () => {
    const { rows } = clusters(20, 3, 5);
    const longer = rows.map((row, i) => row.map((value) => value * (i + 1)));
    const [a, b] = [await projectEmbeddings(matrix(rows)), await projectEmbeddings(matrix(longer))];
    for (const [i, point] of a.points.entries()) expect(b.points[i]?.[0]).toBeCloseTo(point[0], 3);
  });
});

describe('UMAP', () => {
  it('keeps neighbours together, the same for the same seed', async () => {
    const { rows, cluster } = clusters(60, 3, 8);
    const events: number[] = [];
    const map = () =>
      projectEmbeddings(matrix(rows), { method: 'umap', seed: 3, onProgress: ({ done }) => events.push(done) });
    const { points } = await map();
    expect((await map()).points).toEqual(points);
    expect(events.length).toBeGreaterThan(10);
    let right = 0;
    for (const [i, [x, y]] of points.entries()) {
      const nearest = points
        .map(([u, v], j) => ({ j, distance: j === i ? Number.POSITIVE_INFINITY : Math.hypot(u - x, v - y) }))
        .reduce((best, own) => (own.distance < best.distance ? own : best));
      if (cluster[nearest.j] === cluster[i]) right++;
    }
    expect(right / points.length).toBeGreaterThan(0.95);
  });

  it('stops when asked to', async () => {
    const { rows } = clusters(30, 3, 8);
    const stop = new AbortController();
    const map = projectEmbeddings(matrix(rows), {
      method: 'umap',
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(map).rejects.toThrow('enough');
  });
});

describe('what cannot be projected', () => {
  it('too few pairs, and no numbers', async () => {
    await expect(projectEmbeddings(matrix([[1, 0]]))).rejects.toThrow('a pca map needs at least 2 pairs, got 1');
    await expect(
      projectEmbeddings(
        matrix([
          [1, 0],
          [0, 1],
          [1, 1],
        ]),
        { method: 'umap' },
      ),
    ).rejects.toThrow('at least 4 pairs, got 3');
    await expect(
      projectEmbeddings(
        matrix([
          [1, 0],
          [Number.NaN, 1],
        ]),
      ),
    ).rejects.toThrow('the embedding of pair 1');
  });
});
