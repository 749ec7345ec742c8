import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { overrideRecipe } from '../../src/distill/override.ts';
import { readRecipe } from '../../src/distill/recipe-file.ts';
import { checkRecipe, parseRecipe, type RecipeInput, recipeNames } from '../../src/train/recipe.ts';

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
    for (const file of files) expect((await readRecipe(file.replace('.json', ''))).description).not.toBe('');
  });

  it('emnlp2021 is the paper, emnlp2021-code the authors\u2019 program', async () => {
    const paper = await readRecipe('emnlp2021');
    expect(paper).toMatchObject({
      pooling: 'average_no_mask',
      sampling: { kind: 'triples', relations: 64, category: true },
    });
    expect(paper.training).toMatchObject({
      epochs: 1,
      learningRate: 2e-5,
      warmup: 10,
      decay: 'constant',
      triples: 'drawn',
    });
    expect(paper.training.losses.map(({ name }) => name)).toEqual([
      'triplet',
      'in-batch',
      'category',
      'classification',
    ]);
    const code = await readRecipe('emnlp2021-code');
    expect(code.pooling).toBe('sum_no_mask');
    expect(code.training.losses.map((term) => ('hinge' in term ? term.hinge : ''))).toEqual(['code', 'code', 'code']);
    expect(code.training.losses.some(({ name }) => name === 'classification')).toBe(false);
  });

  it('say where they are wrong', () => {
    expect(() => parseRecipe('{', 'r.json')).toThrow('r.json: not JSON');
    expect(() => parseRecipe('{"data": []}', 'r.json')).toThrow(/r\.json: [\s\S]*sampling/);
    const wrong = { ...smallest, training: { ...smallest.training, learnRate: 1 } };
    expect(() => parseRecipe(JSON.stringify(wrong), 'r.json')).toThrow(/learnRate[\s\S]*training/);
    const negative = { ...smallest, training: { ...smallest.training, learningRate: -1 } };
    expect(() => parseRecipe(JSON.stringify(negative), 'r.json')).toThrow(/>0[\s\S]*training\.learningRate/);
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
});

describe('overrideRecipe', () => {
  const base = checkRecipe(smallest, 'base');

  it('leaves a recipe as it is where nothing is said', () => {
    expect(overrideRecipe(base, {})).toEqual(base);
  });

  it('sets losses with weights, temperature and margin', () => {
    const { training } = overrideRecipe(checkRecipe(triples, 'base'), {
      losses: ['infonce:0.5', 'triplet'],
      temperature: 0.2,
      margin: 0.3,
    });
    expect(training.losses).toMatchObject([
      { name: 'infonce', weight: 0.5, temperature: 0.2 },
      { name: 'triplet', weight: 1, margin: 0.3 },
    ]);
    expect(() => overrideRecipe(base, { losses: ['infonse'] })).toThrow(/unknown loss 'infonse'.*infonce/);
    expect(() => overrideRecipe(base, { losses: ['infonce:much'] })).toThrow("got 'much' in 'infonce:much'");
  });

  it('lets steps take the place of epochs and the other way round', () => {
    const epochs = overrideRecipe(base, { training: { epochs: 2 } });
    expect(overrideRecipe(epochs, { training: { steps: 9 } }).training).toMatchObject({ steps: 9 });
    expect(overrideRecipe(epochs, { training: { steps: 9 } }).training.epochs).toBeUndefined();
  });

  it('takes other data as one part of the same size', () => {
    const two = checkRecipe(
      {
        ...smallest,
        data: [{ source: 'a.jsonl' }, { source: 'b.jsonl' }],
        sampling: {
          kind: 'relations',
          parts: [
            { data: ['a.jsonl'], relations: 6, positives: 3 },
            { data: ['b.jsonl'], relations: 2, positives: 5 },
          ],
        },
      },
      'two',
    );
    expect(overrideRecipe(two, { data: ['c.tsv'] }).sampling).toMatchObject({
      parts: [{ data: null, relations: 8, positives: 3 }],
    });
    expect(overrideRecipe(two, { batch: 4 }).sampling).toMatchObject({ parts: [{ relations: 3 }, { relations: 1 }] });
    expect(overrideRecipe(two, { sampling: 'triples', batch: 5 }).sampling).toMatchObject({
      kind: 'triples',
      relations: 5,
    });
  });

  it('learns from a teacher alone where no loss is named', () => {
    const { training, teacher } = overrideRecipe(base, { teacher: 'big', pairs: ['p.tsv'] });
    expect(training.losses.map(({ name }) => name)).toEqual(['similarity']);
    expect(teacher).toMatchObject({ model: 'big', pairs: ['p.tsv'] });
    expect(overrideRecipe(base, { teacher: 'big', losses: ['infonce', 'similarity:2'] }).training.losses).toHaveLength(
      2,
    );
    expect(() => overrideRecipe(base, { pairs: ['p.tsv'] })).toThrow('--pairs are for a teacher');
  });
});
