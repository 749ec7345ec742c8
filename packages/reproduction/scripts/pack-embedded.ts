/**
 * Writes the files of packages/relbert-minilm-l6 from a trained model: its weights in 8 bits, and the list of files.
 *
 *   npm run pack:embedded -- [--from runs/relbert-minilm-l6]
 *
 * `--from` is a model in 16 or 32 bits, by default what `npm run train:embedded` writes: those of the package have 8 bits
 * already, and would lose more. What the model was trained with (README.md, recipe.json, train.jsonl, train-pairs.tsv.gz,
 * learning-curve.svg) is copied by hand. Needs `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = join(root, 'packages/relbert-minilm-l6');
const { values } = parseArgs({ options: { from: { type: 'string', default: 'runs/relbert-minilm-l6' } } });

const relbert = join(root, 'packages/relbert/bin/relbert.js');
const written = ['--format', 'safetensors', '--dtype', 'int8', '--output', folder];
run(relbert, 'export', '--model', values.from, ...written);
for (const name of ['model.safetensors', 'vocab.txt']) rmSync(join(folder, name), { force: true });
run(join(root, 'build.mjs'), '--model', folder);

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
