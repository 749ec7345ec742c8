/**
 * An index in PostgreSQL: rows a second by binary COPY and by text COPY of the same rows, seconds to build the graph,
 * recall@10, milliseconds a search, and how many rows a filter of 1 % gives.
 *
 *   npm run bench:postgres -- --to postgres://... --vectors VECTORS.npy [--rows N] [--queries N]
 *
 * VECTORS.npy is what `relbert embed --format npy` wrote. Its last --queries rows are the questions. The tables
 * relbert_bench and relbert_bench_text are replaced. Only ratios carry over to another machine.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { npyRows } from '../../relbert/src/formats/npy.ts';
import type { VectorBlock } from '../../relbert/src/formats/vector-block.ts';
import type { PairIndex } from '../../relbert/src/index/pair-index.ts';
import { wordsOf } from '../../relbert/src/index/row-keys.ts';
import { unitVector } from '../../relbert/src/index/unit-vector.ts';
import { PostgresIndex } from '../../relbert/src/node/postgres/postgres-index.ts';
import { pushIndex } from '../../relbert/src/node/postgres/push-index.ts';

const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    vectors: { type: 'string' },
    rows: { type: 'string' },
    queries: { type: 'string', default: '200' },
  },
});
const { to, vectors: file } = values;
if (to === undefined || file === undefined) throw new Error('give --to postgres://... and --vectors VECTORS.npy');
const queryCount = Number(values.queries);

const blocks: Float32Array[] = [];
let dimension = 0;
for await (const { data, shape } of npyRows(createReadStream(file), file, 1000)) {
  dimension = shape[1];
  for (let row = 0; row < shape[0]; row++) {
    blocks.push(unitVector(data.slice(row * dimension, (row + 1) * dimension), () => `row ${blocks.length}`));
  }
}
const questions = blocks.slice(-queryCount);
const rows = blocks.slice(0, Math.min(blocks.length - queryCount, Number(values.rows ?? Number.POSITIVE_INFINITY)));
const pairOf = (id: number) => ({
  head: `head${id % 1000}`,
  tail: `tail ${id}`,
  columns: { id, relation: `r${id % 100}` },
});

const source: PairIndex = {
  origin: file,
  dimension,
  model: { name: 'bench', prompt: '', template: false, pooling: 'difference' },
  columns: ['id', 'relation'],
  async *blocks(): AsyncGenerator<VectorBlock> {
    const size = 250;
    for (let first = 0; first < rows.length; first += size) {
      const some = rows.slice(first, first + size);
      const data = new Float32Array(some.length * dimension);
      for (const [i, vector] of some.entries()) data.set(vector, i * dimension);
      yield { pairs: some.map((_, i) => pairOf(first + i)), data, shape: [some.length, dimension] };
    }
  },
  search: async () => [],
  vectorOf: async () => undefined,
  count: async () => rows.length,
  sample: async () => new Float32Array(),
  async [Symbol.asyncDispose]() {},
};

/** What the load took, until the first index is begun. */
async function binaryCopy(): Promise<number> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  let end = start;
  let copied = cpu;
  await pushIndex(source, to as string, {
    table: 'relbert_bench',
    overwrite: true,
    onProgress: ({ kind }) => {
      if (kind !== 'copying') return;
      end = performance.now();
      copied = process.cpuUsage(cpu);
    },
  });
  const total = performance.now();
  console.log(
    `binary COPY: ${rate(rows.length, end - start)} rows/s, ${cpuOf(copied, rows.length)} us CPU a row here; indexes ${((total - end) / 1000).toFixed(1)} s`,
  );
  return rows.length / (end - start);
}

/** The same rows as text, as most programs write them. */
async function textCopy(count: number): Promise<number> {
  const client = new pg.Client(to);
  await client.connect();
  await client.query('drop table if exists relbert_bench_text; create table relbert_bench_text (like relbert_bench)');
  const start = performance.now();
  const cpu = process.cpuUsage();
  function* lines(): Generator<string> {
    for (let id = 0; id < count; id++) {
      const pair = pairOf(id);
      const words = `{${[...wordsOf(pair)].join(',')}}`;
      const key = id.toString(16).padStart(32, '0');
      yield `${key}\t${pair.head}\t${pair.tail}\t${words}\t${JSON.stringify(pair.columns)}\t[${rows[id]?.join(',')}]\n`;
    }
  }
  await pipeline(
    Readable.from(lines()),
    client.query(copyFrom('copy relbert_bench_text (key, head, tail, words, columns, embedding) from stdin')),
  );
  const took = performance.now() - start;
  console.log(`text COPY: ${rate(count, took)} rows/s, ${cpuOf(process.cpuUsage(cpu), count)} us CPU a row here`);
  await client.query('drop table relbert_bench_text');
  await client.end();
  return count / took;
}

const rate = (count: number, milliseconds: number): string => ((count / milliseconds) * 1000).toFixed(0);
const cpuOf = ({ user, system }: NodeJS.CpuUsage, count: number): string => ((user + system) / count).toFixed(1);

const binary = await binaryCopy();
const text = await textCopy(Math.min(rows.length, 10_000));
console.log(`binary is ${(binary / text).toFixed(1)} times as fast`);

const queries = questions.map((vector) => ({ vector }));
const idsOf = (found: Awaited<ReturnType<PairIndex['search']>>): unknown[][] =>
  found.map((list) => list.map(({ pair }) => pair.columns?.['id']));
{
  await using index = await PostgresIndex.open(to, { table: 'relbert_bench', connections: 1 });
  const exact = idsOf(await index.search(queries, { exact: true }));
  for (const efSearch of [40, 100, 200]) {
    await using tuned = await PostgresIndex.open(to, { table: 'relbert_bench', connections: 1, efSearch });
    const times: number[] = [];
    const found: unknown[][] = [];
    for (const query of queries) {
      const start = performance.now();
      found.push(...idsOf(await tuned.search([query])));
      times.push(performance.now() - start);
    }
    const hits = found.flatMap((ids, q) => ids.filter((id) => exact[q]?.includes(id))).length;
    console.log(
      `ef_search ${efSearch}: recall@10 ${(hits / exact.flat().length).toFixed(4)}, median ${median(times).toFixed(2)} ms`,
    );
  }
  const times: number[] = [];
  let [given, wanted] = [0, 0];
  for (const [q, query] of queries.entries()) {
    const start = performance.now();
    given += (await index.search([query], { where: `relation = "r${q % 100}"` }))[0]?.length ?? 0;
    times.push(performance.now() - start);
    wanted += 10;
  }
  console.log(`filter of 1 %: ${given} of ${wanted} rows, median ${median(times).toFixed(2)} ms`);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}
