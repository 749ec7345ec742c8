import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openModel, tokenVectors } from '../../src/index.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));

it('a word is the mean of its tokens without the mean over the vocabulary, of length 1; without tokens it is zero', async () => {
  const model = await openModel(tiny);
  const name = model.weights.names.find((each) => each.endsWith('word_embeddings.weight')) as string;
  const { data: table } = await model.weights.get(name);
  const [count = 0, width = 0] = model.weights.shape(name) ?? [];
  const words = ['cat', 'unbelievable tails', '\u0000'];
  const { data, dimension } = await tokenVectors(model, words);
  expect([dimension, data.length]).toEqual([width, 3 * width]);
  const idsOf = (word: string) => model.tokenizer.encode(word).ids.filter((id) => !model.tokenizer.special.all.has(id));
  expect(words.map((word) => idsOf(word).length > 1)).toEqual([expect.any(Boolean), true, false]);
  for (const [i, word] of words.entries()) {
    const ids = idsOf(word);
    const mean = (of: readonly number[], d: number) =>
      of.reduce((sum, id) => sum + (table[id * width + d] as number), 0) / of.length;
    const all = Array.from({ length: count }, (_, id) => id);
    const expected = Array.from({ length: width }, (_, d) => (ids.length > 0 ? mean(ids, d) - mean(all, d) : 0));
    const norm = Math.hypot(...expected) || 1;
    for (const [d, value] of expected.entries()) expect(data[i * width + d]).toBeCloseTo(value / norm, 5);
  }
});

it('stops among many words when it is aborted from outside', async () => {
  const model = await openModel(tiny);
  const words = Array.from({ length: 400_000 }, (_, i) => `cat ${i}`);
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 1);
  await expect(tokenVectors(model, words, { signal: stop.signal })).rejects.toThrow('enough');
});
