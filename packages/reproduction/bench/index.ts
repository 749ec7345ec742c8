/**
 * RelationIndex beside faiss, hnswlib and usearch on the same vectors: CPU seconds to build, recall@10, milliseconds a
 * query on one thread, time to open, memory.
 *
 *   npm run bench:index -- --vectors VECTORS.npy [--rows N] [--queries N] [--no-python]
 *
 * VECTORS.npy is what `relbert embed --format npy` wrote. The last --queries rows are the questions. Where --rows is more
 * than the file has, further rows are copies with noise (standard deviation 0.03 a dimension of a unit vector). The
 * Python (PYTHON, default python3) may have faiss-cpu, hnswlib and usearch; what it lacks is left out. Only ratios carry
 * over to another machine.
 *
 * A million rows take long: with --folder DIR the files are kept, and --stage vectors, build, search or peers runs one stage.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../relbert/src/data/random.ts';
import { littleEndianBytes, npyHeader, npyRows } from '../../relbert/src/formats/npy.ts';
import { input, matMul, serialize, topK } from '../../relbert/src/graph/index.ts';
import { IndexWriter } from '../../relbert/src/index/index-writer.ts';
import { RelationIndex } from '../../relbert/src/index/relation-index.ts';
import { indexFolder } from '../../relbert/src/node/index-folder.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import { runPython } from './python.ts';

const { values } = parseArgs({
  options: {
    vectors: { type: 'string' },
    rows: { type: 'string' },
    queries: { type: 'string', default: '1000' },
    python: { type: 'boolean', default: true },
    folder: { type: 'string' },
    stage: { type: 'string' },
  },
  allowNegative: true,
});
const queryCount = Number(values.queries);

function writeNpy(file: string, data: Float32Array, columns: number): void {
  writeFileSync(file, Buffer.concat([npyHeader([data.length / columns, columns]), littleEndianBytes(data)]));
}

function normalise(data: Float32Array, dimension: number): void {
  for (let start = 0; start < data.length; start += dimension) {
    let squares = 0;
    for (let i = 0; i < dimension; i++) squares += (data[start + i] as number) ** 2;
    for (let i = 0; i < dimension; i++) data[start + i] = (data[start + i] as number) / Math.sqrt(squares);
  }
}

/** Rows of the file, then copies of them with noise. */
function grown(data: Float32Array, dimension: number, rows: number): Float32Array {
  const real = data.length / dimension;
  const all = new Float32Array(rows * dimension);
  all.set(data.subarray(0, Math.min(real, rows) * dimension));
  const random = new Random(0);
  // Twelve uniform numbers make a normal one nearly enough; two make a triangle, which is enough here.
  const noise = (): number => (random.uniform(-1, 1) + random.uniform(-1, 1)) * 0.03 * Math.sqrt(1.5);
  for (let row = real; row < rows; row++) {
    const from = random.integer(real) * dimension;
    for (let i = 0; i < dimension; i++) all[row * dimension + i] = (data[from + i] as number) + noise();
  }
  normalise(all, dimension);
  return all;
}

/** The ten nearest rows of each query by float32 products. */
async function truthOf(all: Float32Array, queries: Float32Array, dimension: number): Promise<Int32Array> {
  const runtime = nodeRuntime();
  const count = queries.length / dimension;
  const rows = input('rows', 'float32', [dimension, 'N']);
  const asked = input('asked', 'float32', [count, dimension]);
  const { values: scores, indices } = topK(matMul(asked, rows), 10);
  await using session = await runtime.createSession(serialize({ outputs: { scores, indices } }));
  const best = Array.from({ length: count }, () => [] as { row: number; score: number }[]);
  const block = 16_384;
  const n = all.length / dimension;
  for (let first = 0; first < n; first += block) {
    const size = Math.min(block, n - first);
    const transposed = new Float32Array(size * dimension);
    for (let row = 0; row < size; row++) {
      for (let i = 0; i < dimension; i++) transposed[i * size + row] = all[(first + row) * dimension + i] as number;
    }
    const out = await session.run({
      rows: { dtype: 'float32', shape: [dimension, size], data: transposed },
      asked: { dtype: 'float32', shape: [count, dimension], data: queries },
    });
    const found = out['scores']?.data as Float32Array;
    const at = out['indices']?.data as BigInt64Array;
    for (let q = 0; q < count; q++) {
      const list = best[q] as { row: number; score: number }[];
      for (let i = 0; i < 10; i++) {
        list.push({ row: first + Number(at[q * 10 + i]), score: found[q * 10 + i] as number });
      }
      list.sort((a, b) => b.score - a.score);
      list.length = 10;
    }
  }
  return Int32Array.from(best.flatMap((list) => list.map(({ row }) => row)));
}

interface Figures {
  readonly name: string;
  readonly recall: number;
  readonly p50: number;
  readonly cpu: number;
}

/** A whole matrix of a .npy file. */
async function readMatrix(file: string): Promise<{ data: Float32Array; shape: readonly [number, number] }> {
  for await (const matrix of npyRows([readFileSync(file)], file, Number.POSITIVE_INFINITY)) return matrix;
  throw new Error(`${file}: holds no rows`);
}

