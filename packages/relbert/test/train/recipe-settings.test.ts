import { describe, expect, it } from 'vitest';
import { LOSS_NAMES, type LossName } from '../../src/loss/losses.ts';
import { checkRecipe, parseRecipe, RecipeError } from '../../src/train/recipe.ts';
import type { Recipe, RecipeInput } from '../../src/train/recipe-schema.ts';
import { describeSettings, parseSetting, withSettings } from '../../src/train/recipe-settings.ts';

const common: Omit<RecipeInput, 'sampling'> = {
  data: [{ source: 'semeval2012' }, { source: 'wordnet' }, { source: 'pairs.tsv' }],
  teacher: { model: 'big', pairs: ['p.tsv'] },
  training: {
    losses: LOSS_NAMES.map((name) => ({ name })),
    learningRate: 1e-4,
    weightDecay: 0.3,
    every: 40,
    epochs: 3,
  },
};
const relations = checkRecipe(
  {
    ...common,
    sampling: {
      kind: 'relations',
      parts: [
        { data: ['semeval2012'], relations: 6, positives: 3, negatives: 2 },
        { data: ['wordnet'], relations: 3, positives: 5, negatives: 1 },
      ],
    },
  },
  'relations',
);
const triples = checkRecipe({ ...common, sampling: { kind: 'triples', relations: 64 } }, 'triples');
const only = (...names: LossName[]) =>
  withSettings(relations, {
    'training.losses': names.map((name) => ({ name })),
    ...(!names.includes('similarity') && { teacher: null }),
  });
const lossOf = (name: LossName, { training }: Recipe) => training.losses.find((term) => term.name === name);

/** A text for every setting, which no default is, and what it stands for. Of losses and samplings by the last key. */
const values: Readonly<Record<string, readonly [text: string, value: unknown]>> = {
  description: ['2021', '2021'],
  template: ['<subj> and <obj>', '<subj> and <obj>'],
  pooling: ['cls', 'cls'],
  'data.0.source': ['package/semeval2012-crossed', undefined],
  'data.0.top': ['21', 21],
  'data.0.bottom': ['22', 22],
  'data.1.frequency': ['23', 23],
  'data.1.limit': ['24', 24],
  excludeRelations: ['["x","y"]', ['x', 'y']],
  validationShare: ['0.25', 0.25],
  validationSeed: ['-26', -26],
  'sampling.relations': ['27', 27],
  'sampling.category': ['false', false],
  'sampling.parts.0.data': ['["wordnet"]', ['wordnet']],
  'sampling.parts.0.relations': ['3.5', 3.5],
  'sampling.parts.0.positives': ['28', 28],
  'sampling.parts.0.negatives': ['29', 29],
  'sampling.parts.0.balance': ['0.34', 0.34],
  'sampling.parts.0.sharing': ['3', 3],
  'sampling.parts.0.labelled': ['false', false],
  'sampling.parts.0.mixed': ['true', true],
  sharedWordDiscount: ['0.2', 0.2],
  'teacher.model': ['bigger', 'bigger'],
  'teacher.pairs': ['["q.tsv"]', ['q.tsv']],
  'teacher.pairsPerStep': ['47', 47],
  weight: ['36', 36],
  margin: ['-0.44', -0.44],
  distance: ['cosine', 'cosine'],
  hinge: ['code', 'code'],
  reduction: ['sum', 'sum'],
  symmetric: ['true', true],
  form: ['flattened', 'flattened'],
  bias: ['false', false],
  positives: ['sum', 'sum'],
  temperature: ['0.45', 0.45],
  sharing: ['5', 5],
  labelled: ['false', false],
  teacherTemperature: ['0.46', 0.46],
  'training.triples': ['drawn', 'drawn'],
  'training.steps': ['48', 48],
  'training.epochs': ['4.9', 4.9],
  'training.learningRate': ['2e-5', 2e-5],
  'training.warmup': ['51', 51],
  'training.decay': ['cosine', 'cosine'],
  'training.weightDecay': ['0.52', 0.52],
  'training.decayAll': ['true', true],
  'training.beta1': ['0.53', 0.53],
  'training.beta2': ['0.54', 0.54],
  'training.epsilon': ['0.055', 0.055],
  'training.clip': ['null', null],
  'training.dropout': ['0.57', 0.57],
  'training.freezeEmbeddings': ['true', true],
  'training.freezeLayers': ['58', 58],
  'training.average': ['0.59', 0.59],
  'training.initialShare': ['0.3', 0.3],
  'training.every': ['60', 60],
  'training.metric': ['u2', 'u2'],
  'training.patience': ['61', 61],
  'training.seed': ['-62', -62],
  'training.microBatchTokens': ['63', 63],
  'training.fusedTokens': ['64', 64],
};

