/**
 * Trains the models of the packages relbert-mpnet-base and relbert-minilm-l6:
 *
 *   npm run train:base -- --mpnet ../all-mpnet-base-v2 --validate ../shared/data/analogy/u2 ... [--seed 0] [--runs runs]
 *   npm run train:embedded -- --minilm ../shared/models/all-MiniLM-L6-v2 --mpnet ../all-mpnet-base-v2 \
 *     --validate ../shared/data/analogy/u2 ../shared/data/analogy/google ../shared/data/analogy/bats
 *
 * The larger model, `train:base`:
 * 1. all-mpnet-base-v2 by 60 steps of the recipe `mpnet` → RUNS/relbert-mpnet-base-first
 * 2. that by the recipe `mpnet-lexical`, with itself as teacher → RUNS/relbert-mpnet-base
 *
 * The embedded model, `train:embedded`:
 * 1. all-mpnet-base-v2 by the whole recipe `mpnet` → RUNS/relbert-mpnet-base-teacher
 * 2. all-MiniLM-L6-v2 by the recipe `embedded`, with that as teacher → RUNS/relbert-minilm-l6-first
 * 3. that by the recipe `embedded-lexical`, with itself as teacher → RUNS/relbert-minilm-l6
 *
 * With `--first DIR` the last step alone is done, from the model in DIR.
 *
 * Beside the sets given, all are validated on questions of SemEval's middling pairs (make-validation-questions.ts). The
 * mean over all sets decides which weights of the larger one are kept; of the others it is the last. Both language
 * models may be hub ids (the default). A run that was stopped goes on where it was. `npm run pack:base` and
 * `pack:embedded` make the packages of the results.
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
const [which, ...sets] = positionals;
if (which !== 'base' && which !== 'embedded')
  throw new Error('which model? npm run train:base, npm run train:embedded');
const inRuns = (name: string) => join(values.runs, name);
const questions = inRuns('semeval');
const validate = [...values.validate, ...sets, questions];

const script = fileURLToPath(new URL('make-validation-questions.ts', import.meta.url));
run('--import', 'tsx', script, questions);
if (which === 'base') {
  const steps = ['--steps', '60', '--every', '20', '--set', 'training.metric=step'];
  const first = values.first ?? distill(values.mpnet, 'mpnet', inRuns('relbert-mpnet-base-first'), ...steps);
  distill(first, 'mpnet-lexical', inRuns('relbert-mpnet-base'), '--teacher', first, '--dtype', 'f16');
} else {
  const first = values.first ?? student(distill(values.mpnet, 'mpnet', inRuns('relbert-mpnet-base-teacher')));
  distill(first, 'embedded-lexical', inRuns('relbert-minilm-l6'), '--teacher', first, '--dtype', 'f16');
}

function student(teacher: string): string {
  return distill(values.minilm, 'embedded', inRuns('relbert-minilm-l6-first'), '--teacher', teacher, '--dtype', 'f16');
}

/** Runs `relbert distill` and gives the folder of its result. */
function distill(model: string, recipe: string, output: string, ...more: readonly string[]): string {
  const command = fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url));
  const args = ['distill', '--model', model, '--recipe', recipe, '--seed', values.seed, '--output', output, ...more];
  if (existsSync(output)) args.push('--resume');
  run(command, ...args, '--validate', ...validate);
  return output;
}

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
