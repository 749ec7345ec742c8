/**
 * The command's start, and `relbert embed` in bulk, beside another built checkout, in turn.
 *
 *   npm run bench:commands -- [--beside DIR] [--starts 9] [--pairs 20000] [--rounds 2] [--model DIR]
 *
 * Starts: median and least wall time in seconds, median processor time. Bulk: pairs of make-neighbour-vocabulary.ts a second,
 * start-up included, and peak memory; `--dtype f32` in this checkout alone. `--model` is described by `info`, too.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    beside: { type: 'string' },
    starts: { type: 'string', default: '9' },
    pairs: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '2' },
    model: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../../../', import.meta.url));
const checkouts: readonly (readonly [name: string, folder: string])[] = [
  ...(values.beside === undefined ? [] : [['beside', resolve(values.beside)] as const]),
  ['here', root],
];
const bin = (checkout: string) => join(checkout, 'packages/relbert/bin/relbert.js');

interface Run {
  /** Seconds. */
  readonly wall: number;
  readonly processor: number;
  /** Bytes. */
  readonly peak: number;
}

const report =
  'process.once("exit",()=>{const u=process.resourceUsage();require("fs").writeSync(2,"\\n"+JSON.stringify({processor:(u.userCPUTime+u.systemCPUTime)/1e6,peak:u.maxRSS*1024}))})';

function run(args: readonly string[]): Run {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`import{createRequire}from"module";const require=createRequire(process.execPath);${report}`)}`,
  };
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  const wall = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(stderr);
  return { wall, ...(JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Omit<Run, 'wall'>) };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}

const starts: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ...checkouts.flatMap(([name, checkout]) => {
    const command = (...args: readonly string[]) => [`${args[0]}, ${name}`, [bin(checkout), ...args]] as const;
    return [
      command('--help'),
      command('similarity', 'Tokyo:Japan', 'Paris:France'),
      ...(values.model === undefined ? [] : [command('info', '--model', values.model)]),
    ];
  }),
];
const taken = new Map<string, Run[]>(starts.map(([name]) => [name, []]));
for (let turn = 0; turn < Number(values.starts); turn++) {
  for (const [name, args] of starts) taken.get(name)?.push(run(args));
}
console.log('| start | median s | least s | median processor s |\n| --- | --: | --: | --: |');
for (const [name, runs] of taken) {
  const walls = runs.map(({ wall }) => wall);
  const processor = median(runs.map((each) => each.processor));
  console.log(`| ${name} | ${median(walls).toFixed(2)} | ${Math.min(...walls).toFixed(2)} | ${processor.toFixed(2)} |`);
}

const folder = mkdtempSync(join(tmpdir(), 'relbert-commands-'));
try {
  const pairs = join(folder, 'pairs.tsv');
  const script = join(root, 'packages/reproduction/scripts/make-neighbour-vocabulary.ts');
  run(['--import', 'tsx', script, pairs, values.pairs]);
  const bulks = [
    ...checkouts.map(([name, checkout]) => [name, checkout, []] as const),
    ['here, --dtype f32', root, ['--dtype', 'f32']] as const,
  ];
  console.log('\n| embed | pairs / s | peak MB |\n| --- | --: | --: |');
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, [name, checkout, options]] of bulks.entries()) {
      const output = join(folder, `${round}-${i}.npy`);
      const embed = ['embed', '--pairs', pairs, '--format', 'npy', '--output', output, ...options];
      const { wall, peak } = run([bin(checkout), ...embed]);
      console.log(`| ${name} | ${(Number(values.pairs) / wall).toFixed(0)} | ${(peak / 1e6).toFixed(0)} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
