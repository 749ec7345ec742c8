import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addDistillOptions, type DistillFlags, recipeOverrides } from '../../src/cli/distill-options.ts';
import { overrideRecipe } from '../../src/run/override.ts';
import { checkRecipe, type Recipe, RecipeError, type RecipeInput, recipeSchema } from '../../src/train/recipe.ts';

/** What the recipe becomes with flags given on the command line. */
function withFlags(base: Recipe, ...args: readonly string[]): Recipe {
  const command = addDistillOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(['--model', 'm', '--output', 'o', ...args], { from: 'user' });
  return overrideRecipe(base, recipeOverrides(command.opts<DistillFlags>()));
}

const losses: RecipeInput['training']['losses'] = [
  { name: 'triplet', weight: 2 },
  { name: 'in-batch' },
  { name: 'category' },
  { name: 'classification' },
  { name: 'infonce' },
  { name: 'infoloob' },
  { name: 'similarity' },
];
const common: Omit<RecipeInput, 'sampling'> = {
  data: [{ source: 'semeval2012' }, { source: 'wordnet' }],
  teacher: { model: 'big', pairs: ['p.tsv'] },
  training: { losses, learningRate: 1e-4, weightDecay: 0.3, every: 40, epochs: 3 },
};
const relations = checkRecipe(
  {
    ...common,
    sampling: {
      kind: 'relations',
      parts: [
        { data: ['semeval2012'], relations: 6, positives: 3, negatives: 2 },
        { data: ['wordnet'], relations: 2, positives: 5 },
      ],
    },
  },
  'relations',
);
const triples = checkRecipe(
  {
    ...common,
    sampling: { kind: 'triples', relations: 64, category: false },
    training: { ...common.training, losses: losses.filter(({ name }) => name !== 'category') },
  },
  'triples',
);

/** The parts of a zod schema that a walk over it needs. */
interface SchemaDefinition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly innerType?: Schema;
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
}
interface Schema {
  readonly def: SchemaDefinition;
}

/** Paths of everything that a recipe can set: `training.losses.triplet.margin`, `sampling.parts.balance`. */
function leavesOf({ def }: Schema, path: string): string[] {
  if (def.innerType) return leavesOf(def.innerType, path);
  if (def.shape) {
    return Object.entries(def.shape).flatMap(([key, value]) => leavesOf(value, path === '' ? key : `${path}.${key}`));
  }
  if (def.options) {
    const { discriminator = '' } = def;
    return def.options.flatMap((option) => {
      const name = option.def.shape?.[discriminator]?.def.values?.[0];
      return leavesOf(option, `${path}.${String(name)}`);
    });
  }
  const item = def.element?.def;
  return def.element && (item?.shape || item?.options) ? leavesOf(def.element, path) : [path];
}

/** The same paths with their values; those of several elements in order. */
function valuesOf(value: unknown, path = '', found = new Map<string, unknown[]>()): Map<string, unknown[]> {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'object');
  if (isList && value.length > 0) {
    for (const item of value) valuesOf(item, path, found);
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    const variant = entries.find(([key]) => (key === 'name' && path === 'training.losses') || key === 'kind');
    const inner = variant ? `${path}.${String(variant[1])}` : path;
    for (const [key, part] of entries) valuesOf(part, inner === '' ? key : `${inner}.${key}`, found);
  } else {
    found.set(path, [...(found.get(path) ?? []), value]);
  }
  return found;
}

interface FlagCase {
  readonly args: readonly string[];
  /** What changes, to which values, and nothing else. */
  readonly changes: Readonly<Record<string, readonly unknown[]>>;
  readonly base?: Recipe;
}

const ofLosses = (key: string, value: unknown, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`training.losses.${name}.${key}`, [value]]));
const tripletLosses = ['triplet', 'in-batch', 'category'];
const training = (flag: string, key: string, text: string, value: unknown = Number(text)): FlagCase => ({
  args: [flag, text],
  changes: { [`training.${key}`]: [value] },
});
const part = 'sampling.relations.parts';

