import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { evaluateAnalogy } from '../../src/evaluate/analogy.ts';
import { RelationEncoder } from '../../src/index.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

const model = 'models/all-MiniLM-L6-v2';
describeWithShared('the real language model', [model, 'data/analogy/google', 'data/analogy/bats'], () => {
  test.each(['google', 'bats'])(
    'accuracy on %s with the pooling difference is that of float32 within 0.5 points',
    async (set) => {
      const path = sharedPath(`data/analogy/${set}/test.jsonl`);
      const questions = parseAnalogyQuestions({ file: path, text: readFileSync(path, 'utf8') });
      const accuracy: number[] = [];
      for (const dtype of ['f32', 'int8'] as const) {
        await using encoder = await RelationEncoder.load(sharedPath(model), {
          template: '<subj> and <obj>',
          pooling: 'difference',
          dtype,
          worker: false,
          threads: 2,
        });
        const { results } = await evaluateAnalogy([{ set, split: 'test', questions }], (pairs) =>
          encoder.encode(pairs),
        );
        accuracy.push(results[0]?.accuracy ?? Number.NaN);
      }
      const [f32 = Number.NaN, int8 = Number.NaN] = accuracy;
      expect(f32).toBeGreaterThan(0.55);
      expect(Math.abs(f32 - int8)).toBeLessThanOrEqual(0.005);
    },
    120_000,
  );
});
