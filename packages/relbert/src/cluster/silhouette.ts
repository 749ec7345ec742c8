/** @file How well clusters are told apart, and how far two clusterings agree. */

/** Rows of one length. */
export type Rows = readonly (readonly number[])[];

/** Euclidean distances [n, n] of every two rows. */
export function distancesOf(rows: Rows): Float32Array {
  const n = rows.length;
  const distances = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const a = rows[i] as readonly number[];
    for (let j = 0; j < i; j++) {
      const b = rows[j] as readonly number[];
      let sum = 0;
      for (let d = 0; d < a.length; d++) sum += ((a[d] as number) - (b[d] as number)) ** 2;
      distances[i * n + j] = distances[j * n + i] = Math.sqrt(sum);
    }
  }
  return distances;
}

/**
 * Mean silhouette (Rousseeuw 1987): (b − a) / max(a, b) of each row, a the mean distance to its cluster and b to the
 * nearest other one; 0 for a row alone in its cluster, or where no other cluster has rows. −1 … 1.
 *
 * @param distances [n, n] of every two rows.
 * @param clusters The cluster of each row, from 0.
 */
export function meanSilhouette(distances: Float32Array, clusters: readonly number[]): number {
  const n = clusters.length;
  const count = Math.max(...clusters) + 1;
  const sizes = new Array<number>(count).fill(0);
  for (const cluster of clusters) sizes[cluster] = (sizes[cluster] as number) + 1;
  let total = 0;
  for (const [i, home] of clusters.entries()) {
    if (sizes[home] === 1) continue;
    const sums = new Float64Array(count);
    for (const [j, cluster] of clusters.entries()) {
      sums[cluster] = (sums[cluster] as number) + (distances[i * n + j] as number);
    }
    const inside = (sums[home] as number) / ((sizes[home] as number) - 1);
    const outside = Math.min(
      ...Array.from(sums, (sum, k) =>
        k === home || !sizes[k] ? Number.POSITIVE_INFINITY : sum / (sizes[k] as number),
      ),
    );
    const greater = Math.max(inside, outside);
    total += greater === 0 || greater === Number.POSITIVE_INFINITY ? 0 : (outside - inside) / greater;
  }
  return total / n;
}

/**
 * Adjusted Rand index (Hubert and Arabie 1985) of two clusterings of the same items: 1 where they are the same but for
 * names or have fewer than two items, about 0 where they agree by chance.
 */
export function adjustedRandIndex(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2) return 1;
  const both = new Map<string, number>();
  const [ofA, ofB] = [new Map<number, number>(), new Map<number, number>()];
  const add = <K>(map: Map<K, number>, key: K) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    add(both, `${x} ${y}`);
    add(ofA, x);
    add(ofB, y);
  }
  const pairs = (counts: Iterable<number>): number => [...counts].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const [together, inA, inB] = [both, ofA, ofB].map((map) => pairs(map.values())) as [number, number, number];
  const expected = (inA * inB) / pairs([a.length]);
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}
