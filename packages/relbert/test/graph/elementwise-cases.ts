import * as g from '../../src/graph/index.ts';
import { erf, map } from './array.ts';
import { type CaseInput, floats, type OperatorCase, pick, unary } from './operator-case.ts';
import type { TestRandom } from './random.ts';

const normal = (x: number): number => 0.5 * (1 + erf(x * Math.SQRT1_2));
const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const truth = (value: boolean): number => (value ? 1 : 0);

/** Two float inputs that broadcast. */
function binary(
  name: string,
  build: (a: g.Tensor, b: g.Tensor) => g.Tensor,
  f: (a: number, b: number) => number,
  draw: (random: TestRandom, shape: readonly number[]) => CaseInput = floats,
  options: { gradient?: boolean } = {},
): OperatorCase {
  return {
    name,
    draw(random) {
      const [left, right] = random.broadcastPair();
      return {
        inputs: { a: floats(random, left), b: draw(random, right) },
        build: (tensors) => build(pick(tensors, 'a'), pick(tensors, 'b')),
        expected: (arrays) => map(f as (...values: number[]) => number, pick(arrays, 'a'), pick(arrays, 'b')),
        ...(options.gradient === false ? { differentiable: [] } : {}),
      };
    },
  };
}

const awayFromZero = (random: TestRandom, shape: readonly number[]): CaseInput => ({
  shape,
  data: random.floats(shape, 0.5, 2).map((value) => (random.uniform() < 0.5 ? value : -value)),
});

/** Comparisons as 0 and 1, of numbers that are often equal. */
function comparison(
  name: string,
  build: (a: g.Tensor, b: g.Tensor) => g.Tensor,
  f: (a: number, b: number) => boolean,
): OperatorCase {
  return {
    name,
    draw(random) {
      const [left, right] = random.broadcastPair();
      const whole = (shape: readonly number[]) => ({ shape, data: random.floats(shape).map(Math.round) });
      return {
        inputs: { a: whole(left), b: whole(right) },
        build: (tensors) => g.cast(build(pick(tensors, 'a'), pick(tensors, 'b')), 'float32'),
        expected: (arrays) => map((a, b) => truth(f(a as number, b as number)), pick(arrays, 'a'), pick(arrays, 'b')),
        differentiable: [],
      };
    },
  };
}

const positive = (x: g.Tensor): g.Tensor => g.greaterThan(x, 0);

