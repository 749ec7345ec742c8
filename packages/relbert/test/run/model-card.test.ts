import { describe, expect, it } from 'vitest';
import { type ModelCard, modelCard } from '../../src/run/model-card.ts';
import { checkRecipe } from '../../src/train/recipe.ts';
import type { RecipeInput } from '../../src/train/recipe-schema.ts';

function card(recipe: Partial<RecipeInput>, more: Partial<ModelCard> = {}): string {
  return modelCard({
    name: 'mine',
    base: 'some/base',
    baseModel: 'some/base',
    license: 'mit',
    prompt: { kind: 'template', text: '<subj> <obj>' },
    pooling: 'average',
    recipe: checkRecipe(
      {
        data: [{ source: 'semeval2012' }],
        sampling: { kind: 'relations', parts: [{ relations: 2, positives: 2 }] },
        training: { losses: [{ name: recipe.teacher ? 'similarity' : 'infonce' }], learningRate: 1e-4, steps: 1 },
        ...recipe,
      },
      'test',
    ),
    recipeName: 'custom',
    relations: 3,
    pairs: 40,
    furtherPairs: 0,
    excludedPairs: 0,
    steps: 1,
    seconds: 1,
    weightsFrom: 1,
    parameters: 1e6,
    figures: undefined,
    ...more,
  });
}
const licences = (text: string) => /^Of the training data|Of the training data: (.*)\.$/m.exec(text)?.[1]?.split('; ');

describe('a model card', () => {
  it('names only the licences of the data of the run', () => {
    const [semEval, wordNet, countries] = [/^SemEval.*CC BY-SA 3\.0$/, /^WordNet/, /^countries.*\(ODbL\) 1\.0$/];
    const named = (...expected: RegExp[]) => expected.map((pattern) => expect.stringMatching(pattern));
    expect(licences(card({}))).toEqual(named(semEval));
    const sources = ['package/semeval2012', 'semeval2012', 'package/wordnet', 'package/countries'];
    expect(licences(card({ data: sources.map((source) => ({ source })) }))).toEqual(named(semEval, wordNet, countries));
    expect(licences(card({ data: [{ source: 'wordnet' }] }))).toEqual(named(wordNet));
    expect(licences(card({ data: [{ source: 'my/own.tsv' }] }))).toEqual(['`my/own.tsv`: as its makers say']);
    expect(
      licences(card({ data: [{ source: 'own.tsv' }], teacher: { model: 't', pairs: ['package/unlabelled'] } })),
    ).toEqual(named(wordNet, /^`own\.tsv`: as its makers say$/));
  });

  it('has code for Python only where the prompt is a template, which the code can write', () => {
    expect(card({})).toContain('In Python:\n\n```python\n');
    for (const kind of ['trigger', 'soft'] as const) {
      const text = card({}, { prompt: { kind, text: 'a <subj> b <obj>' } });
      expect(text).not.toContain('```python');
      expect(text).toMatch(
        /In Python: transformers does not write the prompt, .* `npx relbert export --model \.\/mine/,
      );
    }
  });

  it('counts the pairs of train-pairs.tsv', () => {
    expect(card({})).toContain('3 relations, 40 pairs (all of them: `train-pairs.tsv`)');
    expect(card({}, { furtherPairs: 7 })).toContain(
      '3 relations, 40 pairs, and 7 pairs for the teacher (all of them: `train-pairs.tsv`)',
    );
  });
});
