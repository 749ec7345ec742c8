import * as g from '../../src/graph/index.ts';
import { at, erf, fromCoordinates, map, type NdArray, sum } from './array.ts';
import { type CaseInput, floats, type OperatorCase, pick } from './operator-case.ts';

/** Inference operators: forward only. */
const gelu = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

function normalizedRows(x: NdArray, gamma: NdArray, beta: NdArray, epsilon: number): NdArray {
  const width = x.shape.at(-1) as number;
  const indices = Array.from({ length: width }, (_, i) => i);
  return fromCoordinates(x.shape, (c) => {
    const row = indices.map((i) => at(x, c.with(-1, i)));
    const mean = sum(row) / width;
    const variance = sum(row.map((value) => (value - mean) ** 2)) / width;
    const [last] = c.slice(-1) as [number];
    return ((at(x, c) - mean) / Math.sqrt(variance + epsilon)) * at(gamma, [last]) + at(beta, [last]);
  });
}

function biased(
  name: string,
  build: (x: g.Tensor, bias: g.Tensor) => g.Tensor,
  f: (x: number) => number,
): OperatorCase {
  return {
    name,
    draw(random) {
      const shape = random.shape(3);
      return {
        inputs: { x: floats(random, shape), bias: floats(random, shape.slice(-1)) },
        build: (t) => build(pick(t, 'x'), pick(t, 'bias')),
        expected: (arrays) => map((x, b) => f((x as number) + (b as number)), pick(arrays, 'x'), pick(arrays, 'bias')),
        differentiable: [],
        tolerance: 1e-5,
      };
    },
  };
}

/** Head by head in plain loops; `lengths`, `mask` and `bias` may be missing. */
function attention(arrays: Readonly<Record<string, NdArray>>, heads: number, scale: number): NdArray {
  const [q, k, v] = [pick(arrays, 'q'), pick(arrays, 'k'), pick(arrays, 'v')];
  const [, time = 0, width = 0] = q.shape;
  const size = width / heads;
  const times = Array.from({ length: time }, (_, i) => i);
  return fromCoordinates(q.shape, ([b = 0, i = 0, column = 0]) => {
    const head = Math.floor(column / size);
    const dims = Array.from({ length: size }, (_, d) => head * size + d);
    const scores = times.map((j) => {
      const padding = arrays['mask']
        ? at(arrays['mask'], [b, j]) === 0
        : j >= (arrays['lengths'] ? at(arrays['lengths'], [b]) : time);
      const bias = arrays['bias'] ? at(arrays['bias'], [b, head, i, j]) : 0;
      return padding ? -Infinity : scale * sum(dims.map((d) => at(q, [b, i, d]) * at(k, [b, j, d]))) + bias;
    });
    const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
    return sum(times.map((j) => (weights[j] as number) * at(v, [b, j, column]))) / sum(weights);
  });
}

function attentionCase(
  name: string,
  options: { scale?: number; lengths?: boolean; bias?: boolean; mask?: boolean },
): OperatorCase {
  return {
    name,
    webgpu: !options.lengths,
    draw(random) {
      const [batch, time, heads] = [random.integer(1, 3), random.integer(1, 5), random.integer(1, 3)];
      const shape = [batch, time, heads * 4];
      const one = (): CaseInput => ({ ...floats(random, shape), fixed: [2] });
      const lengths = { shape: [batch], data: Int32Array.from({ length: batch }, () => random.integer(1, time)) };
      return {
        inputs: {
          q: one(),
          k: one(),
          v: one(),
          ...(options.lengths ? { lengths } : {}),
          ...(options.mask
            ? {
                mask: {
                  shape: [batch, time],
                  data: BigInt64Array.from({ length: batch * time }, (_, i) =>
                    i % time < (lengths.data[Math.floor(i / time)] ?? 0) ? 1n : 0n,
                  ),
                },
              }
            : {}),
          ...(options.bias ? { bias: floats(random, [1, heads, time, time]) } : {}),
        },
        build: (t) =>
          g.multiHeadAttention(pick(t, 'q'), pick(t, 'k'), pick(t, 'v'), {
            heads,
            ...(options.scale === undefined ? {} : { scale: options.scale }),
            ...(t['lengths'] ? { keyLengths: t['lengths'] } : {}),
            ...(t['bias'] ? { bias: t['bias'] } : {}),
            ...(t['mask'] ? { bias: g.paddingBias(t['mask']) } : {}),
          }),
        expected: (arrays) => attention(arrays, heads, options.scale ?? 0.5),
        differentiable: [],
        tolerance: 1e-5,
      };
    },
  };
}

