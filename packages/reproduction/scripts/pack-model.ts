/**
 * Writes the files of a model's package from a trained model: its weights in 8 bits, in files below 100 MB, what it was
 * trained with, and the list of files.
 *
 *   npm run pack:embedded -- [--model runs/relbert-minilm-l6]
 *   npm run pack:base -- [--model runs/relbert-mpnet-base]
 *
 * `--model` is a model in 16 or 32 bits, by default what `npm run train:embedded` or `train:base` writes: those of the
 * packages have 8 bits already, and would lose more. `--folder` is the package's folder, by default that of this checkout.
 * Its weights are replaced, and where the model's folder has them, the card (README.md), recipe.json,
 * learning-curve.svg and train.jsonl. Needs `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    folder: { type: 'string' },
    'shard-size': { type: 'string', default: '95' },
  },
});
const [name] = positionals;
if (name === undefined) throw new Error('which package? npm run pack:embedded, npm run pack:base');
const { model = join('runs', name), folder = join(root, 'packages', name), 'shard-size': size } = values;

if (resolve(model) === resolve(folder)) throw new Error(`${folder}: its weights have 8 bits already`);
mkdirSync(folder, { recursive: true });
// The weights in the package stay until the new ones are whole.
const made = mkdtempSync(join(folder, '.packing-'));
process.on('exit', () => rmSync(made, { recursive: true, force: true }));
const written = ['--format', 'safetensors', '--dtype', 'int8', '--shard-size', size, '--output', made];
run(join(root, 'packages/relbert/bin/relbert.js'), 'export', '--model', model, ...written);
rmSync(join(made, 'vocab.txt'), { force: true }); // tokenizer.json says what it says
const before = readdirSync(folder).filter((file) => /\.safetensors(\.index\.json)?$/.test(file));
for (const file of before) rmSync(join(folder, file));
for (const file of readdirSync(made)) renameSync(join(made, file), join(folder, file));
rmSync(made, { recursive: true });
for (const file of ['README.md', 'recipe.json', 'learning-curve.svg', 'train.jsonl']) {
  if (existsSync(join(model, file))) copyFileSync(join(model, file), join(folder, file));
}
run(join(root, 'build.mjs'), '--model', folder);

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
