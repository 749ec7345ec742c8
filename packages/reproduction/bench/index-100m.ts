/**
 * What an index of 100 million pairs would take, from measurements on the vectors of a file:
 *
 *   npx tsx packages/reproduction/bench/index-100m.ts --vectors VECTORS.npy [--rows N] [--queries N]
 *
 * Measures the assignment of rows to lists by one level of centroids and by two (centroids in groups; a row is compared
 * with the centroids of the groups that are nearest to its group), how many of the ten nearest rows of a question are in
 * the lists that it reads, and the CPU time of a row in every other stage of the build. Prints what that makes for 100
 * million rows; docs/index-100m.md draws the design.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { npyRows } from '../../relbert/src/formats/npy.ts';
import { argMax, input, matMul, serialize, topK } from '../../relbert/src/graph/index.ts';
import { CoarseLists, listCount, sampleSize } from '../../relbert/src/index/coarse-lists.ts';
import { IndexWriter } from '../../relbert/src/index/index-writer.ts';
import { unitRows } from '../../relbert/src/index/mining.ts';
import { indexFolder } from '../../relbert/src/node/index-folder.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';

const { values } = parseArgs({
  options: { vectors: { type: 'string' }, rows: { type: 'string' }, queries: { type: 'string', default: '200' } },
});
if (values.vectors === undefined) throw new Error('usage: index-100m.ts --vectors VECTORS.npy [--rows N]');
const runtime = nodeRuntime();
const target = 100_000_000;

async function read(file: string): Promise<{ all: Float32Array; dimension: number }> {
  for await (const { data, shape } of npyRows([readFileSync(file)], file, Number.POSITIVE_INFINITY)) {
    const dimension = shape[1] as number;
    const rows = Math.min(shape[0] as number, Number(values.rows ?? Number.POSITIVE_INFINITY));
    return { all: unitRows(data.subarray(0, rows * dimension), dimension), dimension };
  }
  throw new Error(`${file}: holds no rows`);
}

/** CPU seconds that some work takes. */
async function measured<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (user + system) / 1e6 };
}

function transposed(rows: Float32Array, dimension: number): Float32Array {
  const n = rows.length / dimension;
  return Float32Array.from(rows, (_, at) => rows[(at % n) * dimension + Math.floor(at / n)] as number);
}

/** The k best columns for each row. */
async function best(rows: Float32Array, columns: Float32Array, dimension: number, k: number): Promise<Int32Array> {
  const n = columns.length / dimension;
  const products = matMul(input('rows', 'float32', ['N', dimension]), input('columns', 'float32', [dimension, 'K']));
  const outputs = { found: k === 1 ? argMax(products) : topK(products, k).indices };
  await using session = await runtime.createSession(serialize({ outputs }), { threads: 1 });
  const turned = transposed(columns, dimension);
  const found: number[] = [];
  for (let first = 0; first * dimension < rows.length; first += 4096) {
    const data = rows.slice(first * dimension, (first + 4096) * dimension);
    const out = await session.run({
      rows: { dtype: 'float32', shape: [data.length / dimension, dimension], data },
      columns: { dtype: 'float32', shape: [dimension, n], data: turned.slice() },
    });
    const indices = out['found']?.data as BigInt64Array;
    for (const index of indices) found.push(Number(index));
  }
  return Int32Array.from(found);
}

