import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { buildEncoder } from '../../src/encoder/encoder.ts';
import { evaluateAnalogy } from '../../src/evaluate/analogy.ts';
import { RelationEncoder } from '../../src/index.ts';
import { describeWithShared, sharedPath } from '../shared.ts';
import { caseInputs, families, floats, golden, largestDifference, runGraph, value } from './golden.ts';

describe.each(families)('%s', (family) => {
  const reference = golden(family);

  test.each(['padded', 'single', 'longest'])('hidden states are near those in float32: %s', async (name) => {
    const inputs = caseInputs(reference, name);
    const encoder = buildEncoder(reference.config, { mode: 'int8' });
    const { hidden } = await runGraph(reference, encoder.parameters, { hidden: encoder.hidden }, inputs, 'stored');
    const expected = value(reference, `${name}.hidden`);
    const difference = largestDifference(hidden ?? expected, expected, inputs['attention_mask']);
    // Hidden states are of the order of 1. More than nothing, too: it must be the 8-bit path that ran.
    expect(difference).toBeLessThan(0.1);
    expect(difference).toBeGreaterThan(1e-5);
  });

  test('weights are rounded by less than half a step of their column, the largest to 127 steps', () => {
    const { parameters } = buildEncoder(reference.config, { mode: 'int8' });
    const steps = parameters.find(({ name }) => name.endsWith('.int8'));
    const scales = parameters.find(({ name }) => name === `${steps?.name}.scale`);
    if (!steps || !scales) throw new Error('no 8-bit weight');
    const [within = 0, out = 0] = steps.shape;
    const weight = Float32Array.from({ length: within * out }, (_, i) => Math.sin(i * i) * (i % 7 === 0 ? 10 : 0.1));
    const packed = steps.pack([weight]);
    const scale = floats({ dtype: 'float32', shape: [out], data: scales.pack([weight]) as Float32Array });
    for (let n = 0; n < out; n++) {
      let most = 0;
      for (let k = 0; k < within; k++) {
        const step = Number(packed[k * out + n]);
        most = Math.max(most, Math.abs(step));
        const error = Math.abs((scale[n] as number) * step - (weight[n * within + k] as number));
        expect(error).toBeLessThanOrEqual((scale[n] as number) * 0.5001);
      }
      expect(most).toBe(127);
    }
  });
});

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
