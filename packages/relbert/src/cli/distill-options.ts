/** The options of `relbert distill`, and how they become settings of a recipe. */
import { poolings } from '../encoder/pooling-table.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import type { RecipeSettings } from '../train/recipe-settings.ts';
import { UsageError } from './exit.ts';
import { modelOptions } from './model-options.ts';
import {
  choice,
  type Flags,
  flag,
  headed,
  list,
  outputFolder,
  repeated,
  text,
  typedName,
  withDefault,
} from './option.ts';
import { resumeOption } from './resume-option.ts';

const recipeOptions = headed('Recipe:', {
  recipe: withDefault(
    text(
      '<name>',
      'default, embedded, embedded-lexical, mpnet, mpnet-lexical, emnlp2021, emnlp2021-code, journal2023, or a .json file',
    ),
    'default',
  ),
  set: repeated(
    text(
      '<path=value>',
      'any setting of the recipe, for example training.clip=0.5 or training.losses.0.temperature=0.07; repeatable',
    ),
  ),
  helpSettings: flag('list the path, the type, the default and the meaning of every setting'),
});

const everydayOptions = headed('Everyday settings (the path that each sets in brackets):', {
  template: text('<text>', "letter a-e, or text with <subj>, <obj>, <mask>; none: the checkpoint's [template]"),
  pooling: text('<pooling>', `${poolings.join(', ')}; none: the checkpoint's [pooling]`),
  data: list('<source...>', 'semeval2012, wordnet, package/..., files of relations, folders of SemEval ratings [data]'),
  excludeRelation: list('<name...>', 'leave out relations by name or id, or categories [excludeRelations]'),
  batch: text('<n>', 'relations a step, of all parts together [sampling.relations, sampling.parts.*.relations]'),
  loss: list(
    '<name:weight...>',
    'NAME or NAME:WEIGHT: triplet, in-batch, category, classification, infonce, infoloob, similarity; several are added up [training.losses]',
  ),
  teacher: text('<model>', 'relation encoder whose similarities are learnt; none: no teacher [teacher.model]'),
  pairs: list('<file...>', 'further pairs for the teacher, with or without relations [teacher.pairs]'),
  steps: text('<n>', 'steps of the run [training.steps]'),
  epochs: text('<n>', 'passes over the data, instead of steps [training.epochs]'),
  lr: text('<x>', 'learning rate [training.learningRate]'),
  seed: text('<n>', 'seed of everything that is drawn [training.seed]'),
  every: text('<n>', 'validate and write a checkpoint every n steps; null: at the end [training.every]'),
});

const runOptions = headed('Run:', {
  prompt: text('<dir>', 'prompt from relbert prompt search or tune, instead of a template'),
  excludePairs: list('<file...>', 'leave out, in both orders, every pair of these analogy or relation files'),
  validate: list(
    '<path...>',
    'analogy questions (folders with valid.jsonl, or .jsonl files); their mean accuracy decides which weights are kept, or what training.metric says',
  ),
  resume: resumeOption,
  overwrite: flag('replace the output folder'),
  dtype: withDefault(choice('<dtype>', 'of the saved weights', ['f32', 'f16']), 'f32'),
  threads: modelOptions.threads,
  device: modelOptions.device,
  offline: modelOptions.offline,
});

export const distillOptions = {
  // Not required: --help-settings needs neither.
  model: text('<model>', 'language model to start from: folder, hub id, or id@revision'),
  output: outputFolder('folder to create, in HuggingFace layout'),
  ...recipeOptions,
  ...everydayOptions,
  ...runOptions,
};
export type DistillFlags = Flags<typeof distillOptions>;

/** What a flag sets, by path. */
type FlagSettings = (flags: DistillFlags, recipe: Recipe) => RecipeSettings;