/** Every flag with a value of its own that no default has. */
const cases: readonly FlagCase[] = [
  { args: ['--description', 'mine'], changes: { description: ['mine'] } },
  { args: ['--template', 'c'], changes: { template: ['c'] } },
  { args: ['--pooling', 'cls'], changes: { pooling: ['cls'] } },
  { args: ['--data', 'wordnet', 'semeval2012'], changes: { 'data.source': ['wordnet', 'semeval2012'] } },
  { args: ['--top', '21'], changes: { 'data.top': [21, 10] } },
  { args: ['--bottom', '22'], changes: { 'data.bottom': [22, 10] } },
  { args: ['--frequency', '23'], changes: { 'data.frequency': [0, 23] } },
  { args: ['--limit', '24'], changes: { 'data.limit': [null, 24] } },
  { args: ['--exclude-relation', 'x', 'y'], changes: { excludeRelations: [['x', 'y']] } },
  { args: ['--validation-share', '0.25'], changes: { validationShare: [0.25] } },
  { args: ['--validation-seed', '-26'], changes: { validationSeed: [-26] } },
  { args: ['--batch', '32'], changes: { [`${part}.relations`]: [24, 8] } },
  { args: ['--batch', '27'], changes: { 'sampling.triples.relations': [27] }, base: triples },
  { args: ['--category-triples'], changes: { 'sampling.triples.category': [true] }, base: triples },
  { args: ['--positives', '28'], changes: { [`${part}.positives`]: [28, 28] } },
  { args: ['--negatives', '29'], changes: { [`${part}.negatives`]: [29, 29] } },
  {
    args: ['--part', 'data=wordnet,data=semeval2012,relations=31,positives=32,negatives=33,balance=0.34,mixed'].concat(
      '--part',
      'positives=35,relations=0.5,negatives=1',
    ),
    changes: {
      [`${part}.data`]: [['wordnet', 'semeval2012'], null],
      [`${part}.relations`]: [31, 0.5],
      [`${part}.positives`]: [32, 35],
      [`${part}.negatives`]: [33, 1],
      [`${part}.balance`]: [0.34, 0],
      [`${part}.mixed`]: [true, false],
    },
  },
  ...['triplet', 'in-batch', 'category', 'classification', 'infonce', 'infoloob', 'similarity'].map(
    (name, i): FlagCase => ({
      args: ['--loss', ...losses.map((loss) => (loss.name === name ? `${name}:${i + 36}` : loss.name))],
      changes: { [`training.losses.${name}.weight`]: [i + 36] },
    }),
  ),
  { args: ['--margin', '0.44'], changes: ofLosses('margin', 0.44, tripletLosses) },
  { args: ['--distance', 'cosine'], changes: ofLosses('distance', 'cosine', tripletLosses) },
  { args: ['--hinge', 'code'], changes: ofLosses('hinge', 'code', tripletLosses) },
  { args: ['--reduction', 'sum'], changes: ofLosses('reduction', 'sum', [...tripletLosses, 'classification']) },
  { args: ['--symmetric'], changes: ofLosses('symmetric', true, [...tripletLosses, 'classification']) },
  { args: ['--in-batch-form', 'flattened'], changes: ofLosses('form', 'flattened', ['in-batch']) },
  { args: ['--no-classification-bias'], changes: ofLosses('bias', false, ['classification']) },
  { args: ['--infonce-positives', 'sum'], changes: ofLosses('positives', 'sum', ['infonce']) },
  { args: ['--temperature', '0.45'], changes: ofLosses('temperature', 0.45, ['infonce', 'infoloob', 'similarity']) },
  { args: ['--teacher-temperature', '0.46'], changes: ofLosses('teacherTemperature', 0.46, ['similarity']) },
  { args: ['--teacher', 'bigger'], changes: { 'teacher.model': ['bigger'] } },
  { args: ['--pairs', 'q.tsv', 'r.tsv'], changes: { 'teacher.pairs': [['q.tsv', 'r.tsv']] } },
  { args: ['--pairs-per-step', '47'], changes: { 'teacher.pairsPerStep': [47] } },
  { args: ['--triples', 'drawn'], changes: { 'training.triples': ['drawn'] }, base: triples },
  { args: ['--steps', '48'], changes: { 'training.steps': [48], 'training.epochs': [] } },
  training('--epochs', 'epochs', '4.9'),
  training('--lr', 'learningRate', '0.05'),
  training('--warmup', 'warmup', '51'),
  training('--decay', 'decay', 'cosine', 'cosine'),
  training('--weight-decay', 'weightDecay', '0.52'),
  { args: ['--decay-all'], changes: { 'training.decayAll': [true] } },
  training('--beta1', 'beta1', '0.53'),
  training('--beta2', 'beta2', '0.54'),
  training('--epsilon', 'epsilon', '0.055'),
  training('--clip', 'clip', '5.6'),
  training('--dropout', 'dropout', '0.57'),
  { args: ['--freeze-embeddings'], changes: { 'training.freezeEmbeddings': [true] } },
  training('--freeze-layers', 'freezeLayers', '58'),
  training('--average', 'average', '0.59'),
  training('--every', 'every', '60'),
  training('--metric', 'metric', 'u2', 'u2'),
  training('--patience', 'patience', '61'),
  training('--seed', 'seed', '-62'),
  training('--micro-batch-tokens', 'microBatchTokens', '63'),
  training('--fused-tokens', 'fusedTokens', '64'),
];

