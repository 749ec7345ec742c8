import { describe, expect, test } from 'vitest';
import { input } from '../../src/graph/index.ts';
import { buildEncoder } from '../../src/models/encoder.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { caseInputs, families, floats, golden, largestDifference, runGraph, value } from './golden.ts';

const forms = [
  { operators: 'plain', weights: 'stored' },
  { operators: 'plain', weights: 'stored', tokensFirst: true },
  { operators: 'fused', weights: 'stored' },
  // As training has it: the weights are inputs.
  { operators: 'plain', weights: 'fed' },
] as const;

describe.each(families)('%s', (family) => {
  const reference = golden(family);

  test.each(reference.about.cases)('hidden states equal transformers: %s', async (name) => {
    const inputs = caseInputs(reference, name);
    const hidden: TensorValue[] = [];
    for (const { weights, ...form } of forms) {
      const encoder = buildEncoder(reference.config, { ...form, tokenTypes: 'token_type_ids' in inputs });
      const outputs = { hidden: encoder.hidden };
      const results = await runGraph(reference, encoder.parameters, outputs, inputs, weights);
      hidden.push(results['hidden'] as TensorValue);
    }
    const expected = value(reference, `${name}.hidden`);
    for (const [i, actual] of hidden.entries()) {
      const form = JSON.stringify(forms[i]);
      expect(largestDifference(actual, expected, inputs['attention_mask']), form).toBeLessThanOrEqual(1e-5);
    }
  });

  test.each([{ operators: 'plain' }, { operators: 'plain', tokensFirst: true }, { operators: 'fused' }] as const)(
    'the rows that are read are those of all hidden states, %j',
    async (form) => {
      const inputs = caseInputs(reference, 'padded');
      const expected = value(reference, 'padded.hidden');
      const [batch = 0, tokens = 0, width = 0] = expected.shape;
      // The second and the first token of each prompt, as rows of [B*T].
      const rows = Array.from({ length: 2 * batch }, (_, i) => Math.floor(i / 2) * tokens + ((i + 1) % 2));
      const readRows = input('read_rows', 'int64', ['B', 'P']);
      const { parameters, hidden } = buildEncoder(reference.config, { ...form, readRows });
      const read = { dtype: 'int64', shape: [batch, 2], data: BigInt64Array.from(rows, BigInt) } as const;
      const results = await runGraph(reference, parameters, { hidden }, { ...inputs, read_rows: read }, 'stored');
      const found = results['hidden'] as TensorValue;
      const data = Float32Array.from(
        rows.flatMap((row) => [...floats(expected).subarray(row * width, (row + 1) * width)]),
      );
      expect(largestDifference(found, { dtype: 'float32', shape: [batch, 2, width], data })).toBeLessThanOrEqual(1e-5);
    },
  );

  test('dropout falls where the reference has it', async () => {
    const inputs = caseInputs(reference, 'padded');
    const encoder = buildEncoder(reference.config, { dropout: true });
    expect(encoder.dropoutSites.map(({ rate }) => rate)).toEqual(reference.about.dropout);
    const [batch, tokens] = inputs['input_ids']?.shape ?? [];
    const masks: Record<string, TensorValue> = {};
    for (const [i, { name, shape, rate }] of encoder.dropoutSites.entries()) {
      const kept = value(reference, `dropout.${i}`);
      expect(shape.map((dim) => (dim === 'B' ? batch : dim === 'T' ? tokens : dim))).toEqual(kept.shape);
      masks[`dropout.${name}`] = {
        dtype: 'float32',
        shape: kept.shape,
        data: Float32Array.from(Array.from(kept.data, Number), (keep) => keep / (1 - rate)),
      };
    }
    const outputs = { hidden: encoder.hidden };
    const { hidden } = await runGraph(reference, encoder.parameters, outputs, { ...inputs, ...masks }, 'fed');
    const expected = value(reference, 'dropout.hidden');
    expect(largestDifference(hidden as TensorValue, expected, inputs['attention_mask'])).toBeLessThanOrEqual(1e-5);
  });
});
