/** Indexes of vectors around a few directions, as relations are. */
import { Random } from '../../src/data/random.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

export const runtime = nodeRuntime();
export const dimension = 24;
export const model = { name: 'tiny', prompt: '<subj> and <obj>', template: true, pooling: 'difference' };

/** Vectors around a few directions, as relations are. */
export function clustered(count: number, seed = 1): Float32Array {
  const random = new Random(seed);
  const normal = (): number => random.uniform(-1, 1) + random.uniform(-1, 1);
  const centres = Array.from({ length: 40 }, () => Array.from({ length: dimension }, normal));
  return Float32Array.from({ length: count * dimension }, (_, i) => {
    const centre = centres[Math.floor(i / dimension) % centres.length] as number[];
    return (centre[i % dimension] as number) + 0.4 * normal();
  });
}

export const wordsOf = (i: number): WordPair => ({ head: `head${i % 50}`, tail: `tail ${i}` });
export const pairOf = (i: number): WordPair => ({
  ...wordsOf(i),
  columns: {
    id: i,
    relation: ['hypernym', 'antonym', 'part'][i % 3] as string,
    score: i / 10,
  },
});

export async function build(folder: string, count: number, data = clustered(count)): Promise<Float32Array> {
  await using writer = await IndexWriter.create(indexFolder(folder), { dimension, model }, { runtime, threads: 1 });
  const block = 700;
  await writer.add(
    Array.from({ length: Math.ceil(count / block) }, (_, b) => {
      const rows = Array.from({ length: Math.min(block, count - b * block) }, (_, i) => b * block + i);
      return {
        pairs: rows.map(pairOf),
        data: data.subarray(b * block * dimension, (b * block + rows.length) * dimension),
      };
    }),
  );
  return data;
}

/** Rows by cosine, the plain way. */
export function bruteForce(
  data: Float32Array,
  query: Float32Array,
  allowed: (row: number) => boolean = () => true,
): number[] {
  const cosine = (row: number): number => {
    let [dot, squares] = [0, 0];
    for (let i = 0; i < dimension; i++) {
      const x = data[row * dimension + i] as number;
      dot += x * (query[i] as number);
      squares += x * x;
    }
    return dot / Math.sqrt(squares);
  };
  return Array.from({ length: data.length / dimension }, (_, row) => row)
    .filter(allowed)
    .map((row) => ({ row, score: cosine(row) }))
    .sort((a, b) => b.score - a.score)
    .map(({ row }) => row);
}

export const idsOf = (neighbours: readonly { readonly pair: WordPair }[]): number[] =>
  neighbours.map(({ pair }) => pair.columns?.['id'] as number);
