import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { Substitution } from '../../src/graph/substitute.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { TensorValue } from '../../src/runtime/session.ts';

const x = g.input('x', 'float32', ['B', 2]);
const w = g.input('w', 'float32', [2, 2]);
const value = (shape: number[], ...data: number[]): TensorValue => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

async function run(outputs: Record<string, g.Tensor>, inputs: Record<string, TensorValue>): Promise<number[][]> {
  await using session = await nodeRuntime().createSession(g.serialize({ outputs }), { threads: 1 });
  return Object.values(await session.run(inputs)).map(({ data }) => Array.from(data, Number));
}

describe('substitution', () => {
  it('computes the same on other inputs, under other names of dimensions', async () => {
    const y = g.matMul(g.tanh(x), w);
    const copies = [0, 1].map((chunk) =>
      new Substitution({
        rename: (name) => (name === 'x' ? `x${chunk}` : name),
        dimension: (name) => `${name}${chunk}`,
      }).copy(y),
    );
    expect(copies.map(({ shape }) => shape.join())).toEqual(['B0,2', 'B1,2']);
    const identity = value([2, 2], 1, 0, 0, 1);
    const [first, second] = await run(
      { first: copies[0] as g.Tensor, second: copies[1] as g.Tensor },
      { x0: value([1, 2], 1, 2), x1: value([2, 2], 3, 4, 5, 6), w: identity },
    );
    for (const [result, of] of [
      [first, [1, 2]],
      [second, [3, 4, 5, 6]],
    ] as const) {
      expect(result).toEqual(of.map((element) => expect.closeTo(Math.tanh(element), 5)));
    }
  });

  it('puts one tensor instead of another, in a graph whose gradient was taken before', async () => {
    const y = g.square(x);
    const upstream = g.input('upstream', 'float32', ['B', 2]);
    const [dx] = g.grad(g.reduceSum(g.mul(y, upstream)), [x]);
    const whole = new Substitution();
    whole.replace(upstream, g.mul(whole.copy(y), g.scalar(0.5)));
    // dx = 2 x · upstream = x³
    const [result] = await run({ dx: whole.copy(dx as g.Tensor) }, { x: value([1, 2], 2, 3) });
    expect(result).toEqual([8, 27]);
  });
});
