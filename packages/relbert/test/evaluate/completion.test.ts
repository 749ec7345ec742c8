import { describe, expect, it } from 'vitest';
import { completionFigures, drawCompletionQuestions, threeCosAdd } from '../../src/evaluate/completion.ts';

const relation = {
  relation: 'gender',
  positives: [
    { head: 'king', tail: 'queen' },
    { head: 'man', tail: 'woman' },
    { head: 'man', tail: 'Lady' },
  ],
};

describe('drawCompletionQuestions', () => {
  it('asks for each pair by another one, and takes every tail of the head', () => {
    const questions = drawCompletionQuestions([relation]);
    expect(questions).toHaveLength(3);
    for (const { example, word, answers } of questions) {
      expect(example.head).not.toBe(word);
      expect([...answers].sort()).toEqual(word === 'man' ? ['lady', 'woman'] : ['queen']);
    }
    expect(drawCompletionQuestions([relation])).toEqual(questions);
    expect(drawCompletionQuestions([relation], { questions: 1 })).toHaveLength(1);
    const same = { relation: 'one head', positives: relation.positives.slice(1) };
    expect(() => drawCompletionQuestions([same])).toThrow('different heads');
  });
});

describe('completionFigures', () => {
  it('counts the first answer, and the first five', () => {
    const questions = ['x', 'y', 'z', 'w'].map((answer) => ({
      relation: 'r',
      example: { head: 'a', tail: 'b' },
      word: 'c',
      answers: new Set([answer]),
    }));
    const ranked = [['X', 'n'], ['n', 'n', 'n', 'n', 'y'], ['n', 'n', 'n', 'n', 'n', 'z'], []];
    expect(completionFigures(questions, ranked)).toEqual({ accuracy1: 0.25, accuracy5: 0.5 });
  });
});

describe('threeCosAdd', () => {
  const vectors: Readonly<Record<string, readonly number[]>> = {
    man: [1, 0, 0],
    woman: [1, 1, 0],
    king: [1, 0, 1],
    queen: [1, 1, 1],
    prince: [1, 0, 0.9],
  };
  const vectorOf = (word: string): Float32Array | undefined =>
    vectors[word] ? Float32Array.from(vectors[word]) : undefined;

  it('finds the nearest word to the sum, without the words of the question and words without a vector', () => {
    const question = { example: { head: 'man', tail: 'woman' }, word: 'king' };
    expect(threeCosAdd(question, [...Object.keys(vectors), 'missing'], vectorOf)).toEqual(['queen', 'prince']);
    expect(threeCosAdd({ ...question, word: 'missing' }, Object.keys(vectors), vectorOf)).toEqual([]);
  });
});
