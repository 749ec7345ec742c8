import { describe, expect, test } from 'vitest';
import { type Pooling, poolHidden } from '../../src/encoder/pooling.ts';
import { promptBatch } from '../../src/encoder/relation-graph.ts';
import { add, grad, input, mul, reduceSum, scalar, square, sub, type Tensor } from '../../src/graph/index.ts';
import { buildEncoder, type EncoderGraph, storedParameters } from '../../src/models/encoder.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { families, floats, type Golden, golden, runGraph, value } from './golden.ts';

const poolings = ['average_no_mask', 'average+difference'] as const satisfies readonly Pooling[];

/** The loss of packages/reproduction/parity/encoders.py: ½ |pooled − target|² summed over the batch and two poolings. */
function lossOf(encoder: EncoderGraph): Tensor {
  const rows = { average_no_mask: 1, 'average+difference': 2 };
  return poolings
    .map((pooling) => {
      const weights = input(`pooling.${pooling}`, 'float32', ['B', rows[pooling], 'T']);
      const pooled = poolHidden(encoder.hidden, weights, pooling);
      const target = input(`target.${pooling}`, 'float32', pooled.shape);
      return mul(reduceSum(square(sub(pooled, target))), scalar(0.5));
    })
    .reduce(add);
}

/** Every weight's gradient in the stored layout: those of look-ups are added up here, as training does it. */
async function gradients(reference: Golden): Promise<{ loss: number; byName: Map<string, Float32Array> }> {
  const encoder = buildEncoder(reference.config);
  const loss = lossOf(encoder);
  const tables = new Set(encoder.lookups.map(({ table }) => table.name));
  const direct = encoder.parameters.filter(({ name }) => !tables.has(name));
  const made = grad(loss, [...direct.map(({ tensor }) => tensor), ...encoder.lookups.map(({ rows }) => rows)]);
  const outputs: Record<string, Tensor> = { loss };
  for (const [i, { name }] of direct.entries()) outputs[`d.${name}`] = made[i] as Tensor;
  for (const [i, { ids }] of encoder.lookups.entries()) {
    outputs[`rows.${i}`] = made[direct.length + i] as Tensor;
    outputs[`ids.${i}`] = ids;
  }
  const inputs: Record<string, TensorValue> = {};
  for (const pooling of poolings) {
    const { pooling: weights, ...tokens } = promptBatch(
      reference.about.prompts.padded,
      pooling,
      reference.config.padId,
    );
    Object.assign(inputs, tokens, { [`pooling.${pooling}`]: weights });
    inputs[`target.${pooling}`] = value(reference, `target.${pooling}`);
  }
  const results = await runGraph(reference, encoder.parameters, outputs, inputs, 'fed');

  const byName = new Map<string, Float32Array>();
  for (const { name } of direct) byName.set(name, floats(results[`d.${name}`]));
  for (const [i, { table }] of encoder.lookups.entries()) {
    const [count = 0, width = 0] = table.shape;
    const sums = byName.get(table.name) ?? new Float32Array(count * width);
    const rows = floats(results[`rows.${i}`]);
    for (const [place, id] of (results[`ids.${i}`]?.data ?? []).entries()) {
      for (let k = 0; k < width; k++) {
        const at = Number(id) * width + k;
        sums[at] = (sums[at] as number) + (rows[place * width + k] as number);
      }
    }
    byName.set(table.name, sums);
  }
  return { loss: floats(results['loss'])[0] as number, byName };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, one) => sum + one * one, 0));
}

describe.each(families)('%s', (family) => {
  test('the gradient of every weight through encoder and pooling equals PyTorch', async () => {
    const reference = golden(family);
    const { loss, byName } = await gradients(reference);
    expect(Math.abs(loss / (floats(value(reference, 'loss'))[0] as number) - 1)).toBeLessThanOrEqual(1e-5);

    const names = storedParameters(reference.config).map(({ name }) => name);
    expect([...byName.keys()].toSorted()).toEqual(names.toSorted());
    expect([...reference.gradients.keys()].toSorted()).toEqual(names.toSorted());
    const errors: Record<string, number> = {};
    for (const name of names) {
      const expected = floats(reference.gradients.get(name));
      const actual = byName.get(name) as Float32Array;
      expect(actual.length, name).toBe(expected.length);
      const difference = norm(actual.map((one, i) => one - (expected[i] as number)));
      // The bias of the keys moves all scores of a query alike: its gradient is 0, and what is found is rounding. It
      // is measured by the size of the keys' weight's gradient.
      const isKeyBias = /(key|k_lin|\.k|pos_key_proj)\.bias$/.test(name);
      const measure = norm(isKeyBias ? floats(reference.gradients.get(name.replace('bias', 'weight'))) : expected);
      expect(measure, name).toBeGreaterThan(1e-6);
      errors[name] = difference / measure;
    }
    const worst = Object.entries(errors).sort(([, a], [, b]) => b - a)[0];
    expect(worst?.[1], worst?.[0]).toBeLessThanOrEqual(1e-5);
  });
});

test('a DeBERTa of 2,049 relative distances, of which the first stand for those of a small one, has its gradient', async () => {
  const small = golden('deberta-v2-plain');
  const table = 'encoder.rel_embeddings.weight';
  const stored = small.stored.names.find((name) => name.endsWith(table)) as string;
  const [count, width] = small.stored.shape(stored) as [number, number];
  const rows = 2 * 2049;
  /** The small table's row of a row: further distances have its first and last. */
  const smallRow = (row: number) => Math.max(0, Math.min(count - 1, row - rows / 2 + count / 2));
  const { data } = await small.stored.get(stored);
  const wide = Float32Array.from({ length: rows * width }, (_, i) => {
    return data[smallRow(Math.floor(i / width)) * width + (i % width)] as number;
  });
  const relative = { buckets: 0, longest: rows / 2, normalized: false, shared: false };
  const config = { ...small.config, relative };
  const large: Golden = {
    ...small,
    config,
    stored: {
      names: small.stored.names,
      shape: (name) => (name === stored ? [rows, width] : small.stored.shape(name)),
      get: async (name) => (name === stored ? { data: wide } : small.stored.get(name)),
    },
  };
  const [expected, found] = [(await gradients(small)).byName, (await gradients(large)).byName];
  const sums = new Float32Array(count * width);
  for (const [i, value] of (found.get(table) as Float32Array).entries()) {
    const at = smallRow(Math.floor(i / width)) * width + (i % width);
    sums[at] = (sums[at] as number) + value;
  }
  for (const [name, gradient] of expected) {
    const actual = name === table ? sums : (found.get(name) as Float32Array);
    expect(norm(actual.map((value, i) => value - (gradient[i] as number))), name).toBeLessThanOrEqual(1e-5);
  }
  expect(norm(sums)).toBeGreaterThan(1e-3);
});
