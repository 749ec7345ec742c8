/**
 * Training beside PyTorch: one fine-tuning step (forward, backward, AdamW) on 320 prompts of template a, same batch,
 * same weights, no dropout.
 *
 *   npm run bench:train -- [--model DIR] [--threads 2] [--steps 8] [--rounds 2]
 *
 * Needs ../shared (or another model) and a Python with torch and transformers (PYTHON, default python3). Each side runs
 * in processes of its own, in turn; the first two steps of each process are left out. Only the ratios carry over to
 * another machine.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPlan, speedPlan } from './train-plan.ts';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../../../shared/models/all-MiniLM-L6-v2', import.meta.url)),
    },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '2' },
  },
});
/** Steps in which memory is first touched and graphs are loaded. */
const warm = 2;

async function main(): Promise<void> {
  const plan = await speedPlan(Number(values.steps) + warm, Number(values.threads));
  const seconds = { relbert: [] as number[], pytorch: [] as number[] };
  const processor = { relbert: [] as number[], pytorch: [] as number[] };
  const peaks = { relbert: 0, pytorch: 0 };
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const side of ['relbert', 'pytorch'] as const) {
      const result = runPlan(plan, values.model, side);
      seconds[side].push(...result.seconds.slice(warm));
      processor[side].push(...result.processorSeconds.slice(warm));
      peaks[side] = Math.max(peaks[side], result.peakMB);
      console.error(`round ${round}, ${side}: ${result.seconds.map((value) => value.toFixed(2)).join(' ')}`);
    }
  }
  const mean = (times: readonly number[]) => times.reduce((sum, time) => sum + time, 0) / times.length;
  console.log(
    `one step of ${plan.steps[0]?.pairs.length} prompts, template a, ${values.threads} threads, ${seconds.relbert.length} steps each\n`,
  );
  console.log('| | mean s | best s | mean processor s | peak memory MB |\n|---|---|---|---|---|');
  for (const side of ['relbert', 'pytorch'] as const) {
    console.log(
      `| ${side} | ${mean(seconds[side]).toFixed(2)} | ${Math.min(...seconds[side]).toFixed(2)} | ${mean(processor[side]).toFixed(2)} | ${peaks[side].toFixed(0)} |`,
    );
  }
  console.log(
    `\nrelbert is ${(mean(seconds.pytorch) / mean(seconds.relbert)).toFixed(2)} x as fast by the mean (target 1.4), ${(Math.min(...seconds.pytorch) / Math.min(...seconds.relbert)).toFixed(2)} x by the best step, with ${(peaks.relbert / peaks.pytorch).toFixed(2)} x the memory (target 0.75)`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
