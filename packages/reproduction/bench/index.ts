/**
 * RelationIndex beside faiss, hnswlib and usearch on the same vectors: CPU seconds to build, recall@10, milliseconds a
 * query on one thread, time to open, memory.
 *
 *   npm run bench:index -- --vectors VECTORS.npy [--rows N] [--queries N] [--no-python] [--keep]
 *
 * VECTORS.npy is what `relbert embed --format npy` wrote. The last --queries rows are the questions. Where --rows is more
 * than the file has, further rows are copies with noise (standard deviation 0.03 a dimension of a unit vector). The
 * Python (PYTHON, default python3) may have faiss-cpu, hnswlib and usearch; what it lacks is left out. Only ratios carry
 * over to another machine.
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
    /** Leaves the folder with the index, for further runs with --search. */
    keep: { type: 'boolean', default: false },
    /** Used by the bench itself: measures the searches of a built index in a process of their own. */
    search: { type: 'string' },
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

interface SearchFigures {
  readonly open: number;
  readonly memory: number;
  readonly searches: readonly {
    readonly name: string;
    readonly recall: number;
    readonly p50: number;
    readonly cpu: number;
  }[];
}

/** A whole matrix of a .npy file. */
async function readMatrix(file: string): Promise<{ data: Float32Array; shape: readonly [number, number] }> {
  for await (const matrix of npyRows([readFileSync(file)], file, Number.POSITIVE_INFINITY)) return matrix;
  throw new Error(`${file}: holds no rows`);
}

/** In a process of its own, so that memory is that of the searches. */
async function searchFigures(folder: string): Promise<SearchFigures> {
  const { data: queries, shape } = await readMatrix(join(folder, 'queries.npy'));
  const truth = parseInt32(readFileSync(join(folder, 'truth.npy')));
  const dimension = shape[1] as number;
  const start = performance.now();
  await using index = await RelationIndex.open(indexFolder(join(folder, 'index')));
  const open = performance.now() - start;
  const vectorOf = (q: number): Float32Array => queries.subarray(q * dimension, (q + 1) * dimension);
  const searches: { name: string; recall: number; p50: number; cpu: number }[] = [];
  let memory = 0;
  const lists = Math.round(4 * Math.sqrt(index.info().rows));
  for (const probes of [undefined, 32, 64, 96, 128, 256, 'exact', 'exact, 16 questions together'] as const) {
    if (typeof probes === 'number' && probes > lists) continue;
    const options = typeof probes === 'string' ? { exact: true } : probes === undefined ? {} : { probes };
    const count = typeof probes === 'string' ? Math.min(64, queryCount) : queryCount;
    const together = probes === 'exact, 16 questions together' ? 16 : 1;
    for (let q = 0; q < 20; q++) await index.search([{ vector: vectorOf(q) }], options);
    const times: number[] = [];
    let hits = 0;
    const cpu = process.cpuUsage();
    for (let q = 0; q < count; q += together) {
      const questions = Array.from({ length: Math.min(together, count - q) }, (_, i) => ({ vector: vectorOf(q + i) }));
      const before = performance.now();
      const results = await index.search(questions, options);
      times.push((performance.now() - before) / questions.length);
      for (const [i, found] of results.entries()) {
        const right = new Set(truth.subarray((q + i) * 10, (q + i + 1) * 10));
        hits += found.filter(({ pair }) => right.has(Number(pair.tail))).length;
      }
    }
    const { user, system } = process.cpuUsage(cpu);
    const name = probes === undefined ? 'as it comes' : typeof probes === 'string' ? probes : `probes ${probes}`;
    const p50 = times.toSorted((a, b) => a - b)[times.length >> 1] as number;
    searches.push({ name, recall: hits / (count * 10), p50, cpu: (user + system) / 1000 / count });
    if (probes === undefined) memory = process.memoryUsage().rss / 2 ** 20;
  }
  return { open, memory, searches };
}

function parseInt32(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.byteLength));
}

async function bench(file: string): Promise<void> {
  const { data, shape } = await readMatrix(file);
  const [real, dimension] = shape as [number, number];
  const queries = data.slice((real - queryCount) * dimension);
  const rows = Number(values.rows ?? real - queryCount);
  const kept = Math.min(real - queryCount, rows);
  const all = grown(data.slice(0, kept * dimension), dimension, rows);
  normalise(queries, dimension);
  const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-index-'));
  try {
    mkdirSync(join(folder, 'index'));
    writeNpy(join(folder, 'vectors.npy'), all, dimension);
    writeNpy(join(folder, 'queries.npy'), queries, dimension);
    const truth = await truthOf(all, queries, dimension);
    const header = npyHeader([queryCount, 10]);
    writeFileSync(
      join(folder, 'truth.npy'),
      Buffer.concat([
        Buffer.from(Buffer.from(header).toString('latin1').replace("'<f4'", "'<i4'"), 'latin1'),
        Buffer.from(truth.buffer),
      ]),
    );
    const cpu = process.cpuUsage();
    const start = performance.now();
    {
      const about = { dimension, model: { name: 'bench', prompt: '', template: true, pooling: '' } };
      await using writer = await IndexWriter.create(indexFolder(join(folder, 'index')), about, {
        runtime: nodeRuntime(),
        threads: 1,
      });
      await writer.add(
        (function* blocks() {
          for (let first = 0; first < rows; first += 4096) {
            const last = Math.min(rows, first + 4096);
            yield {
              pairs: Array.from({ length: last - first }, (_, i) => ({
                head: `h${(first + i) % 100_000}`,
                tail: String(first + i),
              })),
              data: all.subarray(first * dimension, last * dimension),
            };
          }
        })(),
      );
    }
    const { user, system } = process.cpuUsage(cpu);
    const build = (user + system) / 1e6;
    const wall = (performance.now() - start) / 1000;
    const child = spawnSync(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(import.meta.url), '--search', folder, '--queries', values.queries],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ours = JSON.parse(child.stdout) as SearchFigures;
    console.log(
      `${rows} x ${dimension} (${kept} real), ${queryCount} questions; build ${build.toFixed(1)} CPU s (${wall.toFixed(1)} s); open ${ours.open.toFixed(0)} ms; resident ${ours.memory.toFixed(0)} MB after ${queryCount} searches\n`,
    );
    console.log('| index | build CPU s | recall@10 | p50 ms | CPU ms |\n|---|--:|--:|--:|--:|');
    const line = (
      name: string,
      seconds: number,
      { recall, p50, cpu }: { recall: number; p50: number; cpu: number },
    ): void =>
      console.log(`| ${name} | ${seconds.toFixed(1)} | ${recall.toFixed(4)} | ${p50.toFixed(2)} | ${cpu.toFixed(2)} |`);
    for (const search of ours.searches) line(`relbert, ${search.name}`, build, search);
    if (!values.python) return;
    const others = runPython(
      'index.py',
      ['vectors', 'queries', 'truth'].map((name) => join(folder, `${name}.npy`)),
      { threads: 1, live: true },
    );
    for (const other of JSON.parse(others) as {
      name: string;
      build: number;
      recall: number;
      p50: number;
      cpu: number;
    }[])
      line(other.name, other.build, other);
  } finally {
    if (values.keep) console.log(`\n${folder}`);
    else rmSync(folder, { recursive: true });
  }
}

if (values.search !== undefined) console.log(JSON.stringify(await searchFigures(values.search)));
else if (values.vectors !== undefined) await bench(values.vectors);
else throw new Error('usage: npm run bench:index -- --vectors VECTORS.npy [--rows N]');