/** Which option is tested as which kind of a union, not as a leaf. */
const names = /^training\.losses\.[^.]+\.name$|^sampling\.[^.]+\.kind$/;

describe('flags of relbert distill', () => {
  it('are there for every option of a recipe', () => {
    const leaves = leavesOf(recipeSchema as unknown as Schema, '').filter((leaf) => !names.test(leaf));
    expect(leaves.length).toBeGreaterThan(70);
    const covered = new Set(cases.flatMap(({ changes }) => Object.keys(changes)));
    expect([...covered].sort()).toEqual(leaves.sort());
  });

  it.each(cases.map((one) => [one.args.join(' '), one] as const))('%s', (_, { args, changes, base = relations }) => {
    const before = valuesOf(base);
    const after = valuesOf(withFlags(base, ...args));
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)),
    );
    expect(changed.sort()).toEqual(Object.keys(changes).sort());
    for (const [path, values] of Object.entries(changes)) expect(after.get(path) ?? [], path).toEqual(values);
  });

  it('choose losses and the kind of sampling', () => {
    expect(withFlags(relations, '--loss', 'infoloob', 'similarity').training.losses.map(({ name }) => name)).toEqual([
      'infoloob',
      'similarity',
    ]);
    expect(withFlags(relations, '--sampling', 'triples').sampling).toEqual({
      kind: 'triples',
      relations: 64,
      category: true,
    });
    expect(withFlags(triples, '--sampling', 'relations').sampling).toMatchObject({
      kind: 'relations',
      parts: [{ data: null, relations: 32, positives: 6, negatives: 4, balance: 0, mixed: false }],
    });
  });

  it('set back what a recipe has set', () => {
    const set = checkRecipe(
      {
        ...relations,
        template: 'b',
        pooling: 'cls',
        data: [{ source: 'semeval2012' }, { source: 'wordnet', limit: 5 }],
        training: {
          ...relations.training,
          losses: losses.map((loss) =>
            loss.name === 'similarity'
              ? { ...loss, teacherTemperature: 3 }
              : loss.name === 'classification'
                ? { ...loss, bias: false, symmetric: true }
                : loss,
          ),
          decayAll: true,
          freezeEmbeddings: true,
          clip: 3,
          dropout: 0.3,
          average: 0.3,
          every: 3,
          metric: 'u2',
          fusedTokens: 3,
        },
      },
      'set',
    );
    const none = (flag: string) => withFlags(set, flag, 'none');
    expect(none('--template').template).toBeNull();
    expect(none('--pooling').pooling).toBeNull();
    expect(none('--limit').data.map(({ limit }) => limit)).toEqual([null, null]);
    expect(none('--clip').training.clip).toBeNull();
    expect(none('--dropout').training.dropout).toBeNull();
    expect(none('--average').training.average).toBeNull();
    expect(none('--every').training.every).toBeNull();
    expect(none('--metric').training.metric).toBeNull();
    expect(none('--fused-tokens').training.fusedTokens).toBeNull();
    expect(none('--pairs').teacher?.pairs).toEqual([]);
    const similarity = none('--teacher-temperature').training.losses.find(({ name }) => name === 'similarity');
    expect(similarity).toEqual({ name: 'similarity', weight: 1, temperature: 0.1 });
    expect(withFlags(set, '--teacher', 'none', '--loss', 'infonce').teacher).toBeNull();
    const patient = withFlags(set, '--patience', '4');
    expect(withFlags(patient, '--patience', 'none').training.patience).toBeNull();
    expect(withFlags(set, '--no-decay-all').training.decayAll).toBe(false);
    expect(withFlags(set, '--no-freeze-embeddings').training.freezeEmbeddings).toBe(false);
    const classification = withFlags(set, '--classification-bias', '--no-symmetric').training.losses[3];
    expect(classification).toMatchObject({ name: 'classification', bias: true, symmetric: false });
    const category = withFlags(triples, '--category-triples');
    expect(withFlags(category, '--no-category-triples').sampling).toMatchObject({ category: false });
    // Nothing is set where nothing is said: commander gives a --no-… flag alone the value true.
    expect(withFlags(set)).toEqual(set);
    expect(withFlags(triples)).toEqual(triples);
  });
});