/** Values by path. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && typeof value[0] !== 'object')) {
    return [[path, value]];
  }
  return Object.entries(value).flatMap(([key, part]) => leaves(part, path === '' ? key : `${path}.${key}`));
}

/** Paths and values that differ. */
function changes(before: Recipe, after: Recipe): Record<string, unknown> {
  const old = new Map(leaves(before));
  return Object.fromEntries(
    leaves(after).filter(([path, value]) => JSON.stringify(old.get(path)) !== JSON.stringify(value)),
  );
}

/** Every setting at the place where the recipes above have it. */
const everySetting = describeSettings().flatMap(({ path, of }) => {
  const wordNet = path.replace('data.0.frequency', 'data.1.frequency').replace('data.0.limit', 'data.1.limit');
  if (!path.startsWith('training.losses')) return [[wordNet, of] as const];
  const names = of?.split(', ') ?? [];
  return names.map((name) => [path.replace('0', String(LOSS_NAMES.indexOf(name as LossName))), name] as const);
});
/** What chooses among variants: tested below. */
const chooses = ['sampling.kind', 'data.0.source'];

describe('withSettings', () => {
  it.each(everySetting.filter(([path]) => !chooses.includes(path)))('sets %s (of %s) and nothing else', (path, of) => {
    const base = of === 'triples' || path === 'training.triples' ? triples : relations;
    const [text, value] =
      values[path] ?? values[path.split('.').at(-1) as string] ?? expect.fail(`no value for ${path}`);
    expect(changes(base, withSettings(base, { [path]: text }))).toEqual({ [path]: value });
  });

  it('changes nothing without settings', () => {
    expect(withSettings(relations, {})).toEqual(relations);
  });

  it('takes values as they are, whole parts of a recipe too', () => {
    const { sampling, training } = withSettings(triples, {
      sampling: { kind: 'relations', parts: [{ relations: 40, positives: 4, negatives: 2 }] },
      'training.learningRate': 1.5e-4,
    });
    const part = {
      data: null,
      relations: 40,
      positives: 4,
      negatives: 2,
      balance: 0,
      sharing: 0,
      labelled: true,
      mixed: false,
    };
    expect(sampling).toEqual({ kind: 'relations', parts: [part] });
    expect(training.learningRate).toBe(1.5e-4);
  });

  it('replaces steps by epochs and the other way round, and refuses both', () => {
    expect(withSettings(relations, { 'training.steps': 9 }).training.epochs).toBeUndefined();
    const steps = withSettings(relations, { 'training.steps': 9 });
    expect(changes(steps, withSettings(steps, { 'training.epochs': 2 }))).toEqual({ 'training.epochs': 2 });
    expect(() => withSettings(relations, { 'training.steps': 9, 'training.epochs': 2 })).toThrow('both given');
  });

  it('sets every element that has the setting by *', () => {
    const all = withSettings(relations, { 'sampling.parts.*.positives': '7', 'training.losses.*.margin': '0.5' });
    expect(changes(relations, all)).toEqual({
      'sampling.parts.0.positives': 7,
      'sampling.parts.1.positives': 7,
      'training.losses.0.margin': 0.5,
      'training.losses.1.margin': 0.5,
      'training.losses.2.margin': 0.5,
    });
  });

  it('appends to lists, and starts other variants with their defaults', () => {
    expect(withSettings(only('infonce'), { 'training.losses.1.name': 'triplet' }).training.losses[1]).toEqual(
      lossOf('triplet', triples),
    );
    const other = withSettings(only('infonce'), {
      'training.losses.0.name': 'infoloob',
      'training.losses.0.weight': '2',
      'sampling.kind': 'triples',
      'sampling.relations': '5',
    });
    expect(other.training.losses).toEqual([{ name: 'infoloob', weight: 2, temperature: 0.05 }]);
    expect(other.sampling).toEqual({ kind: 'triples', relations: 5, category: true });
    expect(withSettings(only('infonce'), { 'sampling.kind': 'relations' }).sampling).toEqual(relations.sampling);
    const named = withSettings(relations, { 'sampling.parts.2.relations': 1, 'sampling.parts.2.positives': 2 });
    expect(named.sampling).toMatchObject({ parts: [{}, {}, { relations: 1, positives: 2, negatives: 0 }] });
  });

  it('sets back by null', () => {
    const set = withSettings(relations, {
      'training.losses.6.teacherTemperature': '3',
      'training.warmup': '3',
      'data.1.limit': '5',
      description: 'x',
    });
    const back = withSettings(set, {
      'training.losses.6.teacherTemperature': 'null',
      'training.warmup': 'null',
      'data.1.limit': 'null',
      description: 'null',
    });
    expect(back).toEqual(relations);
  });

  it('gives each source its defaults', () => {
    expect(relations.data).toEqual([
      { source: 'semeval2012', top: 10, bottom: 10 },
      { source: 'wordnet', frequency: 0, limit: null },
      { source: 'pairs.tsv' },
    ]);
    const folder = withSettings(relations, { 'data.3.source': 'ratings-folder', 'data.3.top': '5' });
    expect(folder.data[3]).toEqual({ source: 'ratings-folder', top: 5, bottom: 10 });
  });

  it.each<[string, string, string | RegExp]>([
    ['training.learnRate', '1', "training.learnRate: there is no setting 'learnRate' (did you mean learningRate?)"],
    ['trainning.learningRate', '1', "there is no setting 'trainning' (did you mean training?)"],
    ['training.learningRate', '-1', 'training.learningRate: expected number to be >0, got -1'],
    ['training.learningRate', 'fast', "training.learningRate: expected number, got 'fast'"],
    ['training.learningRate', '', "training.learningRate: expected number, got ''"],
    ['training.learningRate', 'null', 'training.learningRate: expected number, got nothing'],
    ['training.learningRate.x', '1', 'training.learningRate has no settings'],
    ['training.warmup', '1.5', 'training.warmup: expected int, got 1.5'],
    ['training.decay', 'cosin', /training\.decay: expected one of constant, linear, cosine, got 'cosin'.*cosine\?\)/],
    [
      'training.losses.4.temprature',
      '1',
      /of infonce: there is no setting 'temprature' \(did you mean temperature\?\)/,
    ],
    ['training.losses.4.margin', '1', /training\.losses\.4\.margin of infonce: there is no setting 'margin'/],
    ['training.losses.0.name', 'infonse', /expected one of triplet,.* got 'infonse' \(did you mean infonce/],
    [
      'training.losses',
      '[{"name":"infonse"}]',
      /training\.losses\.0\.name: expected one of .* got 'infonse' \(did you/,
    ],
    ['training.losses', '[{"name":"infonce","margin":1}]', /training\.losses\.0: there is no setting 'margin'/],
    ['training.losses.9.weight', '1', "'9' is not a place in the list: 0 to 6, or *"],
    ['training.losses.7.weight', '1', 'set training.losses.7.name first (triplet, '],
    ['sampling.parts.0.positives', '2.5', 'sampling.parts.0.positives: expected int, got 2.5'],
    ['sampling.parts.0.relations', '0', 'sampling.parts.0.relations: expected number to be >0, got 0'],
    ['sampling.parts.0.data', '["countries"]', "samples from 'countries', which is not among the data"],
    ['sampling.category', 'true', "sampling.category of relations: there is no setting 'category'"],
    [
      'data.2.top',
      '5',
      "data.2.top: only SemEval's ratings (semeval2012, or a folder of them) can have it, not 'pairs.tsv'",
    ],
    ['data.0.limit', '5', "data.0.limit: only the source 'wordnet' can have it, not 'semeval2012'"],
    ['data.*.limit', '5', "data.0.limit: only the source 'wordnet' can have it, not 'semeval2012'"],
  ])('refuses %s=%s', (path, text, message) => {
    const refused = () => withSettings(relations, { [path]: text });
    expect(refused).toThrow(RecipeError);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/\n/);
  });

  it.each<[Recipe, Record<string, unknown>, string]>([
    [triples, { 'sampling.parts.0.positives': 3 }, "of triples: there is no setting 'parts'"],
    [
      only('infonce'),
      { 'training.triples': 'all' },
      'training.triples has no effect: no loss of the run is on triples',
    ],
    [only('infonce'), { 'training.losses.*.margin': 1 }, "of infonce: there is no setting 'margin'"],
    [only('infonce'), { 'teacher.pairsPerStep': 9 }, 'teacher.model: expected string, got nothing'],
    [only('infonce'), { 'teacher.pairs': ['x.tsv'] }, 'teacher.model: expected string, got nothing'],
    [
      only('similarity'),
      { 'teacher.pairs': [], 'teacher.pairsPerStep': 9 },
      'has no effect: the teacher has no further pairs',
    ],
    [only('infonce'), { validationShare: 0, validationSeed: 3 }, 'validationSeed has no effect: no pair is held out'],
    [only('infonce'), { 'training.weightDecay': 0, 'training.decayAll': true }, 'training.decayAll has no effect'],
  ])('refuses what would change nothing: %#', (recipe, settings, message) => {
    const refused = () => withSettings(recipe, settings);
    expect(refused).toThrow(RecipeError);
    expect(refused).toThrow(message);
  });
});

