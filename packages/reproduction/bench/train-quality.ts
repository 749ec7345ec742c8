/**
 * Time to quality with the paper's own prompt and pooling (template a, average_no_mask): seconds of training until the
 * mean of the U2, Google and BATS validation accuracies reaches what the paper's recipe, written in PyTorch (224 steps x
 * 320 prompts), ends with. Same weights, same training pairs.
 *
 *   npm run bench:quality -- [--model DIR] [--threads 2] [--target 0.522]
 *
 * With --target PyTorch's run, a quarter of an hour, is left out. Needs ../shared and a Python with torch and
 * transformers (PYTHON, default python3).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseAnalogyQuestions } from '../../relbert/src/data/analogy.ts';
import type { AnalogySet } from '../../relbert/src/evaluate/analogy.ts';
import { distill } from '../../relbert/src/run/distill.ts';

import { readRecipe } from '../../relbert/src/run/recipe-file.ts';
import { withSettings } from '../../relbert/src/train/recipe-settings.ts';
import { runPython } from './python.ts';
import { paperPlan } from './train-plan.ts';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(shared, 'models/all-MiniLM-L6-v2') },
    size: { type: 'string', default: '384' },
    threads: { type: 'string', default: '2' },
    target: { type: 'string' },
    steps: { type: 'string', default: '224' },
  },
});
const threads = Number(values.threads);

const sets: AnalogySet[] = ['u2', 'google', 'bats'].map((set) => {
  const file = join(shared, 'data/analogy', set, 'valid.jsonl');
  return { set, split: 'valid', questions: parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') }) };
});

interface PaperResult {
  readonly seconds: number;
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
}

async function pytorch(folder: string): Promise<PaperResult> {
  const plan = await paperPlan(Number(values.steps), Number(values.size), threads);
  const words = ({ head, tail }: { head: string; tail: string }) => [head, tail];
  const questions = Object.fromEntries(
    sets.map(({ set, questions: all }) => [
      set,
      all.map(({ stem, choices, answer }) => ({ stem: words(stem), choices: choices.map(words), answer })),
    ]),
  );
  const [planFile, outputFile] = [join(folder, 'plan.json'), join(folder, 'output.json')];
  writeFileSync(planFile, JSON.stringify({ ...plan, questions }));
  runPython('../parity/train_paper.py', [values.model, planFile, outputFile], { live: true });
  return JSON.parse(readFileSync(outputFile, 'utf8')) as PaperResult;
}

/** Seconds of steps (validations aside) until the target, with the same losses over all triples of relation batches. */
async function relbert(folder: string, target: number): Promise<{ seconds: number; step: number; mean: number }> {
  const recipe = withSettings(await readRecipe('emnlp2021'), {
    sampling: { kind: 'relations', parts: [{ relations: 40, positives: 4, negatives: 2 }] },
    'training.triples': 'all',
    'training.learningRate': 1.5e-4,
    'training.decay': 'linear',
    'training.steps': 60,
    'training.every': 5,
    'training.dropout': 0,
  });
  let seconds = 0;
  const run = distill({ model: values.model, output: join(folder, 'model'), recipe, validate: sets, threads });
  for await (const event of run) {
    if (event.kind === 'step') seconds += event.seconds;
    if (event.kind !== 'validation') continue;
    const mean = event.figures['mean'] ?? 0;
    console.error(`relbert: step ${event.step}, ${seconds.toFixed(1)} s, mean ${(100 * mean).toFixed(1)} %`);
    if (mean >= target) return { seconds, step: event.step, mean };
  }
  throw new Error(`the target of ${(100 * target).toFixed(1)} % was not reached`);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-quality-'));
  try {
    const paper = values.target === undefined ? await pytorch(folder) : undefined;
    const target = paper?.after['mean'] ?? Number(values.target);
    const ours = await relbert(folder, target);
    console.log('| | steps | seconds of training | mean validation accuracy % |\n|---|---|---|---|');
    if (paper) {
      console.log(
        `| the paper's recipe, PyTorch | ${values.steps} | ${paper.seconds.toFixed(0)} | ${(100 * target).toFixed(1)} |`,
      );
    }
    console.log(
      `| relbert, all triples of relation batches | ${ours.step} | ${ours.seconds.toFixed(0)} | ${(100 * ours.mean).toFixed(1)} |`,
    );
    if (paper) console.log(`\n${(paper.seconds / ours.seconds).toFixed(1)} x as fast to the same quality (target 5)`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