describe('--part', () => {
  it.each([
    ['relations=3', "'positives' is missing"],
    ['positives=3', "'relations' is missing"],
    ['relations=3,positves=2', /no setting 'positves'.*positives/],
    ['relations=x,positives=2', "'relations' should be a number, got 'x'"],
    ['relations=,positives=2', "'relations' needs a value"],
    ['relations=3,relations=4,positives=2', "'relations' comes twice"],
    ['relations=3,positives=2,mixed=yes', "'mixed' takes no value"],
    ['relations=3,positives=2,data=countries', "samples from 'countries', which is not among the data"],
    ['relations=3,positives=2.5', /expected int/],
    ['relations=0,positives=2', />0/],
  ])('%s is refused', (text, message) => {
    const refused = () => withFlags(relations, '--part', text);
    expect(refused).toThrow(RecipeError);
    expect(refused).toThrow(message);
  });
});

describe('a flag that would change nothing is refused', () => {
  const only = (...names: string[]) => withFlags(relations, '--teacher', 'none', '--loss', ...names);
  const infonce = only('infonce');
  const taught = withFlags(relations, '--loss', 'similarity');
  const packaged = withFlags(only('infonce'), '--data', 'package/semeval2012', 'file.tsv');
  it.each([
    [triples, ['--positives', '3'], '--positives has no effect on triples'],
    [triples, ['--negatives', '3'], '--negatives has no effect on triples'],
    [triples, ['--part', 'relations=1,positives=2'], '--part has no effect on triples'],
    [relations, ['--sampling', 'triples', '--positives', '3'], '--positives has no effect on triples'],
    [infonce, ['--no-category-triples'], '--no-category-triples have no effect on relation batches'],
    [infonce, ['--category-triples'], '--no-category-triples have no effect on relation batches'],
    [infonce, ['--part', 'relations=1,positives=2', '--batch', '3'], '--batch and --part both say'],
    [infonce, ['--part', 'relations=1,positives=2', '--positives', '3'], '--positives and --part both say'],
    [infonce, ['--margin', '1'], '--margin is a setting of triplet, in-batch, category, and the losses are: infonce'],
    [infonce, ['--distance', 'cosine'], '--distance is a setting of triplet'],
    [infonce, ['--hinge', 'code'], '--hinge is a setting of triplet'],
    [infonce, ['--reduction', 'sum'], '--reduction is a setting of triplet, in-batch, category, classification'],
    [infonce, ['--no-symmetric'], '--symmetric is a setting of triplet, in-batch, category, classification'],
    [only('triplet'), ['--in-batch-form', 'matrix'], '--in-batch-form is a setting of in-batch'],
    [only('triplet'), ['--classification-bias'], '--classification-bias is a setting of classification'],
    [only('infoloob'), ['--infonce-positives', 'all'], '--infonce-positives is a setting of infonce'],
    [only('triplet'), ['--temperature', '1'], '--temperature is a setting of infonce, infoloob, similarity'],
    [infonce, ['--teacher-temperature', '1'], '--teacher-temperature is a setting of similarity'],
    [infonce, ['--triples', 'all'], '--triples is for triplet, in-batch, category, classification'],
    [infonce, ['--pairs-per-step', '9'], '--pairs-per-step is for the pairs of a teacher'],
    [infonce, ['--pairs', 'x.tsv'], '--pairs are for a teacher'],
    [taught, ['--pairs', 'none', '--pairs-per-step', '9'], 'no pairs to draw from'],
    [packaged, ['--top', '5'], "--top and --bottom are for SemEval's ratings"],
    [packaged, ['--bottom', '5'], 'the data are: package/semeval2012, file.tsv'],
    [packaged, ['--frequency', '5'], "--frequency and --limit are for the data 'wordnet'"],
    [packaged, ['--limit', 'none'], "--frequency and --limit are for the data 'wordnet'"],
    [infonce, ['--validation-share', '0', '--validation-seed', '3'], 'holds none out'],
    [infonce, ['--weight-decay', '0', '--decay-all'], '--decay-all has no effect without weight decay'],
  ] as const)('%#: %j', (base, args, message) => {
    const refused = () => withFlags(base, ...args);
    expect(refused).toThrow(RecipeError);
    expect(refused).toThrow(message);
  });

  it('and taken where it changes something', () => {
    expect(withFlags(packaged, '--data', 'ratings-folder', '--top', '5').data[0]?.top).toBe(5);
    expect(withFlags(taught, '--pairs-per-step', '9').teacher?.pairsPerStep).toBe(9);
  });
});