/** The everyday flags. Those not given set nothing. */
const everyday: Readonly<Partial<Record<keyof DistillFlags, FlagSettings>>> = {
  template: ({ template }) => ({ template: noneAsNull(template) }),
  pooling: ({ pooling }) => ({ pooling: noneAsNull(pooling) }),
  data: ({ data = [] }, recipe) => dataSettings(data, recipe),
  excludeRelation: ({ excludeRelation = [] }, recipe) => ({
    excludeRelations: [...recipe.excludeRelations, ...excludeRelation],
  }),
  loss: ({ loss = [] }, recipe) => ({ 'training.losses': loss.map((text) => lossOf(text, recipe)) }),
  teacher: ({ teacher }) => (teacher === 'none' ? { teacher: null } : { 'teacher.model': teacher }),
  pairs: ({ pairs = [] }) => ({ 'teacher.pairs': pairs.length === 1 && pairs[0] === 'none' ? [] : pairs }),
  steps: ({ steps }) => ({ 'training.steps': steps }),
  epochs: ({ epochs }) => ({ 'training.epochs': epochs }),
  lr: ({ lr }) => ({ 'training.learningRate': lr }),
  seed: ({ seed }) => ({ 'training.seed': seed }),
  every: ({ every }) => ({ 'training.every': every }),
};

/**
 * What the flags set in a recipe, by path, in the order in which it counts: the everyday flags, then `--set`.
 * @param sets Paths and values of `--set`.
 * @throws UsageError for a flag and a `--set` of the same setting
 */
export function flagSettings(
  flags: DistillFlags,
  recipe: Recipe,
  sets: readonly (readonly [path: string, value: string])[],
): RecipeSettings {
  const settings: Record<string, unknown> = {};
  const add = (flag: string, added: RecipeSettings) => {
    const twice = sets.find(([path]) => Object.keys(added).some((other) => replaces(path, other)));
    if (twice) throw new UsageError(`--${flag} and --set ${twice[0]} set the same: leave one out`);
    Object.assign(settings, added);
  };
  for (const [name, settingsOf] of Object.entries(everyday)) {
    if (flags[name as keyof DistillFlags] === undefined) continue;
    add(typedName(name), settingsOf(flags, recipe));
  }
  // A teacher without a word on losses replaces the labels.
  const { teacher, loss, batch } = flags;
  const given = loss !== undefined || sets.some(([path]) => path.startsWith('training.losses'));
  if (teacher !== undefined && teacher !== 'none' && !given) {
    if (!recipe.training.losses.some(({ name }) => name === 'similarity')) {
      settings['training.losses'] = [{ name: 'similarity' }];
    }
  }
  if (batch !== undefined) add('batch', batchSettings(batch, recipe, settings['sampling.parts'] as Parts | undefined));
  return { ...settings, ...Object.fromEntries(sets) };
}

/** Whether setting a path discards what was set at another: the same path, or a part of the recipe around it. */
function replaces(path: string, other: string): boolean {
  // Another kind of sampling, or another loss, starts with the defaults of that one.
  const whole = path.replace(/\.(kind|name)$/, '');
  return other === whole || other.startsWith(`${whole}.`);
}

type Parts = Extract<Recipe['sampling'], { kind: 'relations' }>['parts'];

/** Other sources than the recipe's are one part, of the size of all of the recipe's together. */
function dataSettings(sources: readonly string[], { data, sampling }: Recipe): RecipeSettings {
  const settings = { data: sources.map((source) => data.find((other) => other.source === source) ?? { source }) };
  const same = sources.length === data.length && data.every(({ source }) => sources.includes(source));
  if (same || sampling.kind === 'triples') return settings;
  return { ...settings, 'sampling.parts': [{ ...sampling.parts[0], data: null, relations: total(sampling.parts) }] };
}

/** The parts of the recipe, or those of other data, with so many relations in all. */
function batchSettings(batch: string, { sampling }: Recipe, parts?: Parts): RecipeSettings {
  if (sampling.kind === 'triples') return { 'sampling.relations': batch };
  const before = parts ?? sampling.parts;
  if (!(Number(batch) > 0)) throw new UsageError(`--batch should be a number above 0, got '${batch}'`);
  const factor = (relations: number) => (relations * Number(batch)) / total(before);
  return { 'sampling.parts': before.map((part) => ({ ...part, relations: factor(part.relations) })) };
}

function total(parts: Parts): number {
  return parts.reduce((sum, { relations }) => sum + relations, 0);
}

/** `infonce` or `triplet:0.5`, with the settings that the recipe has for it. */
function lossOf(text: string, { training }: Recipe): object {
  const [, name = '', weight] = /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  const number = Number(weight);
  return {
    ...(training.losses.find((term) => term.name === name) ?? { name }),
    ...(weight !== undefined && { weight: weight.trim() === '' || Number.isNaN(number) ? weight : number }),
  };
}

function noneAsNull(text: string | undefined): string | null | undefined {
  return text === 'none' ? null : text;
}
