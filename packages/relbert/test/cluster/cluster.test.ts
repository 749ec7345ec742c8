import { describe, expect, it } from 'vitest';
import { clusterEmbeddings } from '../../src/cluster/cluster.ts';
import { clusterMap } from '../../src/cluster/cluster-map.ts';
import { Random } from '../../src/data/random.ts';
import { OptionError } from '../../src/encoder/option-error.ts';

/** Directions around axes: `sizes[i]` of them around axis i, of many lengths. */
function around(sizes: readonly number[]) {
  const random = new Random(3);
  const rows = sizes.flatMap((size, axis) =>
    Array.from({ length: size }, () => {
      const length = random.uniform(0.1, 10);
      return Array.from({ length: 6 }, (_, d) => length * ((d === axis ? 1 : 0) + 0.1 * random.normal()));
    }),
  );
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, 6] as const };
}
const embeddings = around([5, 12, 8]);
const pairs = Array.from({ length: 25 }, (_, i) => ({ head: `h${i}`, tail: i === 24 ? '<&>' : `t${i}` }));

describe('clusterEmbeddings', () => {
  it('finds the number of groups and the groups, the largest first', async () => {
    const found = await clusterEmbeddings(embeddings);
    expect(found.k).toBe(3);
    expect(found.clusters).toEqual([...Array(5).fill(2), ...Array(12).fill(0), ...Array(8).fill(1)]);
    expect(found.members.map((places) => places.toSorted((a, b) => a - b))).toEqual([
      Array.from({ length: 12 }, (_, i) => i + 5),
      Array.from({ length: 8 }, (_, i) => i + 17),
      [0, 1, 2, 3, 4],
    ]);
    expect(found.stability).toMatchObject({ starts: 8 });
    expect(found.stability.mean).toBeGreaterThan(0.8);
    expect(found.silhouette).toBeGreaterThan(0.6);
    expect(found.search?.map(({ k }) => k)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('puts the row nearest to the centre first', async () => {
    const rows = { data: Float32Array.of(1, 0.2, 1, 0, 1, -0.1, 0, 1), shape: [4, 2] as const };
    const { members } = await clusterEmbeddings(rows, { k: 2 });
    expect(members[0]?.[0]).toBe(1);
    expect(members[1]).toEqual([3]);
  });

  it('counts the clusters that have rows: fewer than asked for where fewer rows differ', async () => {
    const rows = { data: Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1), shape: [4, 2] as const };
    const found = await clusterEmbeddings(rows, { k: 3 });
    expect(found).toMatchObject({
      k: 2,
      members: [
        [0, 1],
        [2, 3],
      ],
      clusters: [0, 0, 1, 1],
      silhouette: 1,
    });
    const one = { data: Float32Array.of(3, 4), shape: [1, 2] as const };
    expect(await clusterEmbeddings(one, { k: 1 })).toMatchObject({
      ...{ k: 1, silhouette: 0, stability: { mean: 1, least: 1 } },
    });
  });

  it('is judged by 0 where the rows that are looked at are of one cluster', async () => {
    // Every second of 2,000 rows is looked at: the other direction stands at an odd place.
    const data = Float32Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    data.set([0, 1], 2);
    const { members, silhouette } = await clusterEmbeddings({ data, shape: [2000, 2] }, { k: 2 });
    expect([members.map(({ length }) => length), silhouette]).toEqual([[1999, 1], 0]);
  });

  it('says that a number of clusters cannot be, and is stopped', async () => {
    await expect(clusterEmbeddings(embeddings, { k: 26 })).rejects.toThrow(
      new OptionError('26 clusters need as many different pairs, there are 25'),
    );
    await expect(clusterEmbeddings(embeddings, { k: 0 })).rejects.toThrow(
      new OptionError('k must be a positive whole number, got 0'),
    );
    await expect(clusterEmbeddings(around([3]))).rejects.toThrow('four pairs or more, there are 3: give k');
    const stop = new AbortController();
    const onProgress = ({ done }: { readonly done: number }) => done === 3 && stop.abort(new Error('enough'));
    await expect(clusterEmbeddings(embeddings, { signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect((await clusterEmbeddings(embeddings, { k: 1 })).members).toHaveLength(1);
  });
});

describe('clusterMap', () => {
  it('draws a point a pair and a legend, for light and dark pages, and escapes words', async () => {
    const found = await clusterEmbeddings(embeddings, { k: 3 });
    const svg = clusterMap(pairs, embeddings, found, ['one', 'two & a half', 'three']);
    expect(svg.match(/<path /g)).toHaveLength(25 + 3);
    expect(svg).toContain('<title>h24:&#60;&#38;&#62; (2)</title>');
    expect(svg).toContain('2  two &#38; a half (8)');
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    // Of each cluster a colour.
    expect(new Set(svg.match(/fill="#\w+"/g))).toEqual(new Set(['fill="#0072B2"', 'fill="#D55E00"', 'fill="#009E73"']));
    // No name lies on another.
    const names = [...svg.matchAll(/<text class="pair" x="([\d.]+)" y="([\d.]+)">([^<]*)/g)].map(([, x, y, text]) => ({
      left: Number(x),
      right: Number(x) + (text as string).replace(/&#\d+;/g, '&').length * 6,
      y: Number(y),
    }));
    expect(names.length).toBeGreaterThan(5);
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) {
        expect(Math.abs(a.y - b.y) >= 11.9 || a.right < b.left || b.right < a.left).toBe(true);
      }
    }
    expect(clusterMap(pairs, embeddings, found, ['one', 'two & a half', 'three'])).toBe(svg);
  });

  it('draws distances along both axes to the same scale', () => {
    // An arc: wide along one direction, narrow along the other.
    const angles = [-0.4, 0, 0.4];
    const data = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
    const three = pairs.slice(0, 3);
    const svg = clusterMap(three, { data, shape: [3, 2] }, { clusters: [0, 0, 0], members: [[0, 1, 2]] }, ['all']);
    const spots = [...svg.matchAll(/translate\(([\d.]+),([\d.]+)\)/g)]
      .slice(0, 3)
      .map((m) => [Number(m[1]), Number(m[2])]);
    const between = (i: number, j: number) =>
      Math.hypot(...[0, 1].map((axis) => (spots[i]?.[axis] as number) - (spots[j]?.[axis] as number)));
    expect(between(0, 1) / between(0, 2)).toBeCloseTo(Math.sin(0.2) / Math.sin(0.4), 2);
  });

  it('draws very many pairs', () => {
    const count = 130_000;
    const many = Array.from({ length: count }, (_, i) => ({ head: 'h', tail: String(i) }));
    const data = Float32Array.from({ length: count * 3 }, (_, i) => Math.sin(i * i));
    const clusters = many.map((_, i) => i % 2);
    const members = [0, 1].map((cluster) => [...clusters.keys()].filter((i) => clusters[i] === cluster));
    const svg = clusterMap(many, { data, shape: [count, 3] }, { clusters, members }, ['even', 'odd']);
    expect(svg.match(/<path /g)).toHaveLength(count + 2);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});
