import { afterAll, describe, expect, it } from 'vitest';
import type { LabelledPair, LexicalRelationSet } from '../../src/data/lexical-relation.ts';
import { Random } from '../../src/data/random.ts';
import { evaluateClassification } from '../../src/evaluate/classification.ts';
import { SETTINGS_GRID } from '../../src/evaluate/classifier.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';
import { keptSessions } from '../kept-sessions.ts';

const runtime = keptSessions();
afterAll(() => runtime.dispose());

const relations = ['hyper', 'mero', 'random'];
const split = (name: string, count: number): LabelledPair[] =>
  Array.from({ length: count }, (_, i) => ({
    head: `${name}${i}`,
    tail: relations[i % 3] as string,
    relation: relations[i % 3] as string,
    line: i + 1,
  }));
const set = (withValidation: boolean): LexicalRelationSet => ({
  relations,
  train: split('train', 150),
  validation: withValidation ? split('val', 30) : undefined,
  test: split('test', 60),
});

/** A relation is a direction, which the tail tells; the head decides the noise. */
function extractor(noise: number) {
  const calls: number[] = [];
  const extract = async (pairs: readonly WordPair[]) => {
    calls.push(pairs.length);
    const random = new Random(1);
    const rows = pairs.map(({ tail }) =>
      relations.map((relation) => (relation === tail ? 1 : 0) + noise * random.normal()),
    );
    return { data: Float32Array.from(rows.flat()), shape: [pairs.length, 3] as const };
  };
  return { extract, calls };
}

describe('evaluateClassification', () => {
  it('scores the default classifier on test and validation pairs', async () => {
    const { extract, calls } = extractor(0.2);
    const result = await evaluateClassification(set(true), extract, runtime, { seed: 3 });
    expect(calls).toEqual([180, 60]);
    expect(result.test.macroF1).toBeGreaterThan(0.9);
    expect(result.validation?.macroF1).toBeGreaterThan(0.9);
    expect(Object.keys(result.test.perClass)).toEqual(relations);
    expect(result.test.confusion.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(result.classifier).toMatchObject({ hidden: 100, learningRate: 1e-3, seed: 3 });
    expect(result.search).toBeUndefined();
    expect(result.predictions).toHaveLength(60);
  });

  it('chooses by macro F1 on the validation pairs', async () => {
    const { extract } = extractor(0.5);
    const options = { search: 'grid', maxEpochs: 30 } as const;
    const result = await evaluateClassification(set(true), extract, runtime, options);
    // Section 4.2 of the paper: learning rates 0.001, 0.0001, 0.00001; hidden sizes 100, 150, 200.
    const grid = [
      { hidden: 100, learningRate: 0.001 },
      { hidden: 150, learningRate: 0.001 },
      { hidden: 200, learningRate: 0.001 },
      { hidden: 100, learningRate: 0.0001 },
      { hidden: 150, learningRate: 0.0001 },
      { hidden: 200, learningRate: 0.0001 },
      { hidden: 100, learningRate: 0.00001 },
      { hidden: 150, learningRate: 0.00001 },
      { hidden: 200, learningRate: 0.00001 },
    ];
    expect(result.search?.map(({ hidden, learningRate }) => ({ hidden, learningRate }))).toEqual(grid);
    expect(SETTINGS_GRID).toEqual(grid);
    const best = Math.max(...(result.search ?? []).map(({ macroF1 }) => macroF1));
    expect(result.validation?.macroF1).toBe(best);
    const chosen = result.search?.find(({ macroF1 }) => macroF1 === best);
    expect(result.classifier).toMatchObject({ hidden: chosen?.hidden, learningRate: chosen?.learningRate });
    // A rate of 1e-5 learns nothing in 30 epochs: the choice is one.
    expect(best).toBeGreaterThan(Math.min(...(result.search ?? []).map(({ macroF1 }) => macroF1)));
  });

  it('takes the default without validation pairs', async () => {
    const { extract } = extractor(0.2);
    const result = await evaluateClassification(set(false), extract, runtime, { search: 'grid', maxEpochs: 5 });
    expect(result.validation).toBeUndefined();
    expect(result.search).toBeUndefined();
    expect(result.classifier).toMatchObject({ hidden: 100, learningRate: 1e-3, epochs: 5 });
  });

  it('refuses empty splits, a single class, and a relation without training pairs', async () => {
    const { extract } = extractor(0);
    const run = (changes: Partial<LexicalRelationSet>) =>
      evaluateClassification({ ...set(true), ...changes }, extract, runtime);
    const strange = { head: 'cat', tail: 'felid', relation: 'taxon', line: 7 };
    await expect(run({ test: [strange] })).rejects.toThrow(
      `the relation 'taxon' of ["cat","felid"] occurs in no training pair`,
    );
    await expect(run({ validation: [strange] })).rejects.toThrow("'taxon'");
    await expect(run({ test: [] })).rejects.toThrow('no test pairs');
    await expect(run({ train: [] })).rejects.toThrow('no training pairs');
    const one = { ...strange, relation: 'mero' };
    await expect(run({ train: [one, one], validation: undefined, test: [one] })).rejects.toThrow(
      "all labels are 'mero'",
    );
  });
});
