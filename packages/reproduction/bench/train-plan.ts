/** Plans of training steps that this package and PyTorch carry out alike, and the processes that do so. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CARRIED_DATA } from '../../relbert/src/data/carried.ts';
import type { RelationSet } from '../../relbert/src/data/relation-set.ts';
import { parseSemEvalPack, semEvalRelationSets } from '../../relbert/src/data/semeval.ts';
import { splitRelations } from '../../relbert/src/data/split.ts';
import { objective } from '../../relbert/src/loss/objective.ts';
import { readPackageData } from '../../relbert/src/node/package-data.ts';
import { manualTemplates, parseTemplate } from '../../relbert/src/prompt/template.ts';
import { readRecipe } from '../../relbert/src/run/recipe-file.ts';
import type { TrainingBatch } from '../../relbert/src/train/batch.ts';
import { initialHead } from '../../relbert/src/train/head.ts';
import { recipeSampler } from '../../relbert/src/train/recipe-sampler.ts';
import type { Recipe } from '../../relbert/src/train/recipe-schema.ts';
import { RelationSampler } from '../../relbert/src/train/relation-sampler.ts';
import { runPython } from './python.ts';
import type { Plan, PlanStep } from './train-steps.ts';

export interface StepResults {
  readonly losses: readonly number[];
  readonly seconds: readonly number[];
  /** Time of all threads together: less disturbed by other work on the machine than the seconds. */
  readonly processorSeconds: readonly number[];
  readonly peakMB: number;
}

/** SemEval's training relations, as a recipe (emnlp2021) has them. */
async function semEvalTraining({ data, validationShare, validationSeed }: Recipe): Promise<RelationSet[]> {
  const rated = parseSemEvalPack(await readPackageData(CARRIED_DATA.semEval));
  const [{ top, bottom } = { top: 10, bottom: 10 }] = data;
  const sets = semEvalRelationSets(rated, { top, bottom });
  return splitRelations(sets, { validation: validationShare, seed: validationSeed }).train;
}

/** The paper's recipe, emnlp2021, in all its settings. @param size H, for the classifier's first weights */
export async function paperPlan(steps: number, size: number, threads: number): Promise<Plan> {
  const recipe = await readRecipe('emnlp2021');
  const { training, template } = recipe;
  const sampler = recipeSampler(recipe, new Map([['semeval2012', await semEvalTraining(recipe)]]));
  const { head } = objective({ terms: training.losses, size, triples: training.triples });
  const [weight, bias] = initialHead(head, training.seed);
  return {
    template: parseTemplate(template ?? 'a'),
    loss: 'paper',
    losses: training.losses,
    temperature: 1,
    learningRate: training.learningRate,
    warmup: training.warmup,
    clip: training.clip,
    threads,
    head: { weight: [...(weight?.data ?? [])], bias: [...(bias?.data ?? [])] },
    steps: Array.from({ length: steps }, (_, step) => planStep(sampler.batch(step))),
  };
}

/** InfoNCE over 320 distinct prompts of template a: 32 relations x (6 + 4). */
export async function speedPlan(steps: number, threads: number): Promise<Plan> {
  const sampler = new RelationSampler({
    parts: [
      {
        relations: await semEvalTraining(await readRecipe('emnlp2021')),
        relationsPerStep: 36,
        positives: 6,
        negatives: 4,
      },
    ],
    seed: 0,
  });
  return {
    template: manualTemplates.a,
    loss: 'infonce',
    losses: [{ name: 'infonce', temperature: 0.05 }],
    temperature: 0.05,
    learningRate: 2e-5,
    warmup: 0,
    clip: 1,
    threads,
    steps: Array.from({ length: steps }, (_, step) => first(planStep(sampler.batch(step)), 320)),
  };
}

/** The items of the first pairs of a step. */
function first({ pairs, items }: PlanStep, count: number): PlanStep {
  return { pairs: pairs.slice(0, count), items: items.filter(([pair]) => pair < count) };
}

function planStep({ pairs, items, triples }: TrainingBatch): PlanStep {
  const places = (level: 'relation' | 'category') => ({
    anchors: [...(triples?.[level].anchors ?? [])],
    positives: [...(triples?.[level].positives ?? [])],
    negatives: [...(triples?.[level].negatives ?? [])],
  });
  return {
    pairs: pairs.map(({ head, tail }) => [head, tail] as const),
    items: items.map(({ pair, relation, category, positive }) => [pair, relation, category, positive ? 1 : 0] as const),
    ...(triples && { triples: { relation: places('relation'), category: places('category') } }),
  };
}

/** Carries a plan out in a process of its own. */
export function runPlan(plan: Plan, model: string, by: 'relbert' | 'pytorch'): StepResults {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
  try {
    const [planFile, outputFile] = [join(folder, 'plan.json'), join(folder, 'output.json')];
    writeFileSync(planFile, JSON.stringify(plan));
    const args = [model, planFile, outputFile];
    if (by === 'relbert') runSteps(args);
    else runPython('../parity/train_steps.py', args);
    return JSON.parse(readFileSync(outputFile, 'utf8')) as StepResults;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runSteps(args: readonly string[]): void {
  const script = fileURLToPath(new URL('train-steps.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`train-steps.ts ${args.join(' ')} failed:\n${stderr}`);
}
