import { describe, expect, test } from 'vitest';
import { int8Inputs } from '../../src/encoder/calibration.ts';
import type { Int8Source, Int8Tensor } from '../../src/formats/int8-tensor.ts';
import {
  add,
  type ConstantData,
  constant,
  input,
  layerNormalization,
  matMul,
  scalar,
  serialize,
  type Tensor,
} from '../../src/graph/index.ts';
import { nodesOf } from '../../src/graph/tensor.ts';
import { buildEncoder } from '../../src/models/encoder.ts';
import {
  type InputRange,
  type Int8Input,
  Int8Linear,
  int8Input,
  type QuantizeOptions,
  quantizeRows,
} from '../../src/models/int8.ts';
import { ParameterSet } from '../../src/models/parameter.ts';
import { int8Weights, resolveWeightNames, type StoredWeights } from '../../src/models/weights.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { caseInputs, equalInputs, families, floats, golden, largestDifference, runGraph, value } from './golden.ts';

/** Results of a graph of a weight [out, in]. */
async function computed<K extends string>(
  of: (weight: Tensor) => Readonly<Record<K, Tensor>>,
  data: Float32Array,
  out: number,
): Promise<Record<K, ConstantData>> {
  const shape = [out, data.length / out];
  const outputs = of(input('weight', 'float32', shape));
  await using session = await nodeRuntime().createSession(serialize({ outputs }));
  const results = await session.run({ weight: { dtype: 'float32', shape, data } });
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value.data])) as Record<
    K,
    ConstantData
  >;
}

async function quantized(data: Float32Array, out: number, options: QuantizeOptions) {
  const found = await computed((weight) => ({ ...quantizeRows(weight, options) }), data, out);
  return { w: found.w as Int8Array, scale: found.scale as Float32Array, offset: found.offset as Float32Array };
}

describe.each(families)('%s', (family) => {
  const reference = golden(family);
  const { config, stored } = reference;

  test('hidden states are near those in float32', async () => {
    const { padded: prompts } = reference.about.prompts;
    const inputs = await int8Inputs({ config, weights: stored, runtime: nodeRuntime(), prompts });
    const encoder = buildEncoder(config, { int8: { inputs, weightBits: 8 } });
    const batch = caseInputs(reference, 'padded');
    const { hidden } = await runGraph(reference, encoder.parameters, { hidden: encoder.hidden }, batch, 'stored');
    const expected = value(reference, 'padded.hidden');
    const difference = largestDifference(hidden ?? expected, expected, batch['attention_mask']);
    // Hidden states are of the order of 1. More than nothing, too: it must be the 8-bit path that ran.
    expect(difference).toBeLessThan(0.2);
    expect(difference).toBeGreaterThan(1e-4);
  });

  test('weights that are stored in 8 bits go into the graph as integers, with the hidden states of their values', async () => {
    const { lookups, linearInputs } = buildEncoder(config);
    const words = lookups[0]?.table.name as string;
    const [[first] = [], [second] = []] = [...linearInputs.values()];
    const names = resolveWeightNames(config, stored);
    const kinds = [
      { weight: words, factors: undefined },
      { weight: first?.name as string, factors: (k: number) => 1 + (k % 3) },
      { weight: second?.name as string, factors: undefined },
    ];
    const int8 = new Map<string, Int8Source>();
    const values = new Map<string, Float32Array>();
    for (const { weight, factors: factorOf } of kinds) {
      const name = names.get(weight) as string;
      const [rows = 1, width = 1] = stored.shape(name) ?? [];
      const factors = factorOf && Float32Array.from({ length: width }, (_, k) => factorOf(k));
      const tensor: Int8Tensor = { ...(await quantized((await stored.get(name)).data, rows, { factors })), factors };
      const { w, scale } = tensor;
      const part: Int8Source['part'] = async (of) => tensor[of];
      int8.set(name, { scaledColumns: factors !== undefined, read: async () => tensor, part });
      const value = (q: number, i: number) => q * (scale[Math.floor(i / width)] as number);
      values.set(
        name,
        Float32Array.from(w, (q, i) => value(q, i) / (factors?.[i % width] ?? 1)),
      );
    }
    const get = async (wanted: string) => {
      const data = values.get(wanted);
      return data ? { data } : stored.get(wanted);
    };
    const inInt8: StoredWeights = { names: stored.names, shape: (wanted) => stored.shape(wanted), get, int8 };
    const found = int8Weights(config, inInt8);
    expect([...found.keys()].sort()).toEqual(kinds.map(({ weight }) => weight).sort());
    expect(int8Weights(config, stored).size).toBe(0);
    const batch = caseInputs(reference, 'padded');
    const hiddenOf = async (weights: typeof found | undefined) => {
      const { parameters, hidden } = buildEncoder(config, { int8Weights: weights });
      expect(parameters.filter(({ dtype }) => dtype === 'int8').length).toBe(weights?.size ?? 0);
      return (await runGraph({ ...reference, stored: inInt8 }, parameters, { hidden }, batch, 'stored'))['hidden'];
    };
    const [integers, floats] = [await hiddenOf(found), await hiddenOf(undefined)];
    const [given, expected] = [integers ?? floats, floats] as [TensorValue, TensorValue];
    expect(given).not.toBe(expected);
    expect(largestDifference(given, expected, batch['attention_mask'])).toBeLessThan(1e-5);
  });
});

