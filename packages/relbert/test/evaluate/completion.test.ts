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

  it('asks for no word that the question gives', () => {
    const pairs = (...list: [string, string][]) => list.map(([head, tail]) => ({ head, tail }));
    const colour = { relation: 'colour', positives: pairs(['crow', 'black'], ['grapes', 'Black'], ['sky', 'blue']) };
    const asked = (positives: ReturnType<typeof pairs>, seed: number) =>
      Object.fromEntries(
        drawCompletionQuestions([{ relation: 'r', positives }], { seed }).map((question) => [question.word, question]),
      );
    for (let seed = 0; seed < 8; seed++) {
      const { crow, grapes, sky } = asked(colour.positives, seed);
      expect(crow).toMatchObject({ example: { head: 'sky', tail: 'blue' }, answers: new Set(['black']) });
      expect(grapes?.example.head).toBe('sky');
      expect(sky?.answers).toEqual(new Set(['blue']));
      // grapes are green, too: with crow:black that is the answer, and black is none.
      const two = asked(pairs(['crow', 'black'], ['grapes', 'black'], ['grapes', 'green']), seed);
      expect(two['grapes']?.answers).toEqual(new Set(['green']));
      expect(two['crow']?.example).toEqual({ head: 'grapes', tail: 'green' });
      // The plural of sheep is the word that is asked about.
      expect(Object.keys(asked(pairs(['sheep', 'sheep'], ['cat', 'cats']), seed))).toEqual(['cat']);
    }
    expect(() => asked(colour.positives.slice(0, 2), 0)).toThrow('an answer that the question does not give');
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
