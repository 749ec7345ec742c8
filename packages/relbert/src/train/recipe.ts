import type { LossBatch, LossItem } from '../loss/loss-inputs.ts';
import { lossesWithExamples, needsTeacher, nothingToLearn } from '../loss/losses.ts';
import { parseJson } from '../text/json.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { describeIssues } from '../text/schema-path.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/** An invalid recipe; the message names file, place, value and what was expected. */
export class RecipeError extends RelbertError {
  override readonly name = 'RecipeError';
}

/**
 * Reads the text of a recipe file. It need not be complete: a teacher, for instance, can be named on the command line.
 * @param file For messages.
 * @throws RecipeError
 */
export function parseRecipe(text: string, file: string): Recipe {
  return schemaChecked(
    parseJson(text, (problem) => new RecipeError(`${file}: ${problem}`)),
    file,
  );
}

function schemaChecked(value: unknown, file: string): Recipe {
  const parsed = recipeSchema.safeParse(value);
  if (!parsed.success) throw new RecipeError(`${file}: ${describeIssues(recipeSchema, parsed.error.issues, value)}`);
  return parsed.data;
}

/** Checks a recipe and fills its defaults in. @throws {@link RecipeError}, also for settings that contradict each other */
export function checkRecipe(value: unknown, file: string): Recipe {
  const recipe = schemaChecked(value, file);
  const problem = contradiction(recipe);
  if (problem) throw new RecipeError(`${file}: ${problem}`);
  return recipe;
}

function contradiction({ training, sampling, teacher, data }: Recipe): string | undefined {
  const { losses, triples, steps, epochs, average, every, patience } = training;
  if (steps !== undefined && epochs !== undefined) return 'steps and epochs are both given: leave one out';
  if (triples === 'drawn' && sampling.kind !== 'triples') {
    return "triples 'drawn' needs the sampling 'triples'; relation batches have all their triples used";
  }
  if (needsTeacher(losses) && teacher === null) {
    return "the loss 'similarity' needs a teacher (--teacher)";
  }
  if (teacher !== null && !needsTeacher(losses)) {
    return "a teacher is given, and no loss uses it: add the loss 'similarity'";
  }
  if (patience !== null && every === null) return 'patience counts validations: say with every when they are';
  if (average !== null && average === 0) return 'an average of decay 0 has no effect: leave it out';
  if (sampling.kind === 'relations') {
    const names = data.map(({ source }) => source);
    const unknown = sampling.parts.flatMap((part) => part.data ?? []).find((name) => !names.includes(name));
    if (unknown !== undefined)
      return `a part samples from '${unknown}', which is not among the data: ${names.join(', ')}`;
  }
  const step = richestStep({ sampling, teacher });
  if (
    losses.some((term) => term.name === 'similarity' && !term.labelled) &&
    step.items.every(({ relation }) => relation >= 0)
  ) {
    return "the loss 'similarity' with labelled false compares pairs without a relation, and no step draws any: give the teacher pairs, or a part of the sampling labelled false";
  }
  const learning = lossesWithExamples(step, triples);
  const idle = losses.find(({ name }) => !learning.has(name));
  return idle && nothingToLearn(idle.name);
}

/** No loss needs more than three of anything. */
const enough = 3;

/**
 * As much as a step can hold with unlimited data: as many relations and pairs as the sampling asks for (up to three,
 * more than any loss needs), the first two relations of one category, the third of another. What a loss lacks here, it
 * lacks in every step.
 */
function richestStep({ sampling, teacher }: Pick<Recipe, 'sampling' | 'teacher'>): LossBatch {
  const items: LossItem[] = [];
  let relation = 0;
  const add = (count: number, item: Omit<LossItem, 'pair'>) => {
    for (let i = 0; i < Math.min(count, enough); i++) items.push({ ...item, pair: items.length });
  };
  const addRelation = (positives: number, negatives: number) => {
    const of = { relation, category: relation % 3 === 2 ? 1 : 0 };
    add(positives, { ...of, positive: true });
    add(negatives, { ...of, positive: false });
    relation++;
  };
  if (sampling.kind === 'triples') {
    const { relations, category } = sampling;
    for (let i = 0; i < Math.min(relations, enough); i++) addRelation(2, 1);
    // Their positives and negatives at the category level.
    if (category) for (let i = 0; i < enough; i++) addRelation(1, 0);
    const drawn = (count: number) => {
      const places = Array.from({ length: Math.min(count, enough) }, () => 0);
      return { anchors: places, positives: places, negatives: places };
    };
    return { items, triples: { relation: drawn(relations), category: drawn(category ? relations : 0) } };
  }
  for (const { relations, positives, negatives, mixed, labelled } of sampling.parts) {
    // A fraction of a relation is a whole relation in some steps.
    const count = Math.min(Math.ceil(relations), enough);
    if (mixed || !labelled) add(count * (positives + negatives), { relation: -1, category: -1, positive: true });
    else for (let i = 0; i < count; i++) addRelation(positives, negatives);
  }
  if (teacher && teacher.pairs.length > 0) {
    add(teacher.pairsPerStep, { relation: -1, category: -1, positive: true });
  }
  return { items };
}
