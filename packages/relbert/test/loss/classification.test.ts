import { describe, expect, it } from 'vitest';
import { input } from '../../src/graph/index.ts';
import { classificationLoss } from '../../src/loss/classification.ts';
import { LossGraph, matrix, rowInputs, vector } from './run-loss.ts';

type Vector = readonly [number, number];

async function classify(anchor: Vector, positive: Vector, negative: Vector, weight: readonly number[], bias = 0) {
  const inputs = rowInputs(['anchors', 'positives', 'negatives'], 2);
  const head = { weight: input('head.weight', 'float32', [6]), bias: input('head.bias', 'float32', [1]) };
  const wrt = [...Object.values(inputs), head.weight, head.bias];
  await using graph = await LossGraph.load(classificationLoss(inputs, head, 'mean'), wrt);
  return await graph.run({
    anchors: matrix([anchor]),
    positives: matrix([positive]),
    negatives: matrix([negative]),
    'head.weight': vector(weight),
    'head.bias': vector([bias]),
  });
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

describe('classification loss', () => {
  const weight = [0.5, -1, 0.25, 2, -1, 0.5];

  it('is −log g(a, p) − log(1 − g(a, n)) by hand', async () => {
    const { loss, gradients } = await classify([1, 2], [3, 1], [0, 4], weight, 0.1);
    // W · [1, 2, 3, 1, 2, 1] + b and W · [1, 2, 0, 4, 1, 2] + b
    const [p, n] = [0.5 - 2 + 0.75 + 2 - 2 + 0.5 + 0.1, 0.5 - 2 + 0 + 8 - 1 + 1 + 0.1];
    expect(loss).toBeCloseTo(-Math.log(sigmoid(p)) - Math.log(1 - sigmoid(n)), 4);
    // d/db = −(1 − g(a, p)) + g(a, n)
    expect(gradients[4]?.[0]).toBeCloseTo(sigmoid(p) - 1 + sigmoid(n), 5);
  });

  it('falls as the classifier finds the positive alike, and the negative not', async () => {
    const near = [0, 0, 0, 0, -1, -1]; // closeness counts as alike
    const at = async (p: number, n: number) => (await classify([0, 0], [p, 0], [n, 0], near, 1)).loss;
    expect(await at(0.5, 2)).toBeLessThan(await at(1, 2));
    expect(await at(1, 1.5)).toBeGreaterThan(await at(1, 2));
  });

  it('grows linearly and stays finite far on the wrong side', async () => {
    const { loss, gradients } = await classify([0, 0], [1, 0], [0, 0], [0, 0, -1e4, 0, 0, 0]);
    expect(loss).toBeCloseTo(1e4 + Math.log(2), 0);
    expect(gradients.flatMap((gradient) => [...gradient]).every(Number.isFinite)).toBe(true);
    const right = await classify([0, 0], [1, 0], [0, 0], [0, 0, 1e4, 0, 0, 0]);
    expect(right.loss).toBeCloseTo(Math.log(2), 5);
  });

  it('does not change when vectors grow and the weights shrink as much', async () => {
    const small = await classify([1, 2], [3, 1], [0, 4], weight);
    const large = await classify(
      [10, 20],
      [30, 10],
      [0, 40],
      weight.map((w) => w / 10),
    );
    expect(large.loss).toBeCloseTo(small.loss, 4);
  });

  it('has gradient 0 of |u − v| at u = v', async () => {
    const { gradients } = await classify([1, 1], [1, 1], [1, 1], [0, 0, 0, 0, 5, 5]);
    expect(
      gradients
        .slice(0, 3)
        .flatMap((gradient) => [...gradient])
        .map(Math.abs),
    ).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
