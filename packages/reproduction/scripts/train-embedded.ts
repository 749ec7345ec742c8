/**
 * Trains the model that the package carries, and the larger one that is its teacher:
 *
 *   npm run train:embedded -- --minilm ../shared/models/all-MiniLM-L6-v2 --mpnet ../all-mpnet-base-v2 \
 *     --validate ../shared/data/analogy/u2 ../shared/data/analogy/google ../shared/data/analogy/bats [--seed 0] [--runs runs]
 *
 * 1. all-mpnet-base-v2 by the recipe `mpnet` → RUNS/relbert-mpnet-base
 * 2. all-MiniLM-L6-v2 by the recipe `embedded`, with that as teacher → RUNS/relbert-minilm-l6-first
 * 3. that by the recipe `embedded-lexical`, with itself as teacher → RUNS/relbert-minilm-l6
 *
 * With `--first DIR` only the third step is done, from the model in DIR.
 *
 * Beside the sets given, all are validated on questions of SemEval's middling pairs (make-validation-questions.ts). The
 * mean over all sets decides which weights of the larger one are kept; of the others it is the last. Both language models
 * may be hub ids (the default). A run that was stopped goes on where it was. packages/relbert-minilm-l6 holds the files of
 * the third.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minilm: { type: 'string', default: 'sentence-transformers/all-MiniLM-L6-v2' },
    mpnet: { type: 'string', default: 'sentence-transformers/all-mpnet-base-v2' },
    validate: { type: 'string', multiple: true, default: [] },
    first: { type: 'string' },
    runs: { type: 'string', default: 'runs' },
    seed: { type: 'string', default: '0' },
  },
});
const questions = join(values.runs, 'semeval');
const teacher = join(values.runs, 'relbert-mpnet-base');
const validate = [...values.validate, ...positionals, questions];

const script = fileURLToPath(new URL('make-validation-questions.ts', import.meta.url));
run('--import', 'tsx', script, questions);

const first = values.first ?? join(values.runs, 'relbert-minilm-l6-first');
if (values.first === undefined) {
  distill(values.mpnet, 'mpnet', teacher);
  distill(values.minilm, 'embedded', first, '--teacher', teacher, '--dtype', 'f16');
}
distill(first, 'embedded-lexical', join(values.runs, 'relbert-minilm-l6'), '--teacher', first, '--dtype', 'f16');

function distill(model: string, recipe: string, output: string, ...more: readonly string[]): void {
  const command = fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url));
  const args = ['distill', '--model', model, '--recipe', recipe, '--seed', values.seed, '--output', output, ...more];
  if (existsSync(output)) args.push('--resume');
  run(command, ...args, '--validate', ...validate);
}

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
