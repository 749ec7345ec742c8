import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readRecipe } from '../../src/run/recipe-file.ts';
import { checkRecipe, parseRecipe } from '../../src/train/recipe.ts';
import { drawnRelations } from '../../src/train/recipe-sampler.ts';
import { type RecipeInput, recipeNames } from '../../src/train/recipe-schema.ts';

const smallest: RecipeInput = {
  data: [{ source: 'semeval2012' }],
  sampling: { kind: 'relations', parts: [{ relations: 4, positives: 2 }] },
  training: { losses: [{ name: 'infonce' }], learningRate: 1e-4 },
};
const triples: RecipeInput = {
  ...smallest,
  sampling: { kind: 'triples', relations: 64 },
  training: { losses: [{ name: 'triplet' }], learningRate: 1e-4, triples: 'drawn' },
};

describe('recipes', () => {
  it('of the package are all named, and each is one', async () => {
    const files = await readdir(fileURLToPath(new URL('../../recipes', import.meta.url)));
    for (const file of files) expect(recipeNames).toContain(file.replace('.json', ''));
    for (const file of files) {
      const recipe = await readRecipe(file.replace('.json', ''));
      expect(recipe.description).not.toBe('');
      expect(checkRecipe(recipe, file), 'complete, and without a contradiction').toEqual(recipe);
    }
  });

  it('emnlp2021 is the paper: every setting', async () => {
    const { description: _, ...paper } = await readRecipe('emnlp2021');
    const triplet = {
      weight: 1,
      margin: 1,
      distance: 'euclidean',
      hinge: 'paper',
      reduction: 'mean',
      symmetric: false,
    };
    expect(paper).toEqual({
      template: 'a',
      pooling: 'average_no_mask',
      sharedWordDiscount: 0,
      data: [{ source: 'semeval2012', top: 10, bottom: 10 }],
      excludeRelations: [],
      validationShare: 0.2,
      validationSeed: 0,
      sampling: { kind: 'triples', relations: 64, category: true },
      teacher: null,
      training: {
        losses: [
          { name: 'triplet', ...triplet },
          { name: 'in-batch', form: 'matrix', ...triplet },
          { name: 'category', ...triplet },
          { name: 'classification', weight: 1, bias: true, reduction: 'mean', symmetric: false },
        ],
        triples: 'drawn',
        epochs: 1,
        learningRate: 2e-5,
        warmup: 10,
        decay: 'constant',
        weightDecay: 0,
        decayAll: false,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        clip: 1,
        dropout: null,
        freezeEmbeddings: false,
        freezeLayers: 0,
        average: null,
        every: 56,
        metric: null,
        patience: null,
        seed: 0,
        microBatchTokens: 1024,
        fusedTokens: null,
        initialShare: 0,
      },
    });
  });

  it('emnlp2021-code is the authors\u2019 program where that differs: losses and pooling, and nothing else', async () => {
    const { description: _, ...paper } = await readRecipe('emnlp2021');
    const { description: __, ...code } = await readRecipe('emnlp2021-code');
    const triplet = { weight: 1, margin: 1, distance: 'euclidean', hinge: 'code', reduction: 'sum', symmetric: true };
    expect(code).toEqual({
      ...paper,
      pooling: 'sum_no_mask',
      training: {
        ...paper.training,
        losses: [
          { name: 'triplet', ...triplet },
          { name: 'in-batch', form: 'flattened', ...triplet },
          { name: 'category', ...triplet },
        ],
      },
    });
  });

  it('say where they are wrong', () => {
    expect(() => parseRecipe('{', 'r.json')).toThrow('r.json: not JSON');
    expect(() => parseRecipe('{"data": []}', 'r.json')).toThrow(
      /r\.json: data: expected array to have >=1 items, got \[\]; sampling: /,
    );
    const wrong = { ...smallest, training: { ...smallest.training, learnRate: 1 } };
    expect(() => parseRecipe(JSON.stringify(wrong), 'r.json')).toThrow(
      "training: there is no setting 'learnRate' (did you mean learningRate?)",
    );
    const negative = { ...smallest, training: { ...smallest.training, learningRate: -1 } };
    expect(() => parseRecipe(JSON.stringify(negative), 'r.json')).toThrow(
      'r.json: training.learningRate: expected number to be >0, got -1',
    );
  });

  it('refuse settings that contradict each other', () => {
    const check = (recipe: RecipeInput) => () => checkRecipe(recipe, 'r');
    const training = smallest.training;
    expect(check({ ...smallest, training: { ...training, steps: 3, epochs: 1 } })).toThrow(
      'steps and epochs are both given',
    );
    expect(check({ ...smallest, training: { ...training, triples: 'drawn' } })).toThrow(
      "triples 'drawn' needs the sampling 'triples'",
    );
    expect(check({ ...smallest, training: { ...training, losses: [{ name: 'similarity' }] } })).toThrow(
      'needs a teacher',
    );
    expect(check({ ...smallest, teacher: { model: 'x' } })).toThrow("add the loss 'similarity'");
    expect(check({ ...smallest, training: { ...training, patience: 3 } })).toThrow('patience counts validations');
    const parts = [{ relations: 1, positives: 2, data: ['wordnet'] }];
    expect(check({ ...smallest, sampling: { kind: 'relations', parts } })).toThrow(
      "'wordnet', which is not among the data",
    );
  });

  it('refuse a loss without an example in any batch', () => {
    type Loss = RecipeInput['training']['losses'][number];
    const check = (losses: readonly Loss[], sampling: RecipeInput['sampling'], source?: 'drawn') => () =>
      checkRecipe(
        { ...smallest, sampling, training: { ...smallest.training, losses: [...losses], triples: source ?? 'all' } },
        'r',
      );
    const parts = (...list: { relations?: number; positives: number; negatives?: number; mixed?: boolean }[]) =>
      ({ kind: 'relations', parts: list.map((part) => ({ relations: 4, ...part })) }) as const;
    const drawn = (category: boolean, relations = 8) => ({ kind: 'triples', relations, category }) as const;
    const [infonce, triplet, category] = [{ name: 'infonce' }, { name: 'triplet' }, { name: 'category' }] as const;
    const lacks = (name: string, what: string) =>
      expect.objectContaining({
        message: expect.stringContaining(`the loss '${name}' has nothing to learn from: no step draws ${what}`),
      });

    expect(check([triplet, category], drawn(false), 'drawn')).toThrow(
      lacks('category', 'two relations of one category'),
    );
    expect(check([triplet, category], drawn(true), 'drawn')).not.toThrow();
    expect(check([triplet, category], drawn(false))).not.toThrow();
    expect(check([triplet], drawn(false), 'drawn')).not.toThrow();
    expect(check([{ name: 'in-batch' }], drawn(false, 1), 'drawn')).toThrow(lacks('in-batch', 'two positives'));
    expect(check([{ name: 'in-batch' }], drawn(false, 2), 'drawn')).not.toThrow();

    for (const loss of [infonce, { name: 'infoloob' }, { name: 'in-batch' }] as const) {
      const needsTwo = lacks(loss.name, 'two positives of one relation');
      expect(check([loss], parts({ positives: 1 }, { positives: 1, negatives: 3 }))).toThrow(needsTwo);
      expect(check([loss], parts({ positives: 1 }, { positives: 4, mixed: true }))).toThrow(needsTwo);
      expect(check([loss], parts({ positives: 1 }, { positives: 2 }))).not.toThrow();
      expect(check([loss], parts({ relations: 0.5, positives: 1 }, { relations: 0.5, positives: 2 }))).not.toThrow();
      expect(check([loss], parts({ relations: 1, positives: 2 }))).toThrow(needsTwo);
      expect(check([loss], parts({ positives: 4, mixed: true }))).toThrow(needsTwo);
    }
    // A pair each of two relations of a category is a positive for the other.
    expect(check([category], parts({ positives: 1 }))).not.toThrow();
    const needsThree = lacks('category', 'two relations of one category');
    expect(check([category], parts({ relations: 3, positives: 1 }))).not.toThrow();
    expect(check([category], parts({ relations: 2, positives: 1 }))).toThrow(needsThree);
    expect(check([category], parts({ positives: 1, mixed: true }))).toThrow(needsThree);
    for (const loss of [triplet, { name: 'classification' }] as const) {
      const needsNegatives = lacks(loss.name, 'two positives and a negative of one relation');
      expect(check([loss], parts({ positives: 3 }))).toThrow(needsNegatives);
      expect(check([loss], parts({ positives: 3 }, { positives: 3, negatives: 2, mixed: true }))).toThrow(
        needsNegatives,
      );
      expect(check([loss], parts({ positives: 3 }, { positives: 3, negatives: 2 }))).not.toThrow();
    }
    const flattened = { name: 'in-batch', form: 'flattened', distance: 'cosine' } as const;
    expect(check([flattened], drawn(false))).toThrow(
      "training.losses.0: the form 'flattened' is defined for the Euclidean distance only",
    );
    // A teacher needs no relations, and more than two pairs.
    const withTeacher = (relations: number, pairs: string[] = []) => ({
      ...smallest,
      teacher: { model: 'x', pairs },
      sampling: parts({ relations, positives: 1, mixed: true }),
      training: { ...smallest.training, losses: [{ name: 'similarity' as const }] },
    });
    expect(() => checkRecipe(withTeacher(3), 'r')).not.toThrow();
    expect(() => checkRecipe(withTeacher(2), 'r')).toThrow(lacks('similarity', 'more than two pairs'));
    expect(() => checkRecipe(withTeacher(2, ['p.tsv']), 'r')).not.toThrow();
  });
});