describe('recipe files', () => {
  it('are refused with the same messages', () => {
    const text = JSON.stringify({ ...common, sampling: { kind: 'triples', relations: 4 }, poolling: 'cls' });
    expect(() => parseRecipe(text, 'r.json')).toThrow("r.json: there is no setting 'poolling' (did you mean pooling?)");
  });
});

describe('describeSettings', () => {
  it('lists path, type, default and meaning', () => {
    const settings = describeSettings();
    const at = (path: string) => settings.filter((setting) => setting.path === path);
    expect(at('training.learningRate')).toEqual([
      {
        path: 'training.learningRate',
        of: undefined,
        type: 'number > 0',
        default: undefined,
        description: 'The highest learning rate',
      },
    ]);
    expect(at('training.dropout')).toMatchObject([{ type: 'number >= 0 and < 1 | null', default: 'null' }]);
    expect(at('training.losses.0.margin')).toMatchObject([{ of: 'triplet, in-batch, category', default: '1' }]);
    expect(at('training.losses.0.temperature').map((setting) => [setting.of, setting.default])).toEqual([
      ['infonce, infoloob', '0.05'],
      ['similarity', '0.1'],
    ]);
    expect(settings.every(({ description }) => description !== '')).toBe(true);
  });
});

describe('parseSetting', () => {
  it('splits at the first equals sign', () => {
    expect(parseSetting('template=<subj> = <obj>')).toEqual(['template', '<subj> = <obj>']);
    expect(() => parseSetting('training.clip')).toThrow(
      "a setting is PATH=VALUE, for example training.learningRate=2e-5, got 'training.clip'",
    );
    expect(() => parseSetting('=1')).toThrow(RecipeError);
  });
});
