import * as g from '../../src/graph/index.ts';
import { at, fromCoordinates, map, type NdArray, product, transposed } from './array.ts';
import { floats, type OperatorCase, pick } from './operator-case.ts';

/** op(a) · op(b) with leading axes that broadcast. */
function matrixProduct(
  name: string,
  transA: boolean,
  transB: boolean,
  alpha: number,
  sharedWeight = false,
): OperatorCase {
  return {
    name,
    draw(random) {
      const [m, k, n] = [random.integer(1, 4), random.integer(1, 4), random.integer(1, 4)];
      const lead = random.shape(random.integer(0, 2), 3);
      const other = sharedWeight ? [] : lead.map((dim) => (random.uniform() < 0.3 ? 1 : dim));
      const a = [...lead, ...(transA ? [k, m] : [m, k])];
      const b = [...other, ...(transB ? [n, k] : [k, n])];
      const last = (x: NdArray): NdArray => {
        const order = x.shape.map((_, i) => i);
        return transposed(x, [...order.slice(0, -2), ...order.slice(-2).toReversed()]);
      };
      return {
        inputs: { a: floats(random, a), b: floats(random, b) },
        build: (t) => g.fusedMatMul(pick(t, 'a'), pick(t, 'b'), { transA, transB, alpha }),
        expected: (arrays) => {
          const left = pick(arrays, 'a');
          const right = pick(arrays, 'b');
          const result = product(transA ? last(left) : left, transB ? last(right) : right);
          return map((value) => alpha * (value as number), result);
        },
      };
    },
  };
}

function linear(name: string, transposedWeight: boolean, bias: boolean): OperatorCase {
  return {
    name,
    draw(random) {
      const [k, n] = [random.integer(1, 4), random.integer(1, 4)];
      const x = [...random.shape(random.integer(1, 3), 3), k];
      return {
        inputs: {
          x: floats(random, x),
          w: floats(random, transposedWeight ? [n, k] : [k, n]),
          ...(bias ? { b: floats(random, [n]) } : {}),
        },
        build: (t) =>
          g.linear(pick(t, 'x'), pick(t, 'w'), bias ? pick(t, 'b') : undefined, { transposed: transposedWeight }),
        expected: (arrays) => {
          const w = pick(arrays, 'w');
          const y = product(pick(arrays, 'x'), transposedWeight ? transposed(w, [1, 0]) : w);
          return bias ? map((value, b) => (value as number) + (b as number), y, pick(arrays, 'b')) : y;
        },
      };
    },
  };
}

export const matmulCases: readonly OperatorCase[] = [
  matrixProduct('matMul', false, false, 1),
  matrixProduct('matMul with one weight for the batch', false, false, 1, true),
  matrixProduct('fusedMatMul transB', false, true, 0.5),
  matrixProduct('fusedMatMul transB with one weight for the batch', false, true, 0.5, true),
  matrixProduct('fusedMatMul transA', true, false, 2),
  matrixProduct('fusedMatMul transA with one weight for the batch', true, false, 2, true),
  matrixProduct('fusedMatMul transA transB', true, true, -1),
  linear('linear', false, true),
  linear('linear with a weight as PyTorch stores it', true, true),
  linear('linear without bias', true, false),
  ...[false, true].flatMap((transA) =>
    [false, true].map(
      (transB): OperatorCase => ({
        name: `gemm transA ${transA} transB ${transB}`,
        draw(random) {
          const [m, k, n] = [random.integer(1, 4), random.integer(1, 4), random.integer(1, 4)];
          const c = ([[m, n], [n], [1, n], [m, 1], []] as number[][])[random.integer(0, 4)] as number[];
          return {
            inputs: {
              a: floats(random, transA ? [k, m] : [m, k]),
              b: floats(random, transB ? [n, k] : [k, n]),
              c: floats(random, c),
            },
            build: (t) => g.gemm(pick(t, 'a'), pick(t, 'b'), pick(t, 'c'), { transA, transB, alpha: 1.5 }),
            expected: (arrays) => {
              const [a, b] = [pick(arrays, 'a'), pick(arrays, 'b')];
              const y = product(transA ? transposed(a, [1, 0]) : a, transB ? transposed(b, [1, 0]) : b);
              return map((value, add) => 1.5 * (value as number) + (add as number), y, pick(arrays, 'c'));
            },
          };
        },
      }),
    ),
  ),
  {
    name: 'dot',
    draw(random) {
      const shape = random.shape(3);
      return {
        inputs: { a: floats(random, shape), b: floats(random, shape) },
        build: (t) => g.dot(pick(t, 'a'), pick(t, 'b')),
        expected: (arrays) =>
          fromCoordinates(shape.slice(0, -1), (c) =>
            Array.from(
              { length: shape[2] as number },
              (_, i) => at(pick(arrays, 'a'), [...c, i]) * at(pick(arrays, 'b'), [...c, i]),
            ).reduce((x, y) => x + y, 0),
          ),
      };
    },
  },
];
