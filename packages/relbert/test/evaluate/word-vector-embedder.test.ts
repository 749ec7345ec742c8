import { expect, it } from 'vitest';
import { evaluateAnalogy } from '../../src/evaluate/analogy.ts';
import { wordVectorEmbedder } from '../../src/evaluate/word-vector-embedder.ts';

const file = 'king 1 1\nqueen 1 2\nman 4 1\nwoman 4 2\napple 0 7\n';
async function* open() {
  yield new TextEncoder().encode(file);
}
const pair = (head: string, tail: string) => ({ head, tail });

it('answers by differences of word vectors and tells which words are missing', async () => {
  const model = wordVectorEmbedder(open, 'v.txt');
  const question = {
    stem: pair('Man', 'woman'),
    choices: [pair('apple', 'king'), pair('unicorn', 'queen'), pair('king', 'queen')],
    answer: 2,
    prefix: undefined,
    line: 1,
  };
  const { predictions } = await evaluateAnalogy([{ set: 'x', split: 'test', questions: [question] }], model.embed);
  expect(predictions[0]).toMatchObject({ predicted: 2, correct: true });
  expect(predictions[0]?.scores[1]).toBe(0);
  expect(predictions[0]?.scores[2]).toBeCloseTo(1, 6);
  expect([...model.missing]).toEqual(['unicorn']);
});

it('refuses a file without any of the words, whose figures would be chance', async () => {
  const { embed } = wordVectorEmbedder(open, 'v.txt');
  await expect(embed([pair('roi', 'reine')])).rejects.toThrow(
    "v.txt: has a vector for none of the 2 words of the pairs, such as 'roi'; expected word vectors of their language",
  );
  expect((await embed([])).shape).toEqual([0, 2]);
});
