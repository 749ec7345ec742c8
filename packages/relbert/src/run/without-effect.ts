import type { LossName } from '../loss/losses.ts';
import type { Recipe } from '../train/recipe.ts';
import { lossSettingWithoutEffect } from './loss-settings.ts';
import type { RecipeOverrides } from './override.ts';

/** Whether `top` and `bottom` count for a source: ratings of SemEval, which a folder may hold too. */
export function takesRatings(source: string): boolean {
  if (source === 'semeval2012') return true;
  return source !== 'wordnet' && !source.startsWith('package/') && !/\.(jsonl|tsv|csv|txt)$/i.test(source);
}

/** Whether `frequency` and `limit` count for a source. */
export function takesFrequency(source: string): boolean {
  return source === 'wordnet';
}

/**
 * What is said beside a recipe and would change nothing of the run, in words; undefined where everything counts.
 * @param recipe The recipe with what was said.
 */
export function optionWithoutEffect(said: RecipeOverrides, recipe: Recipe): string | undefined {
  return samplingProblem(said, recipe) ?? dataProblem(said, recipe) ?? lossProblem(said, recipe) ?? rest(said, recipe);
}

function samplingProblem(said: RecipeOverrides, { sampling }: Recipe): string | undefined {
  const drawn: readonly (readonly [string, unknown])[] = [
    ['--positives', said.positives],
    ['--negatives', said.negatives],
    ['--part', said.parts],
  ];
  if (sampling.kind === 'triples') {
    const lost = drawn.find(([, value]) => value !== undefined);
    return lost && `${lost[0]} has no effect on triples: it is for --sampling relations`;
  }
  if (said.categoryTriples !== undefined) {
    return '--category-triples and --no-category-triples have no effect on relation batches: they are for --sampling triples';
  }
  if (said.parts === undefined) return undefined;
  const twice = [['--batch', said.batch] as const, ...drawn.slice(0, 2)].find(([, value]) => value !== undefined);
  return twice && `${twice[0]} and --part both say what is drawn: leave one out`;
}

function dataProblem(said: RecipeOverrides, { data, validationShare }: Recipe): string | undefined {
  const names = data.map(({ source }) => source);
  const sources = names.join(', ');
  if ((said.top !== undefined || said.bottom !== undefined) && !names.some(takesRatings)) {
    return `--top and --bottom are for SemEval's ratings (semeval2012, or a folder of them), and the data are: ${sources}`;
  }
  if ((said.frequency !== undefined || said.limit !== undefined) && !names.some(takesFrequency)) {
    return `--frequency and --limit are for the data 'wordnet', and the data are: ${sources}`;
  }
  if (said.validationSeed !== undefined && validationShare === 0) {
    return '--validation-seed says which pairs are held out, and --validation-share 0 holds none out';
  }
  return undefined;
}

function lossProblem(said: RecipeOverrides, { training }: Recipe): string | undefined {
  const names = training.losses.map(({ name }) => name);
  const problem = lossSettingWithoutEffect(said, names);
  if (problem !== undefined) return problem;
  const ofTriples: readonly LossName[] = ['triplet', 'in-batch', 'category', 'classification'];
  if (said.training?.triples !== undefined && !ofTriples.some((name) => names.includes(name))) {
    return `--triples is for ${ofTriples.join(', ')}, and the losses are: ${names.join(', ')}`;
  }
  return undefined;
}

function rest(said: RecipeOverrides, { teacher, training }: Recipe): string | undefined {
  if (said.pairsPerStep !== undefined) {
    if (!teacher) return '--pairs-per-step is for the pairs of a teacher: name one with --teacher';
    if (teacher.pairs.length === 0) return '--pairs-per-step has no pairs to draw from: give --pairs';
  }
  if (said.training?.decayAll === true && training.weightDecay === 0) {
    return '--decay-all has no effect without weight decay: give --weight-decay';
  }
  return undefined;
}
