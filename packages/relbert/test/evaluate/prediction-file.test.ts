import { describe, expect, it } from 'vitest';
import { comparePredictions } from '../../src/evaluate/prediction-file.ts';

const line = (set: string, index: number, correct: boolean, stem = ['a', 'b']) =>
  JSON.stringify({
    set,
    split: 'test',
    index,
    stem,
    choices: [['c', 'd']],
    scores: [1],
    predicted: 0,
    answer: 0,
    correct,
  });
const file = (name: string, ...lines: string[]) => ({ file: name, text: `${lines.join('\n')}\n` });

describe('comparePredictions', () => {
  it("gives McNemar's test per set and over all sets, in any order of the lines", () => {
    const a = file('a', line('u2', 0, true), line('u2', 1, true), line('bats', 0, false), line('bats', 1, true));
    const b = file('b', line('bats', 1, false), line('bats', 0, false), line('u2', 1, true), line('u2', 0, false));
    expect(comparePredictions(a, b)).toEqual([
      {
        set: 'u2',
        split: 'test',
        questions: 2,
        accuracyFirst: 1,
        accuracySecond: 0.5,
        onlyFirst: 1,
        onlySecond: 0,
        both: 1,
        neither: 0,
        pValue: 1,
      },
      {
        set: 'bats',
        split: 'test',
        questions: 2,
        accuracyFirst: 0.5,
        accuracySecond: 0,
        onlyFirst: 1,
        onlySecond: 0,
        both: 0,
        neither: 1,
        pValue: 1,
      },
      {
        set: undefined,
        split: undefined,
        questions: 4,
        accuracyFirst: 0.75,
        accuracySecond: 0.25,
        onlyFirst: 2,
        onlySecond: 0,
        both: 1,
        neither: 1,
        pValue: 0.5,
      },
    ]);
    expect(comparePredictions(file('a', line('u2', 0, true)), file('b', line('u2', 0, true)))).toHaveLength(1);
  });

  it('refuses files that do not answer the same questions', () => {
    const a = file('a.jsonl', line('u2', 0, true), line('u2', 1, true));
    expect(() => comparePredictions(a, file('b.jsonl', line('u2', 0, true)))).toThrow(
      'b.jsonl: has no answer to question 1 of u2 (test), which stands in a.jsonl:2',
    );
    expect(() => comparePredictions(file('b.jsonl', line('u2', 0, true)), a)).toThrow(
      'b.jsonl: has no answer to question 1',
    );
    expect(() => comparePredictions(a, file('b.jsonl', line('u22', 0, true)))).toThrow(
      '(did you mean u22?); it has u22',
    );
    expect(() => comparePredictions(a, file('b.jsonl', line('u2', 0, true, ['x', 'y']), line('u2', 1, true)))).toThrow(
      'b.jsonl:1: asks something else than a.jsonl:1',
    );
    expect(() => comparePredictions(a, file('b.jsonl', line('u2', 0, true), line('u2', 0, true)))).toThrow(
      'b.jsonl:2: answers question 0 of u2 (test) again; first at line 1',
    );
  });

  it('names the line that is not a prediction', () => {
    const good = file('a.jsonl', line('u2', 0, true));
    expect(() => comparePredictions(good, file('b.jsonl', '{"set":"u2"}'))).toThrow(
      "b.jsonl:1: 'set' and 'split' should be names",
    );
    expect(() => comparePredictions(good, file('b.jsonl', '{"set":"u2","split":"test","index":"x"}'))).toThrow(
      "'index' should be a whole number",
    );
    expect(() => comparePredictions(good, file('b.jsonl', '{"set":"u2","split":"test","index":0}'))).toThrow(
      "'correct' should be true or false",
    );
    expect(() => comparePredictions(good, { file: 'b.jsonl', text: '' })).toThrow('b.jsonl: holds no prediction');
  });
});
