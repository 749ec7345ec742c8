/**
 * The whole `relbert evaluate analogy` on U2, Google and BATS (both splits, template a) beside the Python package's way:
 * the pairs of each question as they come, padded to 64 tokens, in batches of 32.
 *
 *   npm run bench:analogy -- [--model DIR] [--threads 2]
 *
 * Our seconds are those of the command from start to end, the reference's those of encoding alone, after loading. Needs
 * ../shared, the built command (`npm run build`) and a Python with torch and transformers (PYTHON, default python3).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseAnalogyQuestions } from '../../relbert/src/data/analogy.ts';
import { pairKey } from '../../relbert/src/pair/pair-key.ts';
import { runPython } from './python.ts';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(shared, 'models/all-MiniLM-L6-v2') },
    threads: { type: 'string', default: '2' },
  },
});
const sets = ['u2', 'google', 'bats'].map((set) => join(shared, 'data/analogy', set));
const pairs = sets
  .flatMap((set) => ['valid', 'test'].map((split) => join(set, `${split}.jsonl`)))
  .flatMap((file) => parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') }))
  .flatMap(({ stem, choices }) => [stem, ...choices]);

function ours(): number {
  const start = performance.now();
  const args = [
    fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url)),
    ...['evaluate', 'analogy', '--model', values.model, '--template', 'a', '--pooling', 'average_no_mask'],
    ...['--split', 'all', '--threads', values.threads, '--json', '--data', ...sets],
  ];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`relbert ${args.slice(1).join(' ')} failed:\n${stderr}`);
  return (performance.now() - start) / 1000;
}

function reference(): number {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
  try {
    const file = join(folder, 'pairs.tsv');
    writeFileSync(file, pairs.map(({ head, tail }) => `${head}\t${tail}\n`).join(''));
    const output = runPython('encode.py', [values.model, file, values.threads, 'padded']);
    return (JSON.parse(output) as { seconds: number }).seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const distinct = new Set(pairs.map(pairKey)).size;
const [mine, theirs] = [ours(), reference()];
console.log(`${pairs.length} pairs in questions, ${distinct} distinct, template a, ${values.threads} threads\n`);
console.log('| what | seconds |\n|---|--:|');
console.log(`| relbert evaluate analogy, whole command | ${mine.toFixed(1)} |`);
console.log(`| PyTorch, every pair, padded to 64, encoding alone | ${theirs.toFixed(1)} |`);
console.log(`| ratio | ${(theirs / mine).toFixed(1)} |`);
