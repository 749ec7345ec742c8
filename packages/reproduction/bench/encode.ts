/**
 * Encoding speed beside what else a user could pick: the same 4,096 pairs, the same weights, template a, tokenising
 * included everywhere.
 *
 *   npm run bench:encode -- [--model DIR] [--threads N] [--rounds N] [--pairs N] [--only REGEX]
 *
 * `--only` names those to be measured, by their names in the table, relbert f32 among them.
 *
 * Needs ../shared and a Python with torch and transformers (PYTHON, default python3). The others run where they are
 * installed: openvino; sentence-transformers[onnx] (with optimum-onnx 0.1 that wants transformers 4); and
 * @huggingface/transformers, here or beside the node_modules of the folder TRANSFORMERS_JS, with a model that
 * sentence-transformers exports for it. Runs in turn, prints medians and ratios; only the ratios carry over to another
 * machine.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { exportOnnx } from '../../relbert/src/encoder/export-onnx.ts';
import { openModel, RelationEncoder } from '../../relbert/src/index.ts';
import { packageVersion } from '../../relbert/src/node/package.ts';
import { runPython } from './python.ts';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(shared, 'models/all-MiniLM-L6-v2') },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    pairs: { type: 'string', default: '4096' },
    only: { type: 'string', default: '' },
  },
});
const threads = Number(values.threads);

/** Distinct pairs spread evenly over the test files of the lexical relation sets. */
function samplePairs(count: number): [string, string][] {
  const folder = join(shared, 'data/lexical_relation');
  const distinct = new Map<string, [string, string]>();
  for (const set of readdirSync(folder).toSorted()) {
    for (const line of readFileSync(join(folder, set, 'test.tsv'), 'utf8').split('\n')) {
      const [head, tail] = line.split('\t');
      if (head && tail) distinct.set(`${head}\t${tail}`, [head, tail]);
    }
  }
  const all = [...distinct.values()];
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as [string, string]);
}

const pairs = samplePairs(Number(values.pairs));
const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
const pairsFile = join(folder, 'pairs.tsv');
writeFileSync(pairsFile, pairs.map((pair) => `${pair.join('\t')}\n`).join(''));

/** Seconds, or why it did not run. */
type Outcome = { readonly seconds: number; readonly versions?: Record<string, string> } | { readonly missing: string };

/** In a single call, or by so many callers with a pair at a time each. */
async function ours(dtype: 'f32' | 'int8', callers?: number): Promise<Outcome> {
  await using encoder = await RelationEncoder.load(values.model, {
    template: 'a',
    pooling: 'average_no_mask',
    dtype,
    threads,
  });
  await encoder.encode(pairs.slice(0, 64));
  const start = performance.now();
  if (callers === undefined) await encoder.encode(pairs);
  else {
    const queue = pairs.values();
    const call = async () => {
      for (const pair of queue) await encoder.encode([pair]);
    };
    await Promise.all(Array.from({ length: callers }, call));
  }
  const versions = { relbert: packageVersion(), node: process.version };
  return { seconds: (performance.now() - start) / 1000, versions };
}

const onnxFile = join(folder, 'plain.onnx');
writeFileSync(
  onnxFile,
  (await exportOnnx(await openModel(values.model), { opset: 'plain', pooling: 'average_no_mask' })).model,
);

const python =
  (way: string, file = onnxFile) =>
  async (): Promise<Outcome> =>
    JSON.parse(runPython('encode.py', [values.model, pairsFile, String(threads), way, file])) as Outcome;