/** Rows before the batch: [T, B, heads, K]. */
function rowsFirst(name: string, options: { rowsFirst: boolean; transB: boolean; alpha: number }): OperatorCase {
  return {
    name,
    webgpu: false,
    draw(random) {
      const [batch, heads, m, k, n] = Array.from({ length: 5 }, () => random.integer(1, 4)) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const b = options.transB ? [n, batch, heads, k] : [k, batch, heads, n];
      return {
        inputs: {
          a: floats(random, options.rowsFirst ? [m, batch, heads, k] : [batch, heads, m, k]),
          b: floats(random, b),
        },
        build: (t) => g.matMulRowsFirst(pick(t, 'a'), pick(t, 'b'), options),
        expected: (arrays) => {
          const [left, right] = [pick(arrays, 'a'), pick(arrays, 'b')];
          const inner = Array.from({ length: k }, (_, i) => i);
          return fromCoordinates([batch, heads, m, n], ([p = 0, head = 0, row = 0, column = 0]) => {
            const products = inner.map(
              (i) =>
                at(left, options.rowsFirst ? [row, p, head, i] : [p, head, row, i]) *
                at(right, options.transB ? [column, p, head, i] : [i, p, head, column]),
            );
            return options.alpha * sum(products);
          });
        },
        differentiable: [],
      };
    },
  };
}

/** Processors without VNNI add two products of bytes in 16 bits, where 2 * 255 * 63 just fits. */
const SEVEN_BITS = 63;