function gather(rows: Float32Array, dimension: number, chosen: readonly number[]): Float32Array {
  const out = new Float32Array(chosen.length * dimension);
  for (const [i, row] of chosen.entries())
    out.set(rows.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return out;
}

/** Lists of rows by groups of centroids: each group is compared with the centroids of its `near` nearest groups. */
async function twoLevels(rows: Float32Array, centroids: Float32Array, dimension: number, groups: number, near: number) {
  await using coarse = await CoarseLists.train(centroids, { dimension, count: groups, runtime, threads: 1 });
  const groupOfCentroid = await coarse.assign(centroids);
  const neighbours = await best(coarse.centroids, coarse.centroids, dimension, near);
  const { result: lists, seconds } = await measured(async () => {
    const groupOfRow = await coarse.assign(rows);
    const lists = new Int32Array(groupOfRow.length);
    for (let group = 0; group < groups; group++) {
      const members = [...groupOfRow.keys()].filter((row) => groupOfRow[row] === group);
      const close = new Set(neighbours.subarray(group * near, (group + 1) * near));
      const candidates = [...groupOfCentroid.keys()].filter((list) => close.has(groupOfCentroid[list] as number));
      if (members.length === 0 || candidates.length === 0) continue;
      const found = await best(
        gather(rows, dimension, members),
        gather(centroids, dimension, candidates),
        dimension,
        1,
      );
      for (const [i, row] of members.entries()) lists[row] = candidates[found[i] as number] as number;
    }
    return lists;
  });
  return { lists, seconds };
}

const { all, dimension } = await read(values.vectors);
const queries = Number(values.queries);
const questions = all.slice(all.length - queries * dimension);
const rows = all.subarray(0, all.length - queries * dimension);
const n = rows.length / dimension;
const count = listCount(n);
const sampled = sampleSize(n);
const sample = gather(
  rows,
  dimension,
  Array.from({ length: sampled }, (_, i) => Math.floor((i * n) / sampled)),
);
const { result: trained, seconds: training } = await measured(() =>
  CoarseLists.train(sample, { dimension, count, runtime, threads: 1 }),
);
await using flatLists = trained;
const flat = await measured(() => flatLists.assign(rows));
const groups = Math.round(Math.sqrt(count));
const near = Math.max(2, Math.round(groups / 4));
const two = await twoLevels(rows, flatLists.centroids, dimension, groups, near);
const probes = Math.ceil(3 * Math.sqrt(count));
const truth = await best(questions, rows, dimension, 10);
const nearestLists = await best(questions, flatLists.centroids, dimension, probes);
const within = (lists: Int32Array): number => {
  const hits = truth.filter((row, at) => {
    const q = Math.floor(at / 10);
    return nearestLists.subarray(q * probes, (q + 1) * probes).includes(lists[row] as number);
  });
  return hits.length / truth.length;
};
const same = two.lists.filter((list, row) => list === flat.result[row]).length / n;
console.log(`${n} rows x ${dimension}, ${count} lists, ${probes} read; ${groups} groups, ${near} near\n`);
console.log(
  '| assignment | CPU µs a row | the same list | of the ten nearest, in lists that are read |\n|---|--:|--:|--:|',
);
const micros = (seconds: number): number => (seconds / n) * 1e6;
console.log(`| one level | ${micros(flat.seconds).toFixed(1)} | 1 | ${within(flat.result).toFixed(4)} |`);
console.log(
  `| two levels | ${micros(two.seconds).toFixed(1)} | ${same.toFixed(4)} | ${within(two.lists).toFixed(4)} |`,
);

const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-100m-'));
try {
  const about = { dimension, model: { name: 'bench', prompt: '', template: true, pooling: '' } };
  const block = { pairs: Array.from({ length: n }, (_, i) => ({ head: `h${i % 9973}`, tail: `t${i}` })), data: rows };
  const built = await measured(async () => {
    await using writer = await IndexWriter.create(indexFolder(folder), about, { runtime, threads: 1 });
    await writer.add([block]);
  });
  const bytes = (await readdir(folder)).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / n;
  const other = micros(built.seconds - training - flat.seconds);
  // Per centroid and row, with one level; two levels compare with √K groups and a quarter of the centroids.
  const perProduct = micros(flat.seconds) / count;
  const lists = listCount(target);
  const level = Math.round(Math.sqrt(lists));
  const assign = perProduct * (level + lists / 4);
  const hours = (perRow: number): string => ((perRow * target) / 1e6 / 3600).toFixed(1);
  const train = (perProduct * lists * sampleSize(target) * 6) / 1e6 / 3600;
  console.log(`\n| ${target / 1e6} million rows, ${lists} lists | |\n|---|--:|`);
  console.log(`| assignment, one level | ${hours(perProduct * lists)} CPU h |`);
  console.log(`| assignment, two levels, a quarter of the centroids | ${hours(assign)} CPU h |`);
  console.log(`| training of the centroids, one level | ${train.toFixed(1)} CPU h |`);
  console.log(`| reading, coding, writing | ${hours(other)} CPU h |`);
  console.log(`| on disk | ${((bytes * target) / 1e9).toFixed(0)} GB |`);
  console.log(`| tables in memory, as today | ${((target * 4 + lists * (dimension + 24)) / 1e9).toFixed(2)} GB |`);
  console.log(
    `| codes that a question reads | ${((3 * Math.sqrt(lists) * (target / lists) * (dimension / 8 + 8)) / 1e6).toFixed(0)} MB |`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
await runtime.dispose();
