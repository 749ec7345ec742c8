import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../../relbert/test/shared.ts';
import { PythonRandom } from '../../scripts/shared-word/python-random.ts';
import { questionLine, sharedWordQuestions } from '../../scripts/shared-word/questions.ts';

it('draws as Python does', () => {
  // random.Random(1): shuffle(list(range(10))), then choice(range(1000)) three times
  const random = new PythonRandom(1);
  expect(random.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([6, 8, 9, 7, 5, 3, 0, 4, 1, 2]);
  expect([0, 0, 0].map(() => random.choice(Array.from({ length: 1000 }, (_, i) => i)))).toEqual([807, 214, 96]);
});

it('asks both kinds of question, with two wrong pairs that share a word with the stem', () => {
  const rows = 'a b x|c d x|a e x|a f y|g b y|h i y|j k rand'.split('|').map((row) => row.split(' '));
  const questions = sharedWordQuestions(rows, new PythonRandom(0), undefined);
  const [apart, shared] = ['x/apart', 'x/shared'].map((kind) =>
    questions.find(({ prefix, stem }) => prefix === kind && stem.join() === 'a,b'),
  );
  expect(apart?.choice[apart.answer]).toEqual(['c', 'd']);
  expect(shared?.choice[shared.answer]).toEqual(['a', 'e']);
  for (const question of [apart, shared]) {
    const wrong = question?.choice.filter((_, i) => i !== question.answer).map((pair) => pair.join());
    expect(wrong?.sort()).toEqual(['a,f', 'g,b', 'h,i']);
  }
});

describeWithShared('the questions of shared data', ['data/shared_word', 'data/lexical_relation/BLESS'], () => {
  it('are the same as those of the script beside them', () => {
    const rows = ['train', 'val', 'test'].flatMap((split) =>
      readFileSync(sharedPath(`data/lexical_relation/BLESS/${split}.tsv`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'))
        .filter(([head, tail]) => head !== tail),
    );
    for (const half of ['valid', 'test'] as const) {
      const lines = sharedWordQuestions(rows, new PythonRandom(1), half).map(questionLine);
      expect(lines).toEqual(
        readFileSync(sharedPath(`data/shared_word/BLESS/${half}.jsonl`), 'utf8')
          .trimEnd()
          .split('\n'),
      );
    }
  });
});
