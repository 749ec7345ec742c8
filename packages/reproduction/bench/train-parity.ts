/**
 * Twenty steps of the recipe emnlp2021 on fixed batches, without dropout, beside PyTorch: the losses must agree within
 * 1e-4.
 *
 *   tsx packages/reproduction/bench/train-parity.ts [--model DIR] [--steps 20]
 *
 * Needs ../shared (or another model) and a Python with torch and transformers (PYTHON, default python3).
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { paperPlan, runPlan } from './train-plan.ts';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../../../shared/models/all-MiniLM-L6-v2', import.meta.url)),
    },
    size: { type: 'string', default: '384' },
    steps: { type: 'string', default: '20' },
    threads: { type: 'string', default: '2' },
  },
});

async function main(): Promise<void> {
  const plan = await paperPlan(Number(values.steps), Number(values.size), Number(values.threads));
  const ours = runPlan(plan, values.model, 'relbert').losses;
  const theirs = runPlan(plan, values.model, 'pytorch').losses;
  console.log('| step | relbert | PyTorch | difference |\n|---|---|---|---|');
  let largest = 0;
  for (const [step, loss] of ours.entries()) {
    const difference = Math.abs(loss - (theirs[step] as number));
    largest = Math.max(largest, difference);
    console.log(`| ${step + 1} | ${loss.toFixed(6)} | ${theirs[step]?.toFixed(6)} | ${difference.toExponential(1)} |`);
  }
  console.log(`\nlargest difference ${largest.toExponential(2)}; allowed 1e-4`);
  if (!(largest < 1e-4)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