export const elementwiseCases: readonly OperatorCase[] = [
  binary('add', g.add, (a, b) => a + b),
  binary('sub', g.sub, (a, b) => a - b),
  binary('mul', g.mul, (a, b) => a * b),
  binary('div', g.div, (a, b) => a / b, awayFromZero),
  binary('maximum', g.maximum, Math.max),
  binary('minimum', g.minimum, Math.min),
  unary('neg', g.neg, (x) => -x),
  unary('exp', g.exp, Math.exp),
  unary('log', g.log, Math.log, { low: 0.3, high: 3 }),
  unary('sqrt', g.sqrt, Math.sqrt, { low: 0.3, high: 3 }),
  unary('reciprocal', g.reciprocal, (x) => 1 / x, { low: 0.5, high: 3 }),
  unary('square', g.square, (x) => x * x),
  unary(
    'pow 3',
    (x) => g.pow(x, 3),
    (x) => x ** 3,
  ),
  unary(
    'pow 1.5',
    (x) => g.pow(x, 1.5),
    (x) => x ** 1.5,
    { low: 0.3, high: 3 },
  ),
  unary(
    'pow 2',
    (x) => g.pow(x, 2),
    (x) => x ** 2,
  ),
  unary('abs', g.abs, Math.abs, { distinct: true }),
  unary('sign', g.sign, Math.sign, { distinct: true, gradient: false }),
  unary('erf', g.erf, erf),
  unary('tanh', g.tanh, Math.tanh),
  unary('sin', g.sin, Math.sin),
  unary('cos', g.cos, Math.cos),
  unary('sigmoid', g.sigmoid, logistic),
  unary('relu', g.relu, (x) => Math.max(x, 0), { distinct: true }),
  unary(
    'leakyRelu',
    (x) => g.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
    { distinct: true },
  ),
  unary('silu', g.silu, (x) => x * logistic(x)),
  unary('gelu', g.gelu, (x) => x * normal(x), { low: -4, high: 4 }),
  unary('geluNew', g.geluNew, tanhGelu, { low: -4, high: 4 }),
  unary('softplus', g.softplus, (x) => Math.log1p(Math.exp(x)), { distinct: true }),
  unary('softplus far out', g.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), {
    low: -200,
    high: 200,
  }),
  unary('logSigmoid', g.logSigmoid, (x) => -Math.log1p(Math.exp(-x)), { distinct: true }),
  unary(
    'clip',
    (x) => g.clip(x, -0.42, 0.77),
    (x) => Math.min(Math.max(x, -0.42), 0.77),
    { distinct: true },
  ),
  unary('complement', g.complement, (x) => 1 - x),
  unary(
    'rename',
    (x) =>
      g.rename(
        g.square(
          g.rename(
            x,
            x.shape.map((_, i) => `axis${i}`),
          ),
        ),
        x.shape,
      ),
    (x) => x * x,
  ),
  unary(
    'mul by a mask that depends on x',
    (x) => g.mul(x, g.cast(positive(x), 'float32')),
    (x) => Math.max(x, 0),
    {
      distinct: true,
    },
  ),
  comparison('equal', g.equal, (a, b) => a === b),
  comparison('less', g.less, (a, b) => a < b),
  comparison('lessOrEqual', g.lessOrEqual, (a, b) => a <= b),
  comparison('greater', g.greater, (a, b) => a > b),
  comparison('greaterOrEqual', g.greaterOrEqual, (a, b) => a >= b),
  comparison(
    'and',
    (a, b) => g.and(positive(a), positive(b)),
    (a, b) => a > 0 && b > 0,
  ),
  comparison(
    'or',
    (a, b) => g.or(positive(a), g.lessThan(b, 0)),
    (a, b) => a > 0 || b < 0,
  ),
  comparison(
    'not',
    (a, b) => g.and(g.not(positive(a)), positive(b)),
    (a, b) => !(a > 0) && b > 0,
  ),
  {
    name: 'addAll',
    draw(random) {
      const [left, right] = random.broadcastPair();
      return {
        inputs: { a: floats(random, left), b: floats(random, right), c: floats(random, left) },
        build: (t) => g.addAll(pick(t, 'a'), pick(t, 'b'), pick(t, 'c')),
        expected: (arrays) =>
          map(
            (a, b, c) => (a as number) + (b as number) + (c as number),
            pick(arrays, 'a'),
            pick(arrays, 'b'),
            pick(arrays, 'c'),
          ),
      };
    },
  },
  {
    name: 'where',
    draw(random) {
      const [left, right] = random.broadcastPair();
      const shape = random.uniform() < 0.5 ? left : right;
      const condition = { shape, data: random.floats(shape).map(Math.round) };
      return {
        inputs: { condition, a: floats(random, left), b: floats(random, right) },
        build: (t) => g.where(positive(pick(t, 'condition')), pick(t, 'a'), pick(t, 'b')),
        expected: (arrays) =>
          map(
            (c, a, b) => ((c as number) > 0 ? (a as number) : (b as number)),
            pick(arrays, 'condition'),
            pick(arrays, 'a'),
            pick(arrays, 'b'),
          ),
        differentiable: ['a', 'b'],
      };
    },
  },
  {
    name: 'stopGradient: x · (x as a constant)',
    draw(random) {
      const shape = random.shape(2);
      return {
        inputs: { x: floats(random, shape) },
        build: (t) => g.mul(pick(t, 'x'), g.stopGradient(pick(t, 'x'))),
        expected: (arrays) => map((x) => (x as number) ** 2, pick(arrays, 'x')),
        differentiable: [],
      };
    },
  },
  {
    name: 'cast between floats and integers',
    draw(random) {
      const shape = random.shape(2);
      return {
        inputs: { x: { shape, data: random.distinct(shape, 0.7) } },
        build: (t) => g.cast(g.cast(pick(t, 'x'), 'int64'), 'float32'),
        expected: (arrays) => map((x) => Math.trunc(x as number), pick(arrays, 'x')),
        differentiable: [],
      };
    },
  },
];
