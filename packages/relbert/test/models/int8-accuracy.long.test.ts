import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { evaluateAnalogy } from '../../src/evaluate/analogy.ts';
import { RelationEncoder } from '../../src/index.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

const minilm = 'models/all-MiniLM-L6-v2';
const settings = [
  ['all-MiniLM-L6-v2, pooling difference', minilm, { template: '<subj> and <obj>', pooling: 'difference' }],
  ['all-MiniLM-L6-v2, template a', minilm, { template: 'a', pooling: 'average_no_mask' }],
  ['the embedded model', 'embedded', {}],
] as const;

describeWithShared('8 bits', [minilm, 'data/analogy/google', 'data/analogy/bats'], () => {
  test.each(settings)(
    '%s: accuracy on Google and BATS is not more than 0.5 points below float32',
    async (_, model, options) => {
      const sets = ['google', 'bats'].map((set) => {
        const path = sharedPath(`data/analogy/${set}/test.jsonl`);
        const questions = parseAnalogyQuestions({ file: path, text: readFileSync(path, 'utf8') });
        return { set, split: 'test', questions } as const;
      });
      const accuracies = async (dtype: 'f32' | 'int8'): Promise<number[]> => {
        const path = model === 'embedded' ? model : sharedPath(model);
        await using encoder = await RelationEncoder.load(path, { ...options, dtype, worker: false, threads: 2 });
        const { results } = await evaluateAnalogy(sets, (pairs) => encoder.encode(pairs));
        return results.map(({ accuracy }) => accuracy);
      };
      const [f32, int8] = [await accuracies('f32'), await accuracies('int8')];
      for (const [i, accuracy] of f32.entries()) {
        expect(accuracy).toBeGreaterThan(0.3);
        expect(accuracy - (int8[i] as number)).toBeLessThanOrEqual(0.005);
      }
    },
    300_000,
  );
});