/** Writes the vectors, the questions and their ten nearest rows. */
async function makeVectors(folder: string, file: string): Promise<void> {
  const { data, shape } = await readMatrix(file);
  const [count, dimension] = shape as [number, number];
  const queries = data.slice((count - queryCount) * dimension);
  const rows = Number(values.rows ?? count - queryCount);
  const real = Math.min(count - queryCount, rows);
  const all = grown(data.slice(0, real * dimension), dimension, rows);
  normalise(queries, dimension);
  writeNpy(join(folder, 'vectors.npy'), all, dimension);
  writeNpy(join(folder, 'queries.npy'), queries, dimension);
  const truth = await truthOf(all, queries, dimension);
  const header = Buffer.from(npyHeader([queryCount, 10]))
    .toString('latin1')
    .replace("'<f4'", "'<i4'");
  writeFileSync(join(folder, 'truth.npy'), Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(truth.buffer)]));
  console.log(`${rows} x ${dimension} (${real} real), ${queryCount} questions`);
}

async function build(folder: string): Promise<void> {
  const { data, shape } = await readMatrix(join(folder, 'vectors.npy'));
  const [rows, dimension] = shape;
  const cpu = process.cpuUsage();
  const start = performance.now();
  {
    const about = { dimension, model: { name: 'bench', prompt: '', template: true, pooling: '' }, overwrite: true };
    const options = { runtime: nodeRuntime(), threads: 1 };
    await using writer = await IndexWriter.create(indexFolder(join(folder, 'index')), about, options);
    await writer.add(blocks(data, rows, dimension));
  }
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  console.log(`built in ${((user + system) / 1e6).toFixed(1)} CPU s (${seconds.toFixed(1)} s)`);
}

function* blocks(data: Float32Array, rows: number, dimension: number) {
  for (let first = 0; first < rows; first += 4096) {
    const last = Math.min(rows, first + 4096);
    const pairs = Array.from({ length: last - first }, (_, i) => ({
      head: `h${(first + i) % 100_000}`,
      tail: String(first + i),
    }));
    yield { pairs, data: data.subarray(first * dimension, last * dimension) };
  }
}

/** In a process of its own, so that memory is that of the searches. */
async function search(folder: string): Promise<void> {
  const { data: queries, shape } = await readMatrix(join(folder, 'queries.npy'));
  const truth = parseInt32(readFileSync(join(folder, 'truth.npy')));
  const [count, dimension] = shape;
  const before = process.memoryUsage().rss;
  const start = performance.now();
  await using index = await RelationIndex.open(indexFolder(join(folder, 'index')));
  const open = performance.now() - start;
  const vectorOf = (q: number): Float32Array => queries.subarray(q * dimension, (q + 1) * dimension);
  for (const probes of [undefined, 32, 64, 96, 128, 256, 'exact'] as const) {
    const options = probes === 'exact' ? { exact: true } : probes === undefined ? {} : { probes };
    const asked = probes === 'exact' ? Math.min(200, count) : count;
    const warmUp = probes === undefined ? 300 : 20;
    // V8 compiles the loops during the first hundreds of searches.
    for (let q = 0; q < warmUp; q++) await index.search([{ vector: vectorOf(q % count) }], options);
    const times: number[] = [];
    let hits = 0;
    const cpu = process.cpuUsage();
    for (let q = 0; q < asked; q++) {
      const before = performance.now();
      const [found = []] = await index.search([{ vector: vectorOf(q) }], options);
      times.push(performance.now() - before);
      const right = truth.subarray(q * 10, (q + 1) * 10);
      hits += found.filter(({ pair }) => right.includes(Number(pair.tail))).length;
    }
    const { user, system } = process.cpuUsage(cpu);
    if (probes === undefined) {
      const { rss } = process.memoryUsage();
      const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
      console.log(
        `open in ${open.toFixed(0)} ms; resident ${megabytes(rss)} MB after ${warmUp + count} searches, ${megabytes(before)} MB before\n`,
      );
      console.log('| index | build CPU s | recall@10 | p50 ms | CPU ms |\n|---|--:|--:|--:|--:|');
    }
    const name = typeof probes === 'number' ? `${probes} lists` : (probes ?? 'default');
    const p50 = times.toSorted((a, b) => a - b)[times.length >> 1] as number;
    row({ name: `relbert, ${name}`, recall: hits / (asked * 10), p50, cpu: (user + system) / 1000 / asked });
  }
}

function row({ name, recall, p50, cpu }: Figures, seconds?: number): void {
  const figures = [seconds?.toFixed(1) ?? '', recall.toFixed(4), p50.toFixed(2), cpu.toFixed(2)];
  console.log(`| ${name} | ${figures.join(' | ')} |`);
}

function parseInt32(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.byteLength));
}

function peers(folder: string): void {
  const files = ['vectors', 'queries', 'truth'].map((name) => join(folder, `${name}.npy`));
  const found = JSON.parse(runPython('index.py', files, { threads: 1, live: true })) as (Figures & { build: number })[];
  for (const other of found) row(other, other.build);
}

/** Runs a stage in a process of its own. */
function stage(name: string, folder: string): void {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [...args, '--folder', folder, '--stage', name], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the stage ${name} failed`);
}

const { vectors, folder, stage: only } = values;
if (only !== undefined && folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  if (only === 'vectors' && vectors !== undefined) await makeVectors(folder, vectors);
  else if (only === 'build') await build(folder);
  else if (only === 'search') await search(folder);
  else if (only === 'peers') peers(folder);
  else throw new Error('--stage is vectors (with --vectors FILE), build, search or peers');
} else if (vectors !== undefined) {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'relbert-bench-index-'));
  try {
    for (const name of ['vectors', 'build', 'search', ...(values.python ? ['peers'] : [])]) stage(name, place);
  } finally {
    if (folder === undefined) rmSync(place, { recursive: true });
  }
} else throw new Error('usage: npm run bench:index -- --vectors VECTORS.npy [--rows N]');
