/**
 * Fine-tuning steps of this package, the counterpart of packages/reproduction/parity/train_steps.py.
 *
 *   tsx packages/reproduction/bench/train-steps.ts MODEL STEPS.json OUTPUT.json
 *
 * Same plan, same output; a process of its own, so that its peak memory is that of training alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relationModel } from '../../relbert/src/encoder/language-model.ts';
import { openModel } from '../../relbert/src/node/open-model.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import type { TrainingBatch } from '../../relbert/src/train/batch.ts';
import { train } from '../../relbert/src/train/fine-tuning.ts';
import { type TrainingConfigInput, trainingSchema } from '../../relbert/src/train/training-config.ts';

export interface Plan {
  readonly template: string;
  /** What packages/reproduction/parity/train_steps.py computes, which has the paper's losses written out. */
  readonly loss: 'paper' | 'infonce';
  /** The same for this package: the recipe's. */
  readonly losses: TrainingConfigInput['losses'];
  readonly temperature: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly clip: number | null;
  readonly threads: number;
  readonly head?: { readonly weight: readonly number[]; readonly bias: readonly number[] };
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  readonly pairs: readonly (readonly [string, string])[];
  readonly items: readonly (readonly [pair: number, relation: number, category: number, positive: number])[];
  readonly triples?: Record<'relation' | 'category', Record<'anchors' | 'positives' | 'negatives', readonly number[]>>;
}

const [modelName = '', planFile = '', outputFile = ''] = process.argv.slice(2);

function batchOf({ pairs, items, triples }: PlanStep): TrainingBatch {
  const places = (level: 'relation' | 'category') => ({
    anchors: Int32Array.from(triples?.[level].anchors ?? []),
    positives: Int32Array.from(triples?.[level].positives ?? []),
    negatives: Int32Array.from(triples?.[level].negatives ?? []),
  });
  return {
    pairs: pairs.map(([head, tail]) => ({ head, tail })),
    items: items.map(([pair, relation, category, positive]) => ({
      pair,
      relation,
      category,
      positive: positive === 1,
      words: [2 * pair, 2 * pair + 1],
    })),
    triples: triples && { relation: places('relation'), category: places('category') },
  };
}

async function main(): Promise<void> {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
  const events = train({
    model: relationModel(await openModel(modelName), { template: plan.template, pooling: 'average_no_mask' }),
    training: trainingSchema.parse({
      losses: plan.losses,
      triples: plan.loss === 'paper' ? 'drawn' : 'all',
      steps: plan.steps.length,
      learningRate: plan.learningRate,
      warmup: plan.warmup,
      clip: plan.clip,
      dropout: 0,
      ...(process.env['MICRO_BATCH_TOKENS'] && { microBatchTokens: Number(process.env['MICRO_BATCH_TOKENS']) }),
    }),
    sampler: { stepsPerEpoch: plan.steps.length, batch: (step) => batchOf(plan.steps[step] as PlanStep) },
    runtime: nodeRuntime(),
    threads: plan.threads,
  });
  const result = { losses: [] as number[], seconds: [] as number[], processorSeconds: [] as number[], peakMB: 0 };
  let before = process.cpuUsage();
  for await (const event of events) {
    const used = process.cpuUsage(before);
    before = process.cpuUsage();
    if (event.kind !== 'step') continue;
    result.processorSeconds.push((used.user + used.system) / 1e6);
    result.losses.push(event.loss);
    result.seconds.push(event.seconds);
  }
  result.peakMB = process.resourceUsage().maxRSS / 1024;
  writeFileSync(outputFile, JSON.stringify(result));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
