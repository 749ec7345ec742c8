/**
 * The paper's experiments at full length, unattended: `npm run reproduce -- [--language-model DIR] [--data DIR] [--mpnet DIR]
 * [--runs DIR]`.
 *
 * 1. Makes every model of models.json that has a command: the paper's recipe with templates a-e and both learned prompts,
 *    each loss taken away, without Class Inclusion.
 * 2. With `--mpnet`, the template that is best on the validation questions, on MPNet.
 * 3. `relbert report` on all of them, and the documents of the results.
 *
 * What was stopped goes on where it was when the command is run again; what is finished is not made again. Hours on two
 * cores: a step of the paper's recipe takes 1.5 to 3 s, a run has 224. `--only TEXT` makes the models whose names hold
 * that text, `--trial` shortens every run to a step or two to see it through, in `runs-trial`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commandsOf, type Entry, onMpnet, placed } from './reproduction-plan.ts';

const { values } = parseArgs({
  options: {
    'language-model': { type: 'string', default: '../shared/models/all-MiniLM-L6-v2' },
    data: { type: 'string', default: '../shared/data' },
    mpnet: { type: 'string' },
    runs: { type: 'string', default: 'runs' },
    only: { type: 'string', default: '' },
    trial: { type: 'boolean', default: false },
  },
});
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
if (values.trial && values.runs === 'runs') {
  // Models of one step must not be taken for the real ones.
  values.runs = 'runs-trial';
}
const places = { languageModel: values['language-model'], data: values.data, runs: values.runs };
const entries = (JSON.parse(readFileSync(at('../models.json'), 'utf8')) as Entry[])
  .filter(({ name }) => name.includes(values.only))
  .map((entry) => placed(entry, places));
mkdirSync(values.runs, { recursive: true });

for (const entry of entries) make(entry);
if (values.mpnet !== undefined) {
  const trained = onMpnet(entries, validationAccuracy, { mpnet: values.mpnet, runs: values.runs });
  make(trained);
  entries.push(trained);
}
const list = join(values.runs, 'models.json');
writeFileSync(list, `${JSON.stringify(entries, undefined, 2)}\n`);
const output = join(values.runs, 'report');
const figures = join(output, 'report.json');
const earlier = existsSync(figures) ? ['--from', figures, '--overwrite'] : [];
relbert(['report', '--models', list, '--data', values.data, '--output', output, ...earlier]);
if (!values.trial && values.only === '') run(['--import', 'tsx', at('make-reproduction.ts'), figures]);

function make({ made }: Entry): void {
  for (const { args, output } of commandsOf(made ?? '', values.trial)) {
    const begun = existsSync(output) && readdirSync(output).length > 0;
    relbert(begun ? [...args, '--resume'] : args);
  }
}

/** Mean accuracy on the validation questions of U2, Google and BATS. */
function validationAccuracy(model: string): number {
  const sets = ['u2', 'google', 'bats'].map((set) => join(values.data, 'analogy', set));
  const args = ['evaluate', 'analogy', '--data', ...sets, '--split', 'valid', '--model', model, '--json'];
  const { stdout, status } = spawnSync(process.execPath, [at('../../relbert/bin/relbert.js'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  const { results } = JSON.parse(stdout) as { results: readonly { accuracy: number }[] };
  return results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length;
}

function relbert(args: readonly string[]): void {
  console.error(`\nrelbert ${args.join(' ')}`);
  run([at('../../relbert/bin/relbert.js'), ...args]);
}

function run(args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