/** A layer in 8 bits with plain numbers, as the file int8.ts derives it. */
function reference(
  x: readonly number[],
  weight: Float32Array,
  bias: Float32Array,
  largest: number,
  { low, high, bounded }: InputRange & { readonly bounded: boolean },
) {
  const [out, within] = [bias.length, x.length];
  const fround = Math.fround;
  let factors: number[];
  let centres = x.map(() => 0);
  let zero = 128;
  if (out < within) {
    const [least, most] = [Math.min(...low), Math.max(...high)];
    zero = Math.max(16, Math.min(128, Math.round((255 * -least) / (most - least))));
    const step = Math.max(Math.max(...x) / (255 - zero), -(bounded ? least : Math.min(...x)) / zero);
    factors = x.map(() => step);
  } else {
    const widths = x.map((_, k) => ((high[k] as number) - (low[k] as number)) / 2);
    const step = (1.6 * Math.max(...widths.map((width) => width ** 0.3))) / 127;
    factors = widths.map((width) => width ** 0.7 * step);
    centres = x.map((_, k) => ((high[k] as number) + (low[k] as number)) / 2);
  }
  const q = x.map((value, k) => {
    const steps = (value - (centres[k] as number)) / (factors[k] as number);
    return Math.max(0, Math.min(255, Math.round(steps) + zero));
  });
  return Array.from({ length: out }, (_, n) => {
    const row = [...weight.subarray(n * within, (n + 1) * within)].map((w, k) => w * (factors[k] as number));
    const step = fround(Math.max(...row.map(Math.abs)) / largest);
    const terms = row.map(
      (w, k) => ((q[k] as number) - zero + (centres[k] as number) / (factors[k] as number)) * Math.round(w / step),
    );
    return terms.reduce((sum, term) => sum + term, 0) * step + (bias[n] as number);
  });
}

/** x·weightᵀ + bias of rows x through a layer in 8 bits. */
async function layerInInt8(
  x: readonly (readonly number[])[],
  weight: Float32Array,
  bias: Float32Array,
  { low, high, bounded, weightBits }: InputRange & { readonly bounded: boolean; readonly weightBits: 7 | 8 },
): Promise<number[]> {
  const [out, within] = [bias.length, low.length];
  const parameters = new ParameterSet();
  const stored = parameters.declare('layer.weight', [out, within]);
  const biasInput = parameters.asStored(parameters.declare('layer.bias', [out]));
  const inputs = new Map([['layer.weight', int8Input({ low, high }, [out, within])]]);
  const linear = new Int8Linear(parameters, { inputs, weightBits });
  const given = input('x', 'float32', ['B', within]);
  if (bounded) linear.setBoundedBelow(given);
  const y = linear.product(given, stored, { bias: biasInput });
  const parts = parameters.inputs.filter(({ compute }) => compute);
  const initializers = {
    'layer.bias': bias,
    ...(await computed(
      (source) => Object.fromEntries(parts.map(({ name, compute }) => [name, compute?.(source) as Tensor])),
      weight,
      out,
    )),
  };
  await using session = await nodeRuntime().createSession(serialize({ outputs: { y }, initializers }));
  const data = Float32Array.from(x.flat());
  const { y: found } = await session.run({ x: { dtype: 'float32', shape: [x.length, within], data } });
  return [...floats(found)];
}

