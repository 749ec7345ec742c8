import { describe, expect, test } from 'vitest';
import { int8Inputs } from '../../src/encoder/calibration.ts';
import type { Int8Input } from '../../src/models/int8.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';
import { families, golden } from '../models/golden.ts';

interface Ends {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The range of each feature that an input was made from; of one in rows, the least value alone. */
function ends(input: Int8Input): Ends {
  if (input.kind === 'rows') return { low: [input.least], high: [] };
  const factors = [...input.factors];
  const widest = (Math.max(...factors) * 127) / 1.6;
  const widths = factors.map((factor) => (factor / ((1.6 * widest ** 0.3) / 127)) ** (1 / 0.7));
  const centres = [...input.centres];
  return {
    low: centres.map((centre, k) => centre - (widths[k] ?? 0)),
    high: centres.map((centre, k) => centre + (widths[k] ?? 0)),
  };
}

describe.each(families)('%s', (family) => {
  const reference = golden(family);
  const { config, stored } = reference;

  test('what is computed for padding changes no range', async () => {
    const [first, second] = reference.about.prompts.padded as [EncodedPrompt, EncodedPrompt];
    const prompts = [first, { ...second, ids: second.ids.slice(0, 3) }];
    const found = (some: readonly EncodedPrompt[]) =>
      int8Inputs({ config, weights: stored, runtime: nodeRuntime(), prompts: some });
    const [together, apart] = await Promise.all([
      found(prompts),
      Promise.all(prompts.map((prompt) => found([prompt]))),
    ]);
    expect(together.size).toBeGreaterThan(0);
    for (const [name, input] of together) {
      const [one, other] = apart.map((inputs) => ends(inputs.get(name) as Int8Input)) as [Ends, Ends];
      const { low, high } = ends(input);
      expect([low.length, high.length]).toEqual([one.low.length, one.high.length]);
      expect(low.length).toBeGreaterThan(0);
      for (const [k, value] of low.entries())
        expect(value).toBeCloseTo(Math.min(one.low[k] ?? 0, other.low[k] ?? 0), 3);
      for (const [k, value] of high.entries()) {
        expect(value).toBeCloseTo(Math.max(one.high[k] ?? 0, other.high[k] ?? 0), 3);
      }
    }
  });
});

test('an input that shares a weight with another is written with the range of both', async () => {
  const { config, stored, about } = golden('deberta-v2');
  const inputs = await int8Inputs({ config, weights: stored, runtime: nodeRuntime(), prompts: about.prompts.padded });
  // Queries and keys of this model project tokens and positions; values project tokens alone.
  const of = (projection: string, layer = 0) =>
    inputs.get(`encoder.layer.${layer}.attention.self.${projection}.weight`);
  expect(of('key_proj')?.kind).toBe('features');
  expect(of('key_proj')).toBe(of('value_proj'));
  expect(of('query_proj')).toBe(of('value_proj'));
  // All layers project the same positions.
  expect(of('value_proj', 1)).toBe(of('value_proj'));
});
