/** The flags of `relbert distill` put over a recipe: every option of a recipe is a flag too. */
import { LOSS_NAMES, type LossTermInput } from '../loss/losses.ts';
import { suggestion } from '../text/nearest-name.ts';
import { checkRecipe, type Recipe, RecipeError, type RecipeInput } from '../train/recipe.ts';
import { type LossSettings, withLossSettings } from './loss-settings.ts';
import { type PartInput, parsePart } from './part-text.ts';
import { optionWithoutEffect, takesFrequency, takesRatings } from './without-effect.ts';

/** What can be said beside a recipe; what is left out stays as the recipe has it. */
export interface RecipeOverrides extends LossSettings {
  readonly description?: string;
  /** 'none': the checkpoint's own, as of the pooling. */
  readonly template?: string;
  readonly pooling?: string;
  readonly data?: readonly string[];
  readonly excludeRelations?: readonly string[];
  readonly validationShare?: number;
  readonly validationSeed?: number;
  /** `NAME` or `NAME:WEIGHT`. */
  readonly losses?: readonly string[];
  /** Relations a step. */
  readonly batch?: number;
  readonly positives?: number;
  readonly negatives?: number;
  /** In the place of the recipe's parts: `data=SOURCE,relations=16,positives=8,negatives=4,balance=0.5,mixed`. */
  readonly parts?: readonly string[];
  /** SemEval: pairs with the highest and lowest ratings. */
  readonly top?: number;
  readonly bottom?: number;
  /** WordNet: least frequency, and most pairs of a relation (null: all). */
  readonly frequency?: number;
  readonly limit?: number | null;
  readonly sampling?: 'triples' | 'relations';
  readonly categoryTriples?: boolean;
  /** null: none. */
  readonly teacher?: string | null;
  readonly pairs?: readonly string[];
  readonly pairsPerStep?: number;
  /** Of the training itself, by the names of the recipe. */
  readonly training?: Partial<Omit<Recipe['training'], 'losses'>>;
}

type Sampling = RecipeInput['sampling'];

/**
 * @throws RecipeError for an unknown loss, for settings that contradict each other, and for one that would change
 * nothing: a margin where no loss has one
 */
export function overrideRecipe(recipe: Recipe, overrides: RecipeOverrides): Recipe {
  const { steps, epochs } = overrides.training ?? {};
  const training: Record<string, unknown> = { ...recipe.training, ...overrides.training };
  // One of the two takes the place of the recipe's other.
  if (steps !== undefined && epochs === undefined) delete training['epochs'];
  if (epochs !== undefined && steps === undefined) delete training['steps'];
  const sampling = samplingOf(recipe, overrides);
  if (sampling.kind === 'relations' && overrides.training?.triples === undefined) training['triples'] = 'all';
  training['losses'] = lossesOf(recipe, overrides);
  const teacher = teacherOf(recipe, overrides);
  const data = dataOf(recipe, overrides);
  const { description, template, pooling, validationShare, validationSeed } = overrides;
  const result = checkRecipe(
    {
      ...recipe,
      ...(description !== undefined && { description }),
      ...(template !== undefined && { template: template === 'none' ? null : template }),
      ...(pooling !== undefined && { pooling: pooling === 'none' ? null : pooling }),
      ...(validationShare !== undefined && { validationShare }),
      ...(validationSeed !== undefined && { validationSeed }),
      excludeRelations: [...recipe.excludeRelations, ...(overrides.excludeRelations ?? [])],
      data,
      sampling,
      teacher,
      training,
    },
    'the recipe with the options given',
  );
  const problem = optionWithoutEffect(overrides, result);
  if (problem !== undefined) throw new RecipeError(problem);
  return result;
}

