import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mcnemar } from '../../src/evaluate/mcnemar.ts';
import { accuracy, type ClassificationScores, classificationScores } from '../../src/evaluate/metrics.ts';

interface Golden {
  readonly classification: readonly (ClassificationScores & { truth: string[]; predicted: string[] })[];
  readonly mcnemar: readonly { onlyFirst: number; onlySecond: number; pValue: number }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/evaluate/metrics.json', import.meta.url), 'utf8'),
) as Golden;

describe('classificationScores', () => {
  it.each(golden.classification.map((scores, i) => [i, scores] as const))(
    'equals scikit-learn on case %i',
    (_, scores) => {
      const { truth, predicted, perClass, confusion, ...numbers } = scores;
      const own = classificationScores(truth, predicted);
      expect(own.confusion).toEqual(confusion);
      expect(Object.keys(own.perClass)).toEqual(Object.keys(perClass));
      for (const [label, expected] of Object.entries(perClass)) {
        const found = own.perClass[label];
        expect(found?.support).toBe(expected.support);
        for (const key of ['precision', 'recall', 'f1'] as const) expect(found?.[key]).toBeCloseTo(expected[key], 12);
      }
      for (const key of ['accuracy', 'macroF1', 'microF1'] as const) expect(own[key]).toBeCloseTo(numbers[key], 12);
    },
  );

  it('refuses labels that do not pair up, and an empty set', () => {
    expect(() => classificationScores(['a'], ['a', 'b'])).toThrow('1 true labels but 2 predicted ones');
    expect(() => classificationScores([], [])).toThrow('the set is empty');
    expect(() => accuracy([])).toThrow('not defined');
  });
});

describe('accuracy', () => {
  it('is the share of right answers', () => expect(accuracy([true, false, true, true])).toBe(0.75));
});

describe('mcnemar', () => {
  it.each(golden.mcnemar)(
    'gives the exact p-value for $onlyFirst against $onlySecond',
    ({ onlyFirst, onlySecond, pValue }) => {
      const first = [
        ...new Array<boolean>(onlyFirst).fill(true),
        ...new Array<boolean>(onlySecond).fill(false),
        true,
        false,
      ];
      const second = [
        ...new Array<boolean>(onlyFirst).fill(false),
        ...new Array<boolean>(onlySecond).fill(true),
        true,
        false,
      ];
      const result = mcnemar(first, second);
      expect(result).toMatchObject({ onlyFirst, onlySecond, both: 1, neither: 1 });
      expect(Math.abs(result.pValue - pValue)).toBeLessThanOrEqual(1e-10 * pValue + 1e-300);
    },
  );

  it('refuses answers to different numbers of questions', () => {
    expect(() => mcnemar([true], [true, false])).toThrow('got 1 and 2 answers');
    expect(() => mcnemar([], [])).toThrow('at least one question');
  });
});
