/** What a run is validated with: held-out pairs and analogy questions. */

import type { RelationSet } from '../data/relation-set.ts';
import { type AnalogySet, evaluateAnalogy } from '../evaluate/analogy.ts';
import { lossesWithExamples } from '../loss/losses.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { validationSampler } from '../train/recipe-sampler.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import { LAST_STEP } from '../train/training-config.ts';
import type { Validation } from '../train/training-model.ts';

/** {@link Validation} with the names of its figures. */
export interface RunValidation extends Validation {
  readonly figureNames: readonly string[];
}

/**
 * The mean loss of the pairs that were held out, where they give the losses something to compare, and the accuracy of
 * each set of questions with their mean.
 */
export function runValidation(
  recipe: Recipe,
  { held, questions = [] }: { readonly held: readonly RelationSet[]; readonly questions?: readonly AnalogySet[] },
): RunValidation {
  const batches = heldOutBatches(recipe, held);
  const names = figureNames(questions);
  return {
    figureNames: [...(batches.length > 0 ? ['loss'] : []), ...names, ...(questions.length > 0 ? ['mean'] : [])],
    ...(batches.length > 0 && { batches }),
    ...(questions.length > 0 && {
      figures: async (encode) => {
        const { results, macroAverage } = await evaluateAnalogy(questions, encode);
        return {
          ...Object.fromEntries(results.map(({ accuracy }, i) => [names[i], accuracy])),
          mean: macroAverage,
        };
      },
    }),
  };
}

/** All pairs that the questions ask to be encoded. */
export function pairsOfQuestions(sets: readonly AnalogySet[]): WordPair[] {
  return sets.flatMap(({ questions }) => questions.flatMap(({ stem, choices }) => [stem, ...choices]));
}

function heldOutBatches(recipe: Recipe, held: readonly RelationSet[]) {
  const validation = validationSampler(recipe, held);
  if (!validation) return [];
  const { losses, triples } = recipe.training;
  const batches = Array.from({ length: validation.batches }, (_, step) => validation.sampler.batch(step));
  const withExamples = new Set(batches.flatMap((batch) => [...lossesWithExamples(batch, triples)]));
  // A loss that is always 0 would choose the weights of the first validation.
  return losses.some(({ name }) => withExamples.has(name)) ? batches : [];
}

/** A distinct name for each set: its name, with the split if that is enough, else with a number. */
function figureNames(sets: readonly AnalogySet[]): string[] {
  const taken = new Set(['loss', 'mean', LAST_STEP]);
  const repeated = (name: string) => sets.filter(({ set }) => set === name).length > 1 || taken.has(name);
  return sets.map(({ set, split }) => {
    const wanted = repeated(set) ? `${set}/${split}` : set;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return name;
  });
}
