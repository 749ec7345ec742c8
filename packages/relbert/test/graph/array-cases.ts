import * as g from '../../src/graph/index.ts';
import { at, fromCoordinates, ndArray, transposed } from './array.ts';
import { type CaseInput, floats, type OperatorCase, pick } from './operator-case.ts';
import type { TestRandom } from './random.ts';

function indices(random: TestRandom, shape: readonly number[], dimension: number): CaseInput {
  const size = shape.reduce((total, dim) => total * dim, 1);
  return { shape, data: BigInt64Array.from({ length: size }, () => BigInt(random.integer(0, dimension - 1))) };
}

function shuffled(random: TestRandom, count: number): number[] {
  return Array.from({ length: count }, (_, i) => ({ i, key: random.uniform() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ i }) => i);
}

/** Same elements, other shape. */
function reshaping(
  name: string,
  shape: (random: TestRandom) => number[],
  build: (x: g.Tensor) => g.Tensor,
  result: (shape: readonly number[]) => number[],
  fixed: readonly number[] = [],
): OperatorCase {
  return {
    name,
    draw(random) {
      const from = shape(random);
      return {
        inputs: { x: { ...floats(random, from), fixed } },
        build: (t) => build(pick(t, 'x')),
        expected: (arrays) => ndArray(result(from), pick(arrays, 'x').data),
      };
    },
  };
}

function gatherCase(axis: number): OperatorCase {
  return {
    name: `gather along axis ${axis}`,
    draw(random) {
      const shape = random.shape(3);
      const dimension = shape.at(axis) as number;
      const position = axis < 0 ? axis + 3 : axis;
      const index = indices(random, random.shape(random.integer(0, 2), 3), dimension);
      return {
        inputs: { x: { ...floats(random, shape), fixed: [position] }, index },
        build: (t) => g.gather(pick(t, 'x'), pick(t, 'index'), axis),
        expected: (arrays) => {
          const result = [...shape.slice(0, position), ...index.shape, ...shape.slice(position + 1)];
          const rank = index.shape.length;
          return fromCoordinates(result, (coordinate) => {
            const chosen = at(pick(arrays, 'index'), coordinate.slice(position, position + rank));
            return at(pick(arrays, 'x'), [
              ...coordinate.slice(0, position),
              chosen,
              ...coordinate.slice(position + rank),
            ]);
          });
        },
      };
    },
  };
}

function sliceCase(name: string, options: (dimension: number) => { start?: number; end?: number }): OperatorCase {
  return {
    name,
    draw(random) {
      const shape = [random.integer(1, 3), random.integer(3, 5), random.integer(1, 3)];
      const dimension = shape[1] as number;
      const bounds = options(dimension);
      const from = (bounds.start ?? 0) < 0 ? dimension + (bounds.start as number) : (bounds.start ?? 0);
      const to = bounds.end === undefined ? dimension : bounds.end < 0 ? dimension + bounds.end : bounds.end;
      return {
        inputs: { x: floats(random, shape) },
        build: (t) => g.slice(pick(t, 'x'), { axis: 1, ...bounds }),
        expected: (arrays) =>
          fromCoordinates([shape[0] as number, to - from, shape[2] as number], ([i = 0, j = 0, k = 0]) =>
            at(pick(arrays, 'x'), [i, j + from, k]),
          ),
      };
    },
  };
}

