import { describe, expect, test } from 'vitest';
import { buildEncoder } from '../../src/models/encoder.ts';
import { caseInputs, families, floats, golden, largestDifference, runGraph, value } from './golden.ts';

describe.each(families)('%s', (family) => {
  const reference = golden(family);

  test.each(['padded', 'single', 'longest'])('hidden states are near those in float32: %s', async (name) => {
    const inputs = caseInputs(reference, name);
    const encoder = buildEncoder(reference.config, { precision: 'int8' });
    const { hidden } = await runGraph(reference, encoder.parameters, { hidden: encoder.hidden }, inputs, 'stored');
    const expected = value(reference, `${name}.hidden`);
    const difference = largestDifference(hidden ?? expected, expected, inputs['attention_mask']);
    // Hidden states are of the order of 1. More than nothing, too: it must be the 8-bit path that ran.
    expect(difference).toBeLessThan(0.01);
    expect(difference).toBeGreaterThan(1e-5);
  });

  test('the largest and the smallest weights keep their bits', () => {
    const { parameters } = buildEncoder(reference.config, { precision: 'int8' });
    const digits = parameters.find(({ name }) => name.endsWith('.int8.digits'));
    const scales = parameters.find(({ name }) => name === digits?.name.replace('digits', 'scale'));
    if (!digits || !scales) throw new Error('no 8-bit weight');
    const [rows = 0, out = 0] = digits.shape;
    const within = rows / 2;
    const weight = Float32Array.from({ length: within * out }, (_, i) => Math.sin(i * i) * (i % 7 === 0 ? 10 : 0.1));
    const packed = digits.pack([weight]);
    const scale = floats({ dtype: 'float32', shape: [out], data: scales.pack([weight]) as Float32Array });
    for (let n = 0; n < out; n++) {
      for (let k = 0; k < within; k++) {
        const coarse = Number(packed[k * out + n]);
        const fine = Number(packed[(within + k) * out + n]);
        expect(Math.max(Math.abs(coarse), Math.abs(fine))).toBeLessThanOrEqual(63);
        const restored = (scale[n] as number) * (coarse + fine / 126);
        expect(Math.abs(restored - (weight[n * within + k] as number))).toBeLessThan((scale[n] as number) / 200);
      }
    }
  });
});
