/**
 * Encoding speed beside Python: the same 4,096 pairs, the same weights, template a, tokenising included on both sides.
 *
 *   npm run bench:encode -- [--model DIR] [--threads N] [--rounds N]
 *
 * Needs ../shared and a Python with torch and transformers (PYTHON, default python3). Runs in turn, prints medians
 * and ratios; only the ratios carry over to another machine.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RelationEncoder } from '../../relbert/src/index.ts';
import { runPython } from './python.ts';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(shared, 'models/all-MiniLM-L6-v2') },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    pairs: { type: 'string', default: '4096' },
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

async function ours(dtype: 'f32' | 'int8'): Promise<number> {
  await using encoder = await RelationEncoder.load(values.model, {
    template: 'a',
    pooling: 'average_no_mask',
    dtype,
    threads,
  });
  await encoder.encode(pairs.slice(0, 64));
  const start = performance.now();
  await encoder.encode(pairs);
  return (performance.now() - start) / 1000;
}

function reference(way: 'bucketed' | 'padded'): number {
  const output = runPython('encode.py', [values.model, pairsFile, String(threads), way]);
  return (JSON.parse(output) as { seconds: number }).seconds;
}

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] as number;
const times = { f32: [] as number[], int8: [] as number[], bucketed: [] as number[], padded: [] as number[] };
for (let round = 1; round <= Number(values.rounds); round++) {
  times.bucketed.push(reference('bucketed'));
  times.f32.push(await ours('f32'));
  times.int8.push(await ours('int8'));
  if (round === 1) times.padded.push(reference('padded'));
  console.error(`round ${round}: ${JSON.stringify(times)}`);
}
rmSync(folder, { recursive: true });

const rate = (name: keyof typeof times): number => pairs.length / median(times[name]);
console.log(`${pairs.length} pairs, template a, ${threads} threads, medians of ${values.rounds} rounds (padded: 1)\n`);
console.log('| what | pairs / s | x bucketed PyTorch | x padded PyTorch |\n|---|---|---|---|');
for (const [name, label] of [
  ['f32', 'relbert f32'],
  ['int8', 'relbert int8'],
  ['bucketed', 'PyTorch, length buckets'],
  ['padded', 'PyTorch, padded to 64'],
] as const) {
  const ratio = (base: 'bucketed' | 'padded'): string => (rate(name) / rate(base)).toFixed(2);
  console.log(`| ${label} | ${rate(name).toFixed(0)} | ${ratio('bucketed')} | ${ratio('padded')} |`);
}
