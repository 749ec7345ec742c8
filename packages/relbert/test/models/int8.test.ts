import { describe, expect, test } from 'vitest';
import { int8Inputs } from '../../src/encoder/calibration.ts';
import type { Int8Tensor } from '../../src/formats/int8-tensor.ts';
import { input, serialize } from '../../src/graph/index.ts';
import { buildEncoder } from '../../src/models/encoder.ts';
import { type InputRange, type Int8Input, int8Input, int8Linear, quantizeRows } from '../../src/models/int8.ts';
import { ParameterSet } from '../../src/models/parameter.ts';
import { hasInt8Words, resolveWeightNames, type StoredWeights } from '../../src/models/weights.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { caseInputs, equalInputs, families, golden, largestDifference, runGraph, value } from './golden.ts';

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

  test('word embeddings that are stored in 8 bits are looked up as integers, with the hidden states of their values', async () => {
    const { name: words, shape } = buildEncoder(config).lookups[0]?.table ?? { name: '', shape: [] };
    const name = resolveWeightNames(config, stored).get(words) as string;
    const [rows = 1, width = 1] = shape;
    const { w, scale } = quantizeRows((await stored.get(name)).data, rows);
    const data = Float32Array.from(w, (q, i) => q * (scale[Math.floor(i / width)] as number));
    const get = async (wanted: string) => (wanted === name ? { data } : stored.get(wanted));
    let reads = 0;
    const read = async () => {
      reads++;
      return { w, scale };
    };
    const int8 = (scaledColumns: boolean): StoredWeights => ({
      ...{ names: stored.names, shape: (wanted) => stored.shape(wanted), get },
      int8: new Map([[name, { scaledColumns, read }]]),
    });
    expect([hasInt8Words(config, int8(false)), hasInt8Words(config, int8(true)), hasInt8Words(config, stored)]).toEqual(
      [true, false, false],
    );
    const batch = caseInputs(reference, 'padded');
    const hiddenOf = async (int8Words: boolean) => {
      const { parameters, hidden } = buildEncoder(config, { int8Words });
      expect(parameters.some(({ dtype }) => dtype === 'int8')).toBe(int8Words);
      const inputs = { ...reference, stored: int8(false) };
      return (await runGraph(inputs, parameters, { hidden }, batch, 'stored'))['hidden'];
    };
    expect(await hiddenOf(true)).toEqual(await hiddenOf(false));
    expect(reads, 'integers and scales come from a single reading').toBe(1);
  });
});

/** A layer in 8 bits with plain numbers, as the file int8.ts derives it. */
function reference(
  x: readonly number[],
  weight: Float32Array,
  bias: Float32Array,
  largest: number,
  { low, high }: InputRange,
) {
  const [out, within] = [bias.length, x.length];
  const fround = Math.fround;
  let factors: number[];
  let centres = x.map(() => 0);
  let zero = 128;
  if (out < within) {
    const [least, most] = [Math.min(...low), Math.max(...high)];
    zero = Math.max(16, Math.min(128, Math.round((255 * -least) / (most - least))));
    const step = Math.max(Math.max(...x) / (255 - zero), -(least > -0.3 ? least : Math.min(...x)) / zero);
    factors = x.map(() => step);
  } else {
    const widths = x.map((_, k) => ((high[k] as number) - (low[k] as number)) / 2);
    const step = (1.1 * Math.max(...widths.map((width) => width ** 0.3))) / 127;
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

test.each([
  ['keeps its width or widens: one step for all rows, a centre and a width for each feature', 8, 12, 8, -1],
  ['narrows: a step for each row', 12, 8, 8, -1],
  ['narrows, after an activation with a bound below', 12, 8, 8, -0.05],
  ['has weights of 7 bits', 8, 12, 7, -1],
] as const)('a layer that %s is what plain numbers give', async (_, within, out, weightBits, lowest) => {
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
  const parameters = new ParameterSet();
  const stored = parameters.declare('layer.weight', [out, within]);
  const biasInput = parameters.asStored(parameters.declare('layer.bias', [out]));
  const inputs = new Map([['layer.weight', int8Input({ low, high }, [out, within])]]);
  const product = int8Linear(parameters, { inputs, weightBits });
  const y = product(input('x', 'float32', ['B', within]), stored, biasInput);
  const initializers = Object.fromEntries(
    parameters.inputs.map(({ name, pack }) => [name, pack([name === 'layer.bias' ? bias : weight])]),
  );
  await using session = await nodeRuntime().createSession(serialize({ outputs: { y }, initializers }));
  const data = Float32Array.from(x.flat());
  const { y: found } = await session.run({ x: { dtype: 'float32', shape: [3, within], data } });
  const expected = x.flatMap((row) => reference(row, weight, bias, weightBits === 8 ? 127 : 63, { low, high }));
  for (const [i, number] of expected.entries()) expect(found?.data[i]).toBeCloseTo(number, 4);
});

test.each([8, 7] as const)(
  'integers are taken as stored for %s bits where they are of the same input alone',
  (weightBits) => {
    const [out, within] = [12, 8];
    const range = (widest: number): InputRange => {
      const high = Float32Array.from({ length: within }, (_, k) => (k === 0 ? widest : 1 + k));
      return { low: high.map((value) => value / -2), high };
    };
    const input8 = int8Input(range(9), [out, within]);
    const parameters = new ParameterSet();
    const stored = parameters.declare('layer.weight', [out, within]);
    const inputs = new Map([['layer.weight', input8]]);
    int8Linear(parameters, { inputs, weightBits })(input('x', 'float32', ['B', within]), stored, undefined);
    const weight = Float32Array.from({ length: out * within }, (_, i) => Math.sin(i * i));
    const saved = (other: Int8Input, without?: 'centres') => {
      const { factors, centres } = other as Extract<Int8Input, { kind: 'features' }>;
      const centresKept = without ? undefined : centres;
      return { ...quantizeRows(weight, out, { factors, centres }), factors, centres: centresKept };
    };
    const packed = (tensor: Int8Tensor) => parameters.inputs.map(({ packInt8 }) => packInt8?.(tensor));
    const same = saved(input8);
    const { w, scale, offset } = same;
    expect(packed(same)).toEqual(
      weightBits === 8 ? [w, scale, offset] : [w.map((q) => Math.round(q / 2)), scale.map((step) => step * 2), offset],
    );
    // Of another input, or without what the input is centred at: from the values.
    for (const other of [saved(int8Input(range(8), [out, within])), saved(input8, 'centres'), { w, scale }]) {
      expect(packed(other)).toEqual([undefined, undefined, undefined]);
    }
  },
);

test('the largest weight of a column uses all of its bits, a layer without a range is refused', () => {
  const { config } = golden('bert');
  const { parameters } = buildEncoder(config, { int8: { inputs: equalInputs(config, 3), weightBits: 8 } });
  const part = parameters.find(({ name }) => name.endsWith('.int8.w'));
  const [out = 0, within = 0] = part?.shape ?? [];
  const weight = Float32Array.from({ length: within * out }, (_, i) => Math.sin(i * i));
  const packed = part?.pack([weight]) as Int8Array;
  for (let n = 0; n < out; n++) {
    expect(Math.max(...packed.subarray(n * within, (n + 1) * within).map(Math.abs))).toBe(127);
  }
  expect(() => buildEncoder(config, { int8: { inputs: new Map(), weightBits: 8 } })).toThrow(
    /^the input of 'encoder\.layer\.0\.attention\.self\.query\.weight' needs a range of \d+ features/,
  );
});