export const arrayCases: readonly OperatorCase[] = [
  {
    name: 'transpose',
    draw(random) {
      const rank = random.integer(2, 4);
      const order = random.uniform() < 0.3 ? undefined : shuffled(random, rank);
      const axes = order ?? [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];
      return {
        inputs: { x: floats(random, random.shape(rank, 3)) },
        build: (t) => g.transpose(pick(t, 'x'), order),
        expected: (arrays) => transposed(pick(arrays, 'x'), axes),
      };
    },
  },
  reshaping(
    'reshape to heads',
    (r) => [r.integer(1, 3), r.integer(1, 3), 6],
    (x) => g.reshape(x, [...x.shape.slice(0, 2), 2, -1]),
    ([b = 0, t = 0, h = 0]) => [b, t, 2, h / 2],
    [2],
  ),
  reshaping(
    'reshape -1',
    (r) => r.shape(3),
    (x) => g.reshape(x, [-1, x.shape[2] as g.Dim]),
    ([b = 0, t = 0, h = 0]) => [b * t, h],
  ),
  reshaping(
    'reshape to a vector',
    (r) => r.shape(r.integer(0, 3)),
    (x) => g.reshape(x, [-1]),
    (shape) => [shape.reduce((a, b) => a * b, 1)],
  ),
  reshaping(
    'flatten',
    (r) => r.shape(4, 3),
    (x) => g.flatten(x, 1, 2),
    ([a = 0, b = 0, c = 0, d = 0]) => [a, b * c, d],
  ),
  reshaping(
    'reshapeLike after flatten',
    (r) => r.shape(3),
    (x) => g.reshapeLike(g.mul(g.flatten(x), g.scalar(1)), x),
    (shape) => [...shape],
  ),
  reshaping(
    'unsqueeze',
    (r) => r.shape(2),
    (x) => g.unsqueeze(x, 0, -1),
    ([a = 0, b = 0]) => [1, a, b, 1],
  ),
  reshaping(
    'squeeze',
    (r) => [1, r.integer(1, 4), 1],
    (x) => g.squeeze(x, 0, -1),
    ([, b = 0]) => [b],
  ),
  {
    name: 'concat',
    draw(random) {
      const [i, k] = [random.integer(1, 3), random.integer(1, 3)];
      const parts = Array.from({ length: random.integer(1, 3) }, () => floats(random, [i, random.integer(1, 3), k]));
      return {
        inputs: Object.fromEntries(parts.map((part, n) => [`p${n}`, part])),
        build: (t) =>
          g.concat(
            parts.map((_, n) => pick(t, `p${n}`)),
            1,
          ),
        expected: (arrays) => {
          const rows = parts.flatMap(({ shape }, n) =>
            Array.from({ length: shape[1] as number }, (_, row) => ({ n, row })),
          );
          return fromCoordinates([i, rows.length, k], ([a = 0, b = 0, c = 0]) =>
            at(pick(arrays, `p${rows[b]?.n}`), [a, rows[b]?.row ?? 0, c]),
          );
        },
      };
    },
  },
  {
    name: 'split, one part unused',
    draw(random) {
      const sizes = [random.integer(1, 3), random.integer(1, 2), random.integer(1, 3)];
      const [one = 0, two = 0, three = 0] = sizes;
      const columns = random.integer(1, 3);
      return {
        inputs: { x: floats(random, [one + two + three, columns]) },
        build: (t) => {
          const [first, , last] = g.split(pick(t, 'x'), sizes, 0);
          return g.concat([last as g.Tensor, g.square(first as g.Tensor)]);
        },
        expected: (arrays) =>
          fromCoordinates([one + three, columns], ([row = 0, column = 0]) =>
            row < three
              ? at(pick(arrays, 'x'), [one + two + row, column])
              : at(pick(arrays, 'x'), [row - three, column]) ** 2,
          ),
      };
    },
  },
  sliceCase('slice from a start', () => ({ start: 1 })),
  sliceCase('slice to an end', () => ({ end: 2 })),
  sliceCase('slice the middle', () => ({ start: 1, end: 3 })),
  sliceCase('slice the last', () => ({ start: -2 })),
  sliceCase('slice without the last', () => ({ end: -1 })),
  sliceCase('slice between the ends', () => ({ start: 1, end: -1 })),
  sliceCase('slice before the last', () => ({ start: -3, end: -1 })),
  {
    name: 'leading',
    draw(random) {
      const shape = random.shape(2, 4);
      const [rows = 1, width = 1] = shape;
      const kept = random.integer(1, rows);
      return {
        inputs: { x: { ...floats(random, shape), fixed: [0, 1] }, like: floats(random, [kept]) },
        build: (t) => {
          const like = pick(t, 'like');
          return g.leading(pick(t, 'x'), like.shape[0] ?? kept, [like]);
        },
        expected: (arrays) => fromCoordinates([kept, width], (coordinate) => at(pick(arrays, 'x'), coordinate)),
        differentiable: ['x'],
      };
    },
  },
  {
    name: 'expand',
    draw(random) {
      const shape = random.shape(3, 3);
      const thin = shape.map((dim) => (random.uniform() < 0.5 ? 1 : dim)).slice(random.integer(0, 1));
      return {
        inputs: { x: floats(random, thin), like: floats(random, shape) },
        build: (t) => g.expand(pick(t, 'x'), pick(t, 'like').shape, [pick(t, 'like')]),
        expected: (arrays) => fromCoordinates(shape, (coordinate) => at(pick(arrays, 'x'), coordinate)),
        differentiable: ['x'],
      };
    },
  },
  gatherCase(0),
  gatherCase(1),
  gatherCase(-1),
  {
    name: 'oneHot',
    draw(random) {
      const index = indices(random, random.shape(2), 5);
      return {
        inputs: { index },
        build: (t) => g.oneHot(pick(t, 'index'), 5),
        expected: (arrays) =>
          fromCoordinates([...index.shape, 5], (c) => (at(pick(arrays, 'index'), c.slice(0, -1)) === c.at(-1) ? 1 : 0)),
      };
    },
  },
  {
    name: 'cumSum',
    draw(random) {
      const shape = random.shape(3);
      const axis = random.integer(0, 2);
      return {
        inputs: { x: floats(random, shape) },
        build: (t) => g.cumSum(pick(t, 'x'), axis),
        expected: (arrays) =>
          fromCoordinates(shape, (c) => {
            let total = 0;
            for (let i = 0; i <= (c[axis] as number); i++) total += at(pick(arrays, 'x'), c.with(axis, i));
            return total;
          }),
      };
    },
  },
  {
    name: 'cumSum of integers',
    draw(random) {
      const index = indices(random, random.shape(2), 9);
      return {
        inputs: { index },
        build: (t) => g.cast(g.cumSum(pick(t, 'index'), -1), 'float32'),
        expected: (arrays) =>
          fromCoordinates(index.shape, ([row = 0, column = 0]) => {
            let total = 0;
            for (let i = 0; i <= column; i++) total += at(pick(arrays, 'index'), [row, i]);
            return total;
          }),
      };
    },
  },
  {
    name: 'topK and argMax',
    draw(random) {
      const shape = [random.integer(1, 3), random.integer(3, 6)];
      const values = { shape, data: random.distinct(shape) };
      return {
        inputs: { x: values },
        build: (t) => {
          const best = g.topK(pick(t, 'x'), 2);
          const first = g.unsqueeze(g.argMax(pick(t, 'x')), -1);
          return g.concat([best.values, g.cast(best.indices, 'float32'), g.cast(first, 'float32')], 1);
        },
        expected: (arrays) => {
          const x = pick(arrays, 'x');
          const columns = Array.from({ length: shape[1] as number }, (_, i) => i);
          return fromCoordinates([shape[0] as number, 5], ([row = 0, column = 0]) => {
            const order = columns.toSorted((i, j) => at(x, [row, j]) - at(x, [row, i]));
            const [one = 0, two = 0] = order;
            return [at(x, [row, one]), at(x, [row, two]), one, two, one][column] as number;
          });
        },
        differentiable: [],
      };
    },
  },
  {
    name: 'range, diagonal, eye, shapeOf and filled of a dimension of x',
    draw(random) {
      const shape = random.shape(2, 5);
      const [rows = 0, columns = 0] = shape;
      return {
        inputs: { x: floats(random, shape) },
        build: (t) => {
          const x = pick(t, 'x');
          const count = x.shape[0] as g.Dim;
          const parts = [
            g.unsqueeze(g.cast(g.range(count, [x]), 'float32'), 1),
            g.eye(count, [x]),
            g.filled(0.5, x.shape, [x]),
            g.expand(g.unsqueeze(g.cast(g.shapeOf(x), 'float32'), 0), [count, 2], [x]),
          ];
          return g.concat(parts, 1);
        },
        expected: () =>
          fromCoordinates([rows, 1 + rows + columns + 2], ([i = 0, j = 0]) => {
            if (j === 0) return i;
            if (j <= rows) return i === j - 1 ? 1 : 0;
            return j <= rows + columns ? 0.5 : (shape[j - rows - columns - 1] as number);
          }),
        differentiable: [],
      };
    },
  },
];
