import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/data/random.ts';
import {
  initialNetwork,
  NetworkRunner,
  promptNetwork,
  type ReparameterizationName,
} from '../../../src/train/soft-prompt/reparameterization.ts';
import { keptSessions } from '../../kept-sessions.ts';

interface Golden {
  readonly count: number;
  readonly width: number;
  readonly networks: readonly {
    readonly name: ReparameterizationName;
    readonly vectors: number[];
    readonly gradients: Readonly<Record<string, number[]>>;
    readonly shapes: Readonly<Record<string, number[]>>;
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/prompt-search/p-tuning.json', import.meta.url), 'utf8'),
) as Golden;
const { count, width } = golden;

function worst(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (found[i] as number))));
}

describe('the network of a soft prompt', () => {
  it.each(golden.networks)('$name: vectors and gradients of PyTorch', async ({ name, vectors, gradients, shapes }) => {
    const network = promptNetwork(name, count, width);
    expect(Object.fromEntries(network.parameters.map((parameter) => [parameter.name, parameter.shape]))).toEqual(
      shapes,
    );
    // As packages/reproduction/parity/p_tuning.py fills them, in PyTorch's order of names.
    const order = Object.keys(gradients);
    const weights = new Map(
      network.parameters.map(({ name: key, shape }) => {
        const size = shape.reduce((product, dimension) => product * dimension, 1);
        const data = Float32Array.from({ length: size }, (_, k) => Math.sin(0.37 * k + order.indexOf(key)) * 0.5);
        return [key, { dtype: 'float32' as const, shape, data }];
      }),
    );
    const runner = await NetworkRunner.create(network, keptSessions());
    expect(worst(await runner.vectors(weights), vectors)).toBeLessThan(1e-6);
    const upstream = Float32Array.from({ length: count * width }, (_, k) => Math.cos(0.61 * k));
    const found = await runner.gradients(weights, upstream);
    for (const [key, values] of Object.entries(gradients)) {
      expect([key, worst(found.get(key) as Float32Array, values) < 2e-6]).toEqual([key, true]);
    }
    await runner.dispose();
  });

  it('starts like PyTorch: table of deviation 1, the rest within 1/√n; a bare table with the deviation given', () => {
    const spread = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    const lstm = initialNetwork(promptNetwork('lstm', 40, 64), { deviation: 0.05, random: new Random(1) });
    expect(spread(lstm.get('embedding.weight') as Float32Array)).toBeCloseTo(1, 1);
    const recurrent = lstm.get('lstm.weight_ih_l1_reverse') as Float32Array;
    expect(Math.max(...recurrent.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(32));
    expect(spread(recurrent)).toBeCloseTo(1 / Math.sqrt(3 * 32), 2);
    const none = initialNetwork(promptNetwork('none', 40, 64), { deviation: 0.05, random: new Random(1) });
    expect(spread(none.get('embedding.weight') as Float32Array)).toBeCloseTo(0.05, 2);
  });

  it('refuses an LSTM for embeddings of odd length', () => {
    expect(() => promptNetwork('lstm', 3, 5)).toThrow(/even length, the model's have 5/);
  });
});
