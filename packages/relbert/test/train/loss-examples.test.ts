import { describe, expect, it } from 'vitest';
import type { RelationSet } from '../../src/data/relation-set.ts';
import { LOSS_NAMES, lossesWithExamples, lossTermSchema } from '../../src/loss/losses.ts';
import { checkLossExamples } from '../../src/train/loss-examples.ts';
import { RelationSampler, type SamplingPart } from '../../src/train/relation-sampler.ts';
import { SamplingError } from '../../src/train/sampler.ts';
import { TripleSampler } from '../../src/train/triple-sampler.ts';
import { tinyRelations } from './tiny.ts';

const relations = tinyRelations(6);
const bare = relations.map((set): RelationSet => ({ ...set, parent: undefined, negatives: [] }));

function found(part: Partial<SamplingPart>, sets: readonly RelationSet[] = relations): string[] {
  const parts = [{ relations: sets, relationsPerStep: sets.length, positives: 2, negatives: 1, ...part }];
  return [...lossesWithExamples(new RelationSampler({ parts, seed: 1 }).batch(0), 'all')].sort();
}
const all = [...LOSS_NAMES].sort();
const without = (...names: string[]) => all.filter((name) => !names.includes(name));

describe('the losses that find something to compare', () => {
  it('in relation batches', () => {
    expect(found({})).toEqual(all);
    expect(found({ negatives: 0 })).toEqual(without('triplet', 'classification'));
    expect(found({}, bare)).toEqual(without('triplet', 'classification', 'category'));
    // Category triples need no second positive of a relation; the others do.
    expect(found({ positives: 1 })).toEqual(['category', 'similarity']);
    expect(found({}, relations.slice(0, 1))).toEqual(
      ['classification', 'infoloob', 'infonce', 'triplet'].concat('similarity').sort(),
    );
    expect(found({ positives: 3 }, bare.slice(0, 1))).toEqual(['similarity']);
    // Two relations of one category, none of another.
    expect(found({}, relations.slice(0, 2))).toEqual(without('category'));
    // One relation of each category.
    expect(found({}, [relations[0], relations[2], relations[4]] as RelationSet[])).toEqual(without('category'));
    expect(found({ mixed: true })).toEqual(['similarity']);
    expect(found({ positives: 2 }, bare.slice(0, 1))).toEqual([]);
  });

  it('among drawn triples', () => {
    const drawn = (category: boolean, relationsPerStep: number) => {
      const sampler = new TripleSampler({ relations, relationsPerStep, category, seed: 1 });
      return [...lossesWithExamples(sampler.batch(0), 'drawn')].sort();
    };
    expect(drawn(true, 4)).toEqual(all);
    expect(drawn(false, 4)).toEqual(without('category'));
    expect(drawn(false, 1)).toEqual(without('category', 'in-batch'));
  });
});

describe('checkLossExamples', () => {
  const sampler = (part: Partial<SamplingPart>, sets: readonly RelationSet[] = relations) =>
    new RelationSampler({ parts: [{ relations: sets, relationsPerStep: 2, positives: 3, ...part }], seed: 3 });
  const check = (name: string, drawn: RelationSampler, steps = 50) =>
    checkLossExamples([lossTermSchema.parse({ name: 'similarity' }), lossTermSchema.parse({ name })], drawn, {
      steps,
      triples: 'all',
    });

  it('names the loss and what it lacks', () => {
    expect(() => check('triplet', sampler({}))).toThrow(SamplingError);
    expect(() => check('triplet', sampler({}))).toThrow(/'triplet' has nothing to learn from: .*negatives 1/);
    expect(() => check('category', sampler({}, bare))).toThrow(/'category' .*a parent/);
    expect(() => check('infonce', sampler({ positives: 1, relationsPerStep: 4 }))).toThrow(/'infonce' .*positives 2/);
    expect(() => check('triplet', sampler({ negatives: 1 }))).not.toThrow();
  });

  it('looks further than the first batch, as far as the run goes', () => {
    const rare = bare.map((set, i) => (i === 0 ? { ...set, negatives: (relations[0] as RelationSet).negatives } : set));
    const drawn = sampler({ relationsPerStep: 1, negatives: 1 }, rare);
    const first = Array.from({ length: 6 }, (_, step) => lossesWithExamples(drawn.batch(step), 'all')).findIndex(
      (losses) => losses.has('triplet'),
    );
    expect(first).toBeGreaterThan(0);
    expect(() => check('triplet', drawn, first)).toThrow(SamplingError);
    expect(() => check('triplet', drawn, first + 1)).not.toThrow();
  });
});