test.each([
  ['keeps its width or widens: one step for all rows, a centre and a width for each feature', 8, 12, 8, -1, false],
  ['narrows: a step for each row', 12, 8, 8, -1, false],
  ['narrows, after an activation with a bound below', 12, 8, 8, -0.05, true],
  ['has weights of 7 bits', 8, 12, 7, -1, false],
] as const)('a layer that %s is what plain numbers give', async (_, within, out, weightBits, lowest, bounded) => {
  const low = Float32Array.from({ length: within }, (_, k) => lowest * (1 + (k % 3)));
  const high = Float32Array.from({ length: within }, (_, k) => 2 + (k % 4) * 3);
  const x = Array.from({ length: 3 }, (_, row) =>
    Array.from({ length: within }, (_, k) => {
      const [least, most] = [low[k] as number, high[k] as number];
      return (least + most) / 2 + (Math.sin(row * 31 + k * 7) * (row === 1 ? 0.95 : 0.2) * (most - least)) / 2;
    }),
  );
  const weight = Float32Array.from({ length: out * within }, (_, i) => Math.cos(i * i) * (i % 5 === 0 ? 2 : 0.2));
  const bias = Float32Array.from({ length: out }, (_, n) => n / 10);
  const found = await layerInInt8(x, weight, bias, { low, high, bounded, weightBits });
  const largest = weightBits === 8 ? 127 : 63;
  const expected = x.flatMap((row) => reference(row, weight, bias, largest, { low, high, bounded }));
  for (const [i, number] of expected.entries()) expect(found[i]).toBeCloseTo(number, 4);
});

test.each([
  ['whatever calibration saw, where nothing bounds it', false, -1.998],
  ['not looked for after an activation with a bound below', true, -0.288],
] as const)('the least value of a row is %s', async (_, bounded, expected) => {
  const range = { low: Float32Array.of(-0.29, 0), high: Float32Array.of(2, 0.2) };
  const weight = Float32Array.of(1, 0.01);
  const [found] = await layerInInt8([[-2, 0.2]], weight, Float32Array.of(0), { ...range, bounded, weightBits: 8 });
  expect(found).toBeCloseTo(expected, 2);
});

test.each([
  ['gelu', false],
  ['gelu-tanh', false],
  ['quick-gelu', false],
  ['silu', false],
  ['relu', false],
  ['tanh', true],
] as const)('after %s the least value of a row is looked for: %s', (activation, looked) => {
  const config = { ...golden('bert').config, activation };
  const { hidden } = buildEncoder(config, { int8: { inputs: equalInputs(config, 0.2), weightBits: 8 } });
  expect(nodesOf([hidden]).filter(({ type }) => type === 'ReduceMin').length).toBe(looked ? config.layers : 0);
});

test('after an activation times a gate, too', () => {
  const { config } = golden('modernbert');
  const { hidden } = buildEncoder(config, { int8: { inputs: equalInputs(config, 0.2), weightBits: 8 } });
  expect(nodesOf([hidden]).filter(({ type }) => type === 'ReduceMin').length).toBe(config.layers);
});

test('what makes an input gives it in steps: a normalisation, and the product whose means it is', async () => {
  const size = 8;
  const values = (scale: number) => Float32Array.from({ length: size }, (_, k) => scale * Math.sin(k * k + scale));
  const range = {
    low: values(3).map((value) => -2 - Math.abs(value)),
    high: values(4).map((value) => 2 + Math.abs(value)),
  };
  const inputs = new Map(['first.weight', 'means.weight'].map((name) => [name, int8Input(range, [size, size])]));
  const parameters = new ParameterSet();
  const first = parameters.declare('first.weight', [size, size]);
  const means = parameters.declare('means.weight', [size, size]);
  const linear = new Int8Linear(parameters, { inputs, weightBits: 8 });
  const x = input('x', 'float32', [3, size]);
  const mixed = (of: Tensor) => matMul(constant(Float32Array.of(0.5, 0.25, 0.25, 0, 0.3, 0.7), [2, 3]), of);
  const bias = constant(values(0.5), [size]);
  const plain = { bias: undefined };

  const normed = layerNormalization(x, constant(values(2), [size]), constant(values(1), [size]), 1e-5);
  const copied = add(normed, scalar(0)); // of which nothing is known
  const products = { inSteps: linear.product(normed, first, plain), direct: linear.product(copied, first, plain) };
  const { scaled, centres } = linear.terms(normed) as { scaled: Tensor; centres: Tensor };
  expect(linear.terms(copied)).toBeUndefined();
  const direct = linear.product(mixed(linear.product(x, first, { bias })), means, plain);
  const read = linear.product(x, first, { bias, reader: 'means.weight' });
  const viaSteps = linear.product(mixed(read), means, plain);
  const outputs = { ...products, sum: add(scaled, centres), normed, 'direct means': direct, viaSteps };
  const initializers: Record<string, ConstantData> = {};
  for (const stored of [first, means]) {
    const weight = Float32Array.from({ length: size * size }, (_, i) => Math.cos(i * i) / 4);
    const parts = parameters.inputs.filter(({ sources }) => sources[0] === stored);
    const graph = (source: Tensor) =>
      Object.fromEntries(parts.map(({ name, compute }) => [name, compute?.(source) as Tensor]));
    Object.assign(initializers, await computed(graph, weight, size));
  }
  await using session = await nodeRuntime().createSession(serialize({ outputs, initializers }));
  const data = Float32Array.from({ length: 3 * size }, (_, i) => Math.sin(i * 7));
  const found = await session.run({ x: { dtype: 'float32', shape: [3, size], data } });
  const dataOf = (name: string) => found[name]?.data as Float32Array;
  const equal = (a: string, b: string, digits: number) => {
    for (const [i, value] of dataOf(a).entries()) expect(dataOf(b)[i]).toBeCloseTo(value, digits);
  };
  equal('inSteps', 'direct', 4);
  equal('viaSteps', 'direct means', 4);
  equal('sum', 'normed', 5);
});