/** transformers.js in f32. */
async function transformersJs(): Promise<Outcome> {
  const { TRANSFORMERS_JS: place = import.meta.dirname } = process.env;
  const exported = join(folder, 'exported');
  try {
    const installed = createRequire(join(place, 'index.js')).resolve('@huggingface/transformers');
    const { pipeline, env } = (await import(pathToFileURL(installed).href)) as {
      pipeline(
        task: string,
        model: string,
        options: object,
      ): Promise<(texts: string[], options: object) => Promise<unknown>>;
      env: { allowRemoteModels: boolean; localModelPath: string; version: string };
    };
    env.allowRemoteModels = false;
    env.localModelPath = '/';
    const options = { dtype: 'fp32', session_options: { intraOpNumThreads: threads } };
    if (!existsSync(exported)) {
      const outcome = await python('st-onnx-export', exported)();
      if ('missing' in outcome) return { missing: `its model: ${outcome.missing}` };
    }
    const extract = await pipeline('feature-extraction', exported, options);
    const texts = pairs.map(
      ([h, t]) => `Today, I finally discovered the relation between ${h} and ${t} : ${h} is the [MASK] of ${t}`,
    );
    const sorted = texts.toSorted((a, b) => a.length - b.length);
    const encode = async (all: readonly string[]) => {
      for (let i = 0; i < all.length; i += 32) await extract(all.slice(i, i + 32), { pooling: 'mean' });
    };
    await encode(texts.slice(0, 64));
    const start = performance.now();
    await encode(sorted);
    return { seconds: (performance.now() - start) / 1000, versions: { 'transformers.js': env.version } };
  } catch (error) {
    return { missing: (error as Error).message.split('\n')[0] as string };
  }
}

const ways: readonly (readonly [string, () => Promise<Outcome>])[] = [
  ['relbert f32', () => ours('f32')],
  ['relbert int8', () => ours('int8')],
  ['relbert f32, 64 callers with a pair each', () => ours('f32', 64)],
  ['relbert f32, one caller, pair by pair', () => ours('f32', 1)],
  ['PyTorch f32, length buckets', python('torch-f32')],
  ['PyTorch bf16, length buckets', python('torch-bf16')],
  ['PyTorch f32, padded to 64', python('torch-padded')],
  ['OpenVINO f32, length buckets', python('openvino-f32')],
  ['OpenVINO bf16, length buckets', python('openvino-bf16')],
  ['sentence-transformers, ONNX int8', python('st-onnx-int8')],
  ['transformers.js f32, length buckets', transformersJs],
];
const contenders = ways.filter(([name]) => new RegExp(values.only).test(name));
const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
const missing = new Map<string, string>();
let versions: Record<string, string> = {};
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [name, run] of contenders) {
    if (missing.has(name) || (round > 1 && name.includes('padded'))) continue;
    const outcome = await run();
    if ('missing' in outcome) missing.set(name, outcome.missing);
    else {
      times.get(name)?.push(outcome.seconds);
      versions = { ...versions, ...outcome.versions };
      console.error(`round ${round}, ${name}: ${outcome.seconds.toFixed(2)} s`);
    }
  }
}
rmSync(folder, { recursive: true });

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] as number;
const rate = (name: string): number => pairs.length / median(times.get(name) ?? []);
console.log(
  `${pairs.length} pairs, template a, ${threads} threads, medians of ${values.rounds} rounds in turn (padded: one)`,
);
console.log(`${cpus()[0]?.model}; ${features().join(' ')}`);
console.log(
  `${Object.entries(versions)
    .map((entry) => entry.join(' '))
    .join(', ')}\n`,
);
console.log('| what | pairs / s | x relbert f32 |\n| --- | --: | --: |');
for (const [name] of contenders) {
  if (!missing.has(name)) {
    console.log(`| ${name} | ${rate(name).toFixed(0)} | ${(rate(name) / rate('relbert f32')).toFixed(2)} |`);
  }
}
for (const [name, reason] of missing) console.log(`\nskipped: ${name} (${reason})`);

/** What the processor has of the instructions that matter here (Linux). */
function features(): string[] {
  if (!existsSync('/proc/cpuinfo')) return ['features unknown'];
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  const wanted = ['avx2', 'avx_vnni', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_int8', 'amx_bf16'];
  return wanted.filter((flag) => flags.split(' ').includes(flag));
}
