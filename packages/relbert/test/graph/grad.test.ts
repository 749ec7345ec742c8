import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { TensorValue } from '../../src/runtime/session.ts';

const x = g.input('x', 'float32', ['B', 3]);
const w = g.input('w', 'float32', [3, 2]);
const ids = g.input('ids', 'int64', ['N']);

function value(shape: number[], ...data: number[]): TensorValue {
  return { dtype: 'float32', shape, data: Float32Array.from(data) };
}

async function run(
  outputs: Record<string, g.Tensor>,
  inputs: Record<string, TensorValue>,
): Promise<Record<string, number[]>> {
  await using session = await nodeRuntime().createSession(g.serialize({ outputs }), { threads: 1 });
  const results = await session.run(inputs);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

describe('grad', () => {
  it('adds up what comes back over several paths', async () => {
    // loss = Σ (x² + x·x·x), d/dx = 2x + 3x²
    const loss = g.reduceSum(g.add(g.square(x), g.mul(g.mul(x, x), x)));
    const [dx] = g.grad(loss, [x]);
    const { dx: result } = await run({ dx: dx as g.Tensor }, { x: value([1, 3], 1, -2, 0.5) });
    expect(result).toEqual([5, 8, 1.75]);
  });

  it('takes gradients with respect to inner tensors', async () => {
    const inner = g.mul(x, g.scalar(3));
    const loss = g.reduceSum(g.square(inner));
    const [dInner, dx] = g.grad(loss, [inner, x]);
    const results = await run({ dInner: dInner as g.Tensor, dx: dx as g.Tensor }, { x: value([1, 3], 1, 2, 3) });
    expect(results['dInner']).toEqual([6, 12, 18]);
    expect(results['dx']).toEqual([18, 36, 54]);
  });

  it('is 1 for the loss itself', async () => {
    const loss = g.reduceSum(x);
    const [one] = g.grad(loss, [loss]);
    expect(one?.shape).toEqual([]);
    expect((await run({ one: one as g.Tensor }, {}))['one']).toEqual([1]);
  });

  it('takes what is behind stopGradient as a constant', async () => {
    const [dx] = g.grad(g.reduceSum(g.mul(x, g.stopGradient(x))), [x]);
    const { dx: result } = await run({ dx: dx as g.Tensor }, { x: value([1, 3], 1, -2, 0.5) });
    expect(result).toEqual([1, -2, 0.5]);
  });

  it('takes gradients of gradients', async () => {
    // d/dx (d/dx Σ x³)² summed: f' = 3x², Σ f'² has gradient 36 x³
    const [first] = g.grad(g.reduceSum(g.pow(x, 3)), [x]);
    const [second] = g.grad(g.reduceSum(g.square(first as g.Tensor)), [x]);
    const { dx } = await run({ dx: second as g.Tensor }, { x: value([1, 3], 1, 2, -1) });
    expect(dx).toEqual([36, 288, -36]);
  });

  it('takes gradients of deep graphs', async () => {
    const deep = (length: number) => {
      let y = x;
      for (let i = 0; i < length; i++) y = g.mul(y, g.scalar(1));
      return g.grad(g.reduceSum(y), [x])[0] as g.Tensor;
    };
    expect(deep(20_000).shape).toEqual(['B', 3]);
    const { dx: result } = await run({ dx: deep(200) }, { x: value([1, 3], 1, -2, 0.5) });
    expect(result).toEqual([1, 1, 1]);
  });

  it.each<[string, () => unknown, string[]]>([
    ['a loss that is no scalar', () => g.grad(x, [x]), ['scalar', 'float32 [B, 3]']],
    ['a loss of integers', () => g.grad(g.reduceSum(ids), [x]), ['int64 []']],
    ['an input the loss does not depend on', () => g.grad(g.reduceSum(x), [x, w]), ["tensor 1 ('w')", '[3, 2]']],
    ['an input behind stopGradient', () => g.grad(g.reduceSum(g.stopGradient(x)), [x]), ["('x')"]],
    ['an input behind a comparison', () => g.grad(g.reduceSum(g.cast(g.greaterThan(x, 0), 'float32')), [x]), ["('x')"]],
    [
      'an operator without gradient',
      () => g.grad(g.reduceSum(g.biasGelu(x, g.input('b', 'float32', [3]))), [x]),
      ['BiasGelu', 'no gradient'],
    ],
    [
      'a large table',
      () => {
        const table = g.input('table', 'float32', [30_522, 4]);
        return g.grad(g.reduceSum(g.gather(table, ids)), [table]);
      },
      ['[30522, 4]', '[N, 4]'],
    ],
  ])('refuses %s', (_, build, parts) => {
    expect(build).toThrow(g.GraphError);
    for (const part of parts) expect(build).toThrow(part);
  });

  it('gives the gradient of what was gathered from a large table', async () => {
    const rows = g.gather(g.input('table', 'float32', [30_522, 4]), ids);
    const [gradient] = g.grad(g.reduceSum(g.square(rows)), [rows]);
    expect(gradient?.shape).toEqual(['N', 4]);
    const table = Float32Array.from({ length: 30_522 * 4 }, (_, i) => i / 4);
    const { result } = await run(
      { result: gradient as g.Tensor },
      {
        table: { dtype: 'float32', shape: [30_522, 4], data: table },
        ids: { dtype: 'int64', shape: [3], data: BigInt64Array.of(7n, 30_000n, 7n) },
      },
    );
    expect(result).toEqual([7, 30_000, 7].flatMap((id) => [0, 1, 2, 3].map((column) => 2 * (id + column / 4))));
  });
});