describe('drawnRelations', () => {
  const set = { relation: 'r', parent: undefined, aliases: [], positives: [], negatives: [{ head: 'a', tail: 'b' }] };
  const data = [{ source: 'x' }, { source: 'y' }];
  const relations = new Map(data.map(({ source }) => [source, [set]]));
  const negatives = (sampling: RecipeInput['sampling']) =>
    [
      ...drawnRelations(
        checkRecipe({ ...(sampling.kind === 'triples' ? triples : smallest), data, sampling }, 'test'),
        relations,
      ),
    ].map(([source, sets]) => `${source}${sets[0]?.negatives.length}`);
  const part = { relations: 2, positives: 2 };

  it.each<
    [string, { relations: number; positives: number; data?: string[]; negatives?: number; mixed?: boolean }[], string[]]
  >([
    ['of no part', [part], ['x0', 'y0']],
    [
      'of the part that draws some',
      [
        { ...part, data: ['x'], negatives: 1 },
        { ...part, data: ['y'] },
      ],
      ['x1', 'y0'],
    ],
    ['of all sources, where a part names none', [{ ...part, negatives: 1 }], ['x1', 'y1']],
    ['of a mixed part', [{ ...part, data: ['y'], mixed: true }, part], ['x0', 'y1']],
  ])('keeps the negatives %s', (_, parts, expected) => {
    expect(negatives({ kind: 'relations', parts })).toEqual(expected);
  });

  it('keeps all for triples', () => {
    expect(negatives({ kind: 'triples', relations: 4 })).toEqual(['x1', 'y1']);
  });
});
