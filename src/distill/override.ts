/** The flags of `relbert distill` put over a recipe: every option of a recipe is a flag too. */
import { LOSS_NAMES, type LossTermInput } from '../loss/terms.ts';
import { suggestion } from '../pair/nearest-name.ts';
import { checkRecipe, type Recipe, RecipeError, type RecipeInput } from '../train/recipe.ts';

/** What can be said beside a recipe; what is left out stays as the recipe has it. */
export interface RecipeOverrides {
  readonly template?: string;
  readonly pooling?: string;
  readonly data?: readonly string[];
  readonly excludeRelations?: readonly string[];
  readonly validationShare?: number;
  /** `NAME` or `NAME:WEIGHT`. */
  readonly losses?: readonly string[];
  readonly temperature?: number;
  readonly margin?: number;
  /** Relations a step. */
  readonly batch?: number;
  readonly positives?: number;
  readonly negatives?: number;
  /** SemEval: pairs with the highest and lowest ratings. */
  readonly top?: number;
  readonly bottom?: number;
  readonly sampling?: 'triples' | 'relations';
  readonly categoryTriples?: boolean;
  readonly teacher?: string;
  readonly pairs?: readonly string[];
  readonly pairsPerStep?: number;
  /** Of the training itself, by the names of the recipe. */
  readonly training?: Partial<Omit<Recipe['training'], 'losses'>>;
}

type Sampling = RecipeInput['sampling'];

/** @throws RecipeError for an unknown loss, and for settings that contradict each other */
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
  return checkRecipe(
    {
      ...recipe,
      ...(overrides.template !== undefined && { template: overrides.template }),
      ...(overrides.pooling !== undefined && { pooling: overrides.pooling }),
      ...(overrides.validationShare !== undefined && { validationShare: overrides.validationShare }),
      excludeRelations: [...recipe.excludeRelations, ...(overrides.excludeRelations ?? [])],
      data,
      sampling,
      teacher,
      training,
    },
    'the recipe with the options given',
  );
}

function dataOf(recipe: Recipe, { data, top, bottom }: RecipeOverrides): RecipeInput['data'] {
  const sources = data
    ? data.map((source) => recipe.data.find((known) => known.source === source) ?? { source })
    : recipe.data;
  return sources.map((source) => ({
    ...source,
    ...(top !== undefined && { top }),
    ...(bottom !== undefined && { bottom }),
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
  let parts: readonly Extract<Recipe['sampling'], { kind: 'relations' }>['parts'][number][] =
    recipe.sampling.kind === 'relations'
      ? recipe.sampling.parts
      : [{ data: null, relations: 32, positives: 6, negatives: 4, balance: 0, mixed: false }];
  const total = parts.reduce((sum, { relations }) => sum + relations, 0);
  // Other data than the recipe's are one part, of the size of all of the recipe's together.
  const names = new Set(data ?? recipe.data.map(({ source }) => source));
  const fits = parts.every((part) => part.data === null || part.data.every((name) => names.has(name)));
  const complete = data === undefined || recipe.data.every(({ source }) => names.has(source));
  if (data && (!fits || !complete || data.length !== recipe.data.length)) {
    parts = [{ ...(parts[0] as (typeof parts)[number]), data: null, relations: total }];
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
  const { temperature, margin, teacher } = overrides;
  let losses: LossTermInput[] = recipe.training.losses.map((term) => ({ ...term }));
  if (overrides.losses) losses = overrides.losses.map((text) => lossOf(text, recipe));
  // A teacher without a word on losses takes the place of the labels.
  else if (teacher !== undefined && !losses.some(({ name }) => name === 'similarity'))
    losses = [{ name: 'similarity' }];
  return losses.map((term) => ({
    ...term,
    ...(temperature !== undefined && hasTemperature(term) && { temperature }),
    ...(margin !== undefined && hasMargin(term) && { margin }),
  }));
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

function hasTemperature({ name }: LossTermInput): boolean {
  return name === 'infonce' || name === 'infoloob' || name === 'similarity';
}

function hasMargin({ name }: LossTermInput): boolean {
  return name === 'triplet' || name === 'in-batch' || name === 'category';
}

function teacherOf(recipe: Recipe, { teacher, pairs, pairsPerStep }: RecipeOverrides): RecipeInput['teacher'] {
  const model = teacher ?? recipe.teacher?.model;
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