function dataOf(recipe: Recipe, { data, top, bottom, frequency, limit }: RecipeOverrides): RecipeInput['data'] {
  const sources: RecipeInput['data'] = data
    ? data.map((source) => recipe.data.find((known) => known.source === source) ?? { source })
    : recipe.data;
  return sources.map((source) => ({
    ...source,
    ...(takesRatings(source.source) && { ...(top !== undefined && { top }), ...(bottom !== undefined && { bottom }) }),
    ...(takesFrequency(source.source) && {
      ...(frequency !== undefined && { frequency }),
      ...(limit !== undefined && { limit }),
    }),
  }));
}

function samplingOf(recipe: Recipe, overrides: RecipeOverrides): Sampling {
  const { batch, positives, negatives, data, categoryTriples } = overrides;
  const kind = overrides.sampling ?? recipe.sampling.kind;
  if (kind === 'triples') {
    const known = recipe.sampling.kind === 'triples' ? recipe.sampling : { kind, relations: 64 };
    return {
      ...known,
      ...(batch !== undefined && { relations: batch }),
      ...(categoryTriples !== undefined && { category: categoryTriples }),
    };
  }
  if (overrides.parts !== undefined) return { kind, parts: overrides.parts.map(parsePart) };
  let parts: readonly PartInput[] =
    recipe.sampling.kind === 'relations' ? recipe.sampling.parts : [{ relations: 32, positives: 6, negatives: 4 }];
  const total = parts.reduce((sum, { relations }) => sum + relations, 0);
  // Other data than the recipe's are one part, of the size of all of the recipe's together.
  const names = new Set(data ?? recipe.data.map(({ source }) => source));
  const fits = parts.every((part) => !part.data || part.data.every((name) => names.has(name)));
  const complete = data === undefined || recipe.data.every(({ source }) => names.has(source));
  if (data && (!fits || !complete || data.length !== recipe.data.length)) {
    parts = [{ ...(parts[0] as PartInput), data: null, relations: total }];
  }
  return {
    kind,
    parts: parts.map((part) => ({
      ...part,
      ...(batch !== undefined && { relations: (part.relations * batch) / total }),
      ...(positives !== undefined && { positives }),
      ...(negatives !== undefined && { negatives }),
    })),
  };
}

function lossesOf(recipe: Recipe, overrides: RecipeOverrides): LossTermInput[] {
  const { teacher } = overrides;
  let losses: LossTermInput[] = recipe.training.losses.map((term) => ({ ...term }));
  if (overrides.losses) losses = overrides.losses.map((text) => lossOf(text, recipe));
  // A teacher without a word on losses takes the place of the labels.
  else if (teacher !== undefined && teacher !== null && !losses.some(({ name }) => name === 'similarity'))
    losses = [{ name: 'similarity' }];
  return losses.map((term) => withLossSettings(term, overrides));
}

/** `infonce` or `triplet:0.5`, with the settings that the recipe has for it. */
function lossOf(text: string, recipe: Recipe): LossTermInput {
  const [, name = '', weight] = /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  const known = LOSS_NAMES.find((other) => other === name);
  if (!known) {
    throw new RecipeError(`unknown loss '${name}'${suggestion(name, LOSS_NAMES)}; losses: ${LOSS_NAMES.join(', ')}`);
  }
  const value = weight === undefined ? undefined : Number(weight);
  if (value !== undefined && !(value >= 0 && weight?.trim() !== '')) {
    throw new RecipeError(`the weight of a loss is a number from 0 upward, got '${weight}' in '${text}'`);
  }
  const before = recipe.training.losses.find((term) => term.name === known);
  return { ...(before ?? { name: known }), ...(value !== undefined && { weight: value }) } as LossTermInput;
}

function teacherOf(recipe: Recipe, { teacher, pairs, pairsPerStep }: RecipeOverrides): RecipeInput['teacher'] {
  const model = teacher === undefined ? recipe.teacher?.model : (teacher ?? undefined);
  if (model === undefined) {
    if (pairs !== undefined) throw new RecipeError('--pairs are for a teacher: name one with --teacher');
    return null;
  }
  return {
    ...recipe.teacher,
    model,
    ...(pairs && { pairs: [...pairs] }),
    ...(pairsPerStep !== undefined && { pairsPerStep }),
  };
}
