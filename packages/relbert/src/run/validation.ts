/** What a run is validated with: held-out pairs and analogy questions. */

import type { RelationSet } from '../data/relation-set.ts';
import { type AnalogySet, evaluateAnalogy, sharedWordMeans } from '../evaluate/analogy.ts';
import { analogyGroup, SHARED_WORD_KINDS } from '../evaluate/analogy-categories.ts';
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
 * The mean loss of the pairs that were held out, where they give the losses something to compare, the accuracy of each
 * set of questions, of each kind of shared-word questions (`apart`, `shared`), and the mean of the sets.
 */
export function runValidation(
  recipe: Recipe,
  { held, questions = [] }: { readonly held: readonly RelationSet[]; readonly questions?: readonly AnalogySet[] },
): RunValidation {
  const batches = heldOutBatches(recipe, held);
  const names = figureNames(questions);
  return {
    figureNames: [
      ...(batches.length > 0 ? ['loss'] : []),
      ...names,
      ...(hasKinds(questions) ? SHARED_WORD_KINDS : []),
      ...(questions.length > 0 ? ['mean'] : []),
    ],
    ...(batches.length > 0 && { batches }),
    ...(questions.length > 0 && {
      figures: async (encode) => {
        const { results, macroAverage } = await evaluateAnalogy(questions, encode);
        return {
          ...Object.fromEntries(results.map(({ accuracy }, i) => [names[i], accuracy])),
          ...sharedWordMeans(results),
          mean: macroAverage,
        };
      },
    }),
  };
}

/** Whether both kinds of shared-word questions are among them. */
function hasKinds(sets: readonly AnalogySet[]): boolean {
  const kinds = new Set(sets.flatMap(({ questions }) => questions.map(({ prefix }) => analogyGroup(prefix)?.category)));
  return SHARED_WORD_KINDS.every((kind) => kinds.has(kind));
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
  const taken = new Set<string>(['loss', 'mean', LAST_STEP, ...SHARED_WORD_KINDS]);
  const repeated = (name: string) => sets.filter(({ set }) => set === name).length > 1 || taken.has(name);
  return sets.map(({ set, split }) => {
    const wanted = repeated(set) ? `${set}/${split}` : set;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return name;
  });
}
