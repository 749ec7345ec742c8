import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { SessionOptions, TensorValue } from '../../src/runtime/session.ts';

const x = g.input('x', 'float32', ['B', 3]);
const w = g.input('w', 'float32', [3, 400]);
const weights = Float32Array.from({ length: 1200 }, (_, i) => Math.sin(i));
const fed: TensorValue = { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) };

async function run(
  model: Uint8Array,
  inputs: Record<string, TensorValue>,
  options: SessionOptions = {},
): Promise<Record<string, TensorValue>> {
  await using session = await nodeRuntime().createSession(model, { threads: 1, ...options });
  return await session.run(inputs);
}

/** How often a text occurs in the model: node types and names are stored as they are. */
function occurrences(model: Uint8Array, text: string): number {
  return Buffer.from(model).toString('latin1').split(text).length - 1;
}

describe('serialize', () => {
  it('stores equal nodes once', () => {
    const twice = g.add(g.tanh(g.mul(x, g.scalar(2))), g.tanh(g.mul(x, g.scalar(2))));
    const model = g.serialize({ outputs: { twice } });
    const other = g.serialize({ outputs: { y: g.add(g.tanh(g.mul(x, g.scalar(2))), g.tanh(g.mul(x, g.scalar(3)))) } });
    expect(occurrences(model, 'Tanh')).toBeLessThan(occurrences(other, 'Tanh'));
  });

  it('tells nodes with other attributes, and −0 from 0, apart', async () => {
    const zero = (value: number) => g.reciprocal(g.mul(g.reduceSum(g.mul(x, g.scalar(0))), g.scalar(value)));
    const outputs = {
      sum: g.reduceSum(x, 1, { keepDims: true }),
      flat: g.reduceSum(x, 1),
      plus: g.add(g.scalar(0), g.scalar(0)),
      above: g.div(g.scalar(1), g.scalar(0)),
      below: g.div(g.scalar(1), g.scalar(-0)),
      other: zero(1),
    };
    const results = await run(g.serialize({ outputs }), { x: fed });
    expect(results['sum']?.shape).toEqual([1, 1]);
    expect(results['flat']?.shape).toEqual([1]);
    expect(results['above']?.data[0]).toBe(Infinity);
    expect(results['below']?.data[0]).toBe(-Infinity);
  });

  it('leaves out what no output needs', () => {
    const model = g.serialize({ outputs: { y: g.exp(x) } });
    g.log(x);
    expect(occurrences(model, 'Log')).toBe(0);
    expect(occurrences(model, 'Exp')).toBeGreaterThan(0);
  });

  it('leaves out the mean of a LayerNormalization unless its gradient reads it', () => {
    const vector = g.input('v', 'float32', [3]);
    const y = g.layerNormalization(x, vector, vector, 1e-5);
    const [dx] = g.grad(g.reduceSum(g.square(y)), [x]);
    expect(occurrences(g.serialize({ outputs: { y } }), 'LayerNormalization#0.1')).toBe(0);
    expect(occurrences(g.serialize({ outputs: { y, dx: dx as g.Tensor } }), 'LayerNormalization#0.1')).toBeGreaterThan(
      0,
    );
  });

  it('gives one tensor two names, and passes inputs and constants through', async () => {
    const y = g.neg(x);
    const model = g.serialize({ outputs: { y, again: y, z: g.add(y, g.scalar(1)), same: x, one: g.scalar(1) } });
    const results = await run(model, { x: fed });
    expect(Object.keys(results)).toEqual(['y', 'again', 'z', 'same', 'one']);
    expect([...(results['again'] as TensorValue).data]).toEqual([-1, -2, -3]);
    expect([...(results['z'] as TensorValue).data]).toEqual([0, -1, -2]);
    expect([...(results['same'] as TensorValue).data]).toEqual([1, 2, 3]);
    expect([...(results['one'] as TensorValue).data]).toEqual([1]);
  });

  it('stores weights in the model, or beside it', async () => {
    const outputs = { y: g.matMul(x, w) };
    const inside = g.serialize({ outputs, initializers: { w: weights } });
    const beside = g.serialize({ outputs, initializers: { w: weights }, external: true });
    expect(inside.length).toBeGreaterThan(weights.byteLength);
    expect(beside.length).toBeLessThan(1000);
    const results = await run(inside, { x: fed });
    const expected = Array.from(
      { length: 400 },
      (_, n) => (weights[n] as number) + 2 * (weights[400 + n] as number) + 3 * (weights[800 + n] as number),
    );
    for (const [i, value] of (results['y'] as TensorValue).data.entries())
      expect(value).toBeCloseTo(expected[i] ?? 0, 5);
    const again = await run(beside, { x: fed }, { initializers: { w: weights, unused: weights } });
    expect(again['y']?.data).toEqual(results['y']?.data);
    // As a graph input it is fed with every run.
    const third = await run(g.serialize({ outputs }), {
      x: fed,
      w: { dtype: 'float32', shape: [3, 400], data: weights },
    });
    for (const [i, value] of (third['y'] as TensorValue).data.entries()) expect(value).toBeCloseTo(expected[i] ?? 0, 5);
  });

  it('runs graphs whose batch is empty', async () => {
    const model = g.serialize({ outputs: { y: g.softmax(g.linear(x, w, g.input('b', 'float32', [400]))) } });
    const results = await run(model, {
      x: { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) },
      w: { dtype: 'float32', shape: [3, 400], data: weights },
      b: { dtype: 'float32', shape: [400], data: new Float32Array(400) },
    });
    expect(results['y']?.shape).toEqual([0, 400]);
  });

  it.each<[string, () => unknown, string[]]>([
    ['no output', () => g.serialize({ outputs: {} }), ['output']],
    [
      'two inputs of one name',
      () => g.serialize({ outputs: { y: g.reduceSum(x), z: g.reduceSum(g.input('x', 'float32', ['B', 4])) } }),
      ["'x'", '[B, 3]', '[B, 4]'],
    ],
    [
      'weights of another size',
      () => g.serialize({ outputs: { y: g.exp(w) }, initializers: { w: new Float32Array(7) } }),
      ["'w'", '[3, 400]', '1200', '7'],
    ],
    ['an output named like an input', () => g.serialize({ outputs: { x: g.exp(x) } }), ["'x'"]],
  ])('refuses %s', (_, build, parts) => {
    expect(build).toThrow(g.GraphError);
    for (const part of parts) expect(build).toThrow(part);
  });
});
