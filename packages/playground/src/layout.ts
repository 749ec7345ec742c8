/** A map of the pairs of an index: UMAP over the nearest neighbours that the index finds. */
import type { RelationIndex, WordPair } from 'relbert';
import { eventLoopTurn, pairKey } from 'relbert/cli';
import { Random } from 'relbert/train';
import { UMAP } from 'umap-js';

export interface PlacedPair {
  readonly pair: WordPair;
  /** 0 … 1, from the left and from the top. */
  readonly x: number;
  readonly y: number;
}

export interface LayoutOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (event: LayoutEvent) => void;
}

export type LayoutEvent = { readonly kind: 'neighbours' | 'layout'; readonly done: number; readonly total: number };

/** Each point keeps this many neighbours, itself among them: UMAP's default. */
const neighbours = 15;

export async function layoutOf(index: RelationIndex, { signal, onProgress }: LayoutOptions): Promise<PlacedPair[]> {
  const pairs: WordPair[] = [];
  const graph: { readonly nearest: number[]; readonly distances: number[] }[] = [];
  const total = index.info().rows;
  for await (const block of index.blocks({ signal })) pairs.push(...block.pairs);
  const rowOf = new Map(pairs.map((pair, row) => [pairKey(pair), row]));
  for await (const block of index.blocks({ signal })) {
    const dimension = block.shape[1];
    const queries = block.pairs.map((pair, i) => ({
      pairs: [pair],
      vector: block.data.subarray(i * dimension, (i + 1) * dimension),
    }));
    for (const found of await index.search(queries, { top: neighbours - 1, signal })) {
      const nearest = found.map(({ pair, score }) => ({
        row: rowOf.get(pairKey(pair)) as number,
        distance: 1 - score,
      }));
      graph.push({
        nearest: [graph.length, ...nearest.map(({ row }) => row)],
        distances: [0, ...nearest.map(({ distance }) => Math.max(distance, 0))],
      });
    }
    onProgress({ kind: 'neighbours', done: graph.length, total });
  }
  const random = new Random(0);
  const umap = new UMAP({ nComponents: 2, nNeighbors: neighbours, minDist: 0.05, random: () => random.uniform() });
  umap.setPrecomputedKNN(
    graph.map(({ nearest }) => nearest),
    graph.map(({ distances }) => distances),
  );
  // With the neighbours at hand it counts the rows only.
  const epochs = umap.initializeFit(graph.map((_, row) => [row]));
  for (let done = 0; done < epochs; done++) {
    umap.step();
    await eventLoopTurn(signal);
    onProgress({ kind: 'layout', done: done + 1, total: epochs });
  }
  return place(pairs, umap.getEmbedding());
}

/** Into the unit square, both axes by one scale; the outermost 0.1 % lie on its border. */
function place(pairs: readonly WordPair[], points: readonly (readonly number[])[]): PlacedPair[] {
  const axes = [0, 1].map((axis) => {
    const sorted = points.map((point) => point[axis] as number).sort((a, b) => a - b);
    const outer = Math.floor(sorted.length / 1000);
    return [sorted[outer] as number, sorted[sorted.length - 1 - outer] as number] as const;
  }) as [readonly [number, number], readonly [number, number]];
  const size = Math.max(...axes.map(([least, most]) => most - least)) || 1;
  const scaled = (value: number, [least, most]: readonly [number, number]): number =>
    Math.min(1, Math.max(0, 0.5 + (value - (least + most) / 2) / (size * 1.04)));
  return pairs.map((pair, i) => ({
    pair,
    x: scaled(points[i]?.[0] as number, axes[0]),
    y: scaled(points[i]?.[1] as number, axes[1]),
  }));
}
