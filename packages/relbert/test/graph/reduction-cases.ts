import * as g from '../../src/graph/index.ts';
import { map, type NdArray, reduce, sum, withoutAxes } from './array.ts';
import { floats, type OperatorCase, pick } from './operator-case.ts';

const logSumExp = (values: readonly number[]): number => {
  const top = Math.max(...values);
  return top + Math.log(sum(values.map((value) => Math.exp(value - top))));
};

function reduction(
  name: string,
  build: (x: g.Tensor, axes: number[] | undefined, options: g.ReduceOptions) => g.Tensor,
  f: (values: number[]) => number,
): OperatorCase {
  return {
    name,
    draw(random) {
      const rank = random.integer(1, 4);
      const shape = random.shape(rank, 3);
      const chosen = shape.map((_, axis) => axis).filter(() => random.uniform() < 0.5);
      const axes = chosen.length > 0 ? chosen : undefined;
      const reduced = axes ?? shape.map((_, axis) => axis);
      const keepDims = random.uniform() < 0.5;
      return {
        inputs: { x: { shape, data: random.distinct(shape, 0.4) } },
        // Negative axes count from the end.
        build: (t) =>
          build(
            pick(t, 'x'),
            axes?.map((axis) => axis - rank),
            { keepDims },
          ),
        expected: (arrays) => {
          const kept = reduce(pick(arrays, 'x'), reduced, f);
          return keepDims ? kept : withoutAxes(kept, reduced);
        },
      };
    },
  };
}

/** An operator that keeps the shape and looks along one axis. */
function along(
  name: string,
  build: (x: g.Tensor, axis: number) => g.Tensor,
  f: (x: NdArray, axis: number) => NdArray,
  range: [number, number] = [-2, 2],
): OperatorCase {
  return {
    name,
    draw(random) {
      const shape = random.shape(random.integer(1, 3));
      const axis = random.integer(0, shape.length - 1);
      return {
        inputs: { x: floats(random, shape, ...range) },
        build: (t) => build(pick(t, 'x'), axis),
        expected: (arrays) => f(pick(arrays, 'x'), axis),
      };
    },
  };
}

const softmax = (x: NdArray, axis: number): NdArray =>
  map((value, total) => Math.exp((value as number) - (total as number)), x, reduce(x, [axis], logSumExp));

export const reductionCases: readonly OperatorCase[] = [
  reduction('reduceSum', g.reduceSum, sum),
  reduction('reduceMean', g.reduceMean, (values) => sum(values) / values.length),
  reduction('reduceMax', g.reduceMax, (values) => Math.max(...values)),
  reduction('reduceMin', g.reduceMin, (values) => Math.min(...values)),
  reduction('reduceL2', g.reduceL2, (values) => Math.hypot(...values)),
  reduction('logSumExp', g.logSumExp, logSumExp),
  {
    name: 'logSumExp of large numbers',
    draw: () => ({
      inputs: { x: { shape: [2, 3], data: Float32Array.of(1000, 999, 500, -1000, -1001, -3000) } },
      build: (t) => g.logSumExp(pick(t, 'x'), 1),
      expected: (arrays) => withoutAxes(reduce(pick(arrays, 'x'), [1], logSumExp), [1]),
      differentiable: [],
    }),
  },
  along('softmax', g.softmax, softmax),
  along('softmax of large numbers', g.softmax, softmax, [500, 503]),
  along('logSoftmax', g.logSoftmax, (x, axis) => map((value) => Math.log(value as number), softmax(x, axis))),
  along('l2Normalize', g.l2Normalize, (x, axis) =>
    map(
      (value, norm) => (value as number) / (norm as number),
      x,
      reduce(x, [axis], (values) => Math.hypot(...values)),
    ),
  ),
  {
    name: 'l2Normalize of rows shorter than epsilon',
    draw: (random) => ({
      inputs: { x: floats(random, [2, 3]) },
      build: (t) => g.l2Normalize(pick(t, 'x'), -1, 100),
      expected: (arrays) => map((value) => (value as number) / 100, pick(arrays, 'x')),
    }),
  },
  {
    name: 'layerNormalization',
    draw(random) {
      const width = random.integer(3, 6);
      const shape = [...random.shape(random.integer(0, 2), 3), width];
      const epsilon = 1e-3;
      return {
        inputs: {
          x: { shape, data: random.distinct(shape, 0.4) },
          gamma: floats(random, [width]),
          beta: floats(random, [width]),
        },
        build: (t) => g.layerNormalization(pick(t, 'x'), pick(t, 'gamma'), pick(t, 'beta'), epsilon),
        expected: (arrays) => {
          const x = pick(arrays, 'x');
          const axis = [shape.length - 1];
          const mean = reduce(x, axis, (values) => sum(values) / values.length);
          const centred = map((value, middle) => (value as number) - (middle as number), x, mean);
          const variance = reduce(centred, axis, (values) => sum(values.map((value) => value ** 2)) / values.length);
          return map(
            (value, spread, gamma, beta) =>
              ((value as number) / Math.sqrt((spread as number) + epsilon)) * (gamma as number) + (beta as number),
            centred,
            variance,
            pick(arrays, 'gamma'),
            pick(arrays, 'beta'),
          );
        },
        tolerance: 1e-5,
      };
    },
  },
];