test.each([8, 7] as const)(
  'integers are taken as stored for %s bits where they are of the same input alone',
  async (weightBits) => {
    const [out, within] = [12, 8];
    const range = (widest: number): InputRange => {
      const high = Float32Array.from({ length: within }, (_, k) => (k === 0 ? widest : 1 + k));
      return { low: high.map((value) => value / -2), high };
    };
    const input8 = int8Input(range(9), [out, within]);
    const parameters = new ParameterSet();
    const stored = parameters.declare('layer.weight', [out, within]);
    const inputs = new Map([['layer.weight', input8]]);
    const linear = new Int8Linear(parameters, { inputs, weightBits });
    linear.product(input('x', 'float32', ['B', within]), stored, { bias: undefined });
    const weight = Float32Array.from({ length: out * within }, (_, i) => Math.sin(i * i));
    const saved = async (other: Int8Input, without?: 'centres') => {
      const { factors, centres } = other as Extract<Int8Input, { kind: 'features' }>;
      const centresKept = without ? undefined : centres;
      return { ...(await quantized(weight, out, { factors, centres })), factors, centres: centresKept };
    };
    const packed = (tensor: Int8Tensor) => parameters.inputs.map(({ packInt8 }) => packInt8?.(tensor));
    const same = await saved(input8);
    const { w, scale, offset } = same;
    expect(packed(same)).toEqual(
      weightBits === 8 ? [w, scale, offset] : [w.map((q) => Math.round(q / 2)), scale.map((step) => step * 2), offset],
    );
    // Of another input, or without what the input is centred at: from the values.
    for (const other of [
      await saved(int8Input(range(8), [out, within])),
      await saved(input8, 'centres'),
      { w, scale },
    ]) {
      expect(packed(other)).toEqual([undefined, undefined, undefined]);
    }
  },
);

test.each([8, 7] as const)(
  'integers that the checkpoint scaled for this input are taken unread where products take %s bits',
  (weightBits) => {
    const [out, within] = [12, 8];
    const high = new Float32Array(within).fill(2);
    const inputs = new Map([['layer.weight', int8Input({ low: high.map((value) => -value), high }, [out, within])]]);
    const parameters = new ParameterSet(new Map([['layer.weight', { scaledColumns: true }]]));
    const stored = parameters.declare('layer.weight', [out, within]);
    const linear = new Int8Linear(parameters, { inputs, weightBits, asStored: true });
    linear.product(input('x', 'float32', ['B', within]), stored, { bias: undefined });
    // As they are stored a runtime may map them; those of 7 bits are computed.
    const parts = ['w', 'scale', 'offset'] as const;
    expect(parameters.inputs.map(({ name, int8Part, shape }) => [name, int8Part, shape])).toEqual(
      parts.map((part) => [
        `layer.weight.int8.${part}`,
        weightBits === 8 ? part : undefined,
        part === 'w' ? [out, within] : [out],
      ]),
    );
  },
);

test('the largest weight of a column uses all of its bits, a layer without a range is refused', async () => {
  const { config } = golden('bert');
  const { parameters } = buildEncoder(config, { int8: { inputs: equalInputs(config, 3), weightBits: 8 } });
  const part = parameters.find(({ name }) => name.endsWith('.int8.w'));
  const [out = 0, within = 0] = part?.shape ?? [];
  const weight = Float32Array.from({ length: within * out }, (_, i) => Math.sin(i * i));
  const { w } = await computed((source) => ({ w: part?.compute?.(source) as Tensor }), weight, out);
  const packed = w as Int8Array;
  for (let n = 0; n < out; n++) {
    expect(Math.max(...packed.subarray(n * within, (n + 1) * within).map(Math.abs))).toBe(127);
  }
  expect(() => buildEncoder(config, { int8: { inputs: new Map(), weightBits: 8 } })).toThrow(
    /^the input of 'encoder\.layer\.0\.attention\.self\.query\.weight' needs a range of \d+ features/,
  );
});