export const fusedCases: readonly OperatorCase[] = [
  rowsFirst('scores of rows before the batch', { rowsFirst: true, transB: true, alpha: 0.3 }),
  rowsFirst('mixtures of rows before the batch', { rowsFirst: false, transB: false, alpha: 1 }),
  biased('biasGelu', g.biasGelu, gelu),
  biased('biasGeluNew', g.biasGeluNew, tanhGelu),
  attentionCase('multiHeadAttention', {}),
  attentionCase('multiHeadAttention with padding', { lengths: true, scale: 0.3 }),
  attentionCase('multiHeadAttention with a bias of positions', { bias: true }),
  attentionCase('multiHeadAttention with paddingBias', { mask: true }),
  attentionCase('multiHeadAttention with padding and bias', { lengths: true, bias: true }),
  {
    name: 'skipLayerNormalization',
    draw(random) {
      const width = random.integer(3, 6);
      const shape = [random.integer(1, 3), random.integer(1, 3), width];
      const vector = (): CaseInput => floats(random, [width]);
      const withBias = random.uniform() < 0.5;
      return {
        inputs: {
          x: floats(random, shape),
          residual: floats(random, shape),
          gamma: vector(),
          beta: vector(),
          ...(withBias ? { bias: vector() } : {}),
        },
        build: (t) =>
          g.skipLayerNormalization(pick(t, 'x'), pick(t, 'residual'), pick(t, 'gamma'), pick(t, 'beta'), {
            epsilon: 1e-3,
            ...(t['bias'] ? { bias: t['bias'] } : {}),
          }),
        expected: (arrays) => {
          const zero: NdArray = { shape: [], data: [0] };
          const total = map(
            (x, residual, bias) => (x as number) + (residual as number) + (bias as number),
            pick(arrays, 'x'),
            pick(arrays, 'residual'),
            arrays['bias'] ?? zero,
          );
          return normalizedRows(total, pick(arrays, 'gamma'), pick(arrays, 'beta'), 1e-3);
        },
        differentiable: [],
        tolerance: 1e-5,
      };
    },
  },
  {
    name: 'dynamicQuantizeMatMul',
    draw(random) {
      const [rows, k, n] = [random.integer(1, 4), random.integer(4, 16), random.integer(1, 6)];
      const scales = Float32Array.from({ length: n }, () => random.between(0.005, 0.02));
      const weights = Int8Array.from({ length: k * n }, () => random.integer(-SEVEN_BITS, SEVEN_BITS));
      return {
        inputs: {
          x: floats(random, [1, rows, k]),
          w: { shape: [k, n], data: weights },
          scale: { shape: [n], data: scales },
          bias: floats(random, [n]),
        },
        build: (t) =>
          g.dynamicQuantizeMatMul(pick(t, 'x'), pick(t, 'w'), { scale: pick(t, 'scale'), bias: pick(t, 'bias') }),
        expected: (arrays) =>
          fromCoordinates([1, rows, n], ([, row = 0, column = 0]) => {
            const indices = Array.from({ length: k }, (_, i) => i);
            const weight = (i: number): number =>
              at(pick(arrays, 'w'), [i, column]) * at(pick(arrays, 'scale'), [column]);
            return (
              sum(indices.map((i) => at(pick(arrays, 'x'), [0, row, i]) * weight(i))) +
              at(pick(arrays, 'bias'), [column])
            );
          }),
        differentiable: [],
        // 8 bits for values in (−2, 2).
        tolerance: 0.03,
      };
    },
  },
  {
    name: 'dynamicQuantizeLinear, matMulInteger and dequantizeLinear',
    draw(random) {
      const [rows, k, n] = [random.integer(1, 4), random.integer(2, 8), random.integer(1, 4)];
      const weights = Int8Array.from({ length: k * n }, () => random.integer(-SEVEN_BITS, SEVEN_BITS));
      return {
        inputs: { x: floats(random, [rows, k]), w: { shape: [k, n], data: weights } },
        build: (t) => {
          const { y, scale, zeroPoint } = g.dynamicQuantizeLinear(pick(t, 'x'));
          const product = g.cast(g.matMulInteger(y, pick(t, 'w'), zeroPoint), 'float32');
          const again = g.dequantizeLinear(y, scale, zeroPoint);
          return g.concat([g.mul(product, scale), again], 1);
        },
        expected: (arrays) =>
          fromCoordinates([rows, n + k], ([row = 0, column = 0]) => {
            if (column >= n) return at(pick(arrays, 'x'), [row, column - n]);
            const indices = Array.from({ length: k }, (_, i) => i);
            return sum(indices.map((i) => at(pick(arrays, 'x'), [row, i]) * at(pick(arrays, 'w'), [i, column])));
          }),
        differentiable: [],
        tolerance: 0.03,
      };
    },
  },
  {
    name: 'quantizeLinear with a step for each row',
    draw(random) {
      const [rows, k] = [random.integer(1, 4), random.integer(2, 8)];
      const zeroPoint = random.integer(0, 255);
      return {
        inputs: {
          x: floats(random, [rows, k]),
          steps: floats(random, [rows], 0.01, 0.04),
          zeros: { shape: [rows], data: new Uint8Array(rows).fill(zeroPoint) },
        },
        build: (t) => g.cast(g.quantizeLinear(pick(t, 'x'), pick(t, 'steps'), pick(t, 'zeros'), 0), 'float32'),
        expected: (arrays) =>
          fromCoordinates([rows, k], ([row = 0, column = 0]) => {
            const ratio = Math.fround(at(pick(arrays, 'x'), [row, column]) / at(pick(arrays, 'steps'), [row]));
            return Math.max(0, Math.min(255, roundHalfToEven(ratio) + zeroPoint));
          }),
        differentiable: [],
        tolerance: 1e-5,
      };
    },
  },
  {
    name: 'quantizeLinear and matMulIntegerToFloat',
    draw(random) {
      const [rows, k, n] = [random.integer(1, 4), random.integer(2, 8), random.integer(1, 4)];
      const zeroPoint = random.integer(0, 255);
      return {
        inputs: {
          x: floats(random, [rows, k]),
          step: { shape: [], data: Float32Array.of(0.02) },
          zero: { shape: [], data: Uint8Array.of(zeroPoint) },
          w: { shape: [k, n], data: Int8Array.from({ length: k * n }, () => random.integer(-63, 63)) },
          scale: floats(random, [n], 0.005, 0.02),
          bias: floats(random, [n]),
        },
        build: (t) => {
          const [scale, zero] = [pick(t, 'step'), pick(t, 'zero')];
          const y = g.quantizeLinear(pick(t, 'x'), scale, zero);
          return g.matMulIntegerToFloat({ y, scale, zeroPoint: zero }, pick(t, 'w'), pick(t, 'scale'), pick(t, 'bias'));
        },
        expected: (arrays) =>
          fromCoordinates([rows, n], ([row = 0, column = 0]) => {
            const terms = Array.from({ length: k }, (_, i) => {
              const steps =
                roundHalfToEven(Math.fround(at(pick(arrays, 'x'), [row, i]) / Math.fround(0.02))) + zeroPoint;
              const kept = Math.max(0, Math.min(255, steps)) - zeroPoint;
              return kept * Math.fround(0.02) * at(pick(arrays, 'w'), [i, column]);
            });
            return sum(terms) * at(pick(arrays, 'scale'), [column]) + at(pick(arrays, 'bias'), [column]);
          }),
        differentiable: [],
        tolerance: 1e-5,
      };
    },
  },
];

function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
