import { broadcastShape } from '../broadcast.ts';
import { formatShape, GraphError, nodeOf, scalar, type Tensor } from '../tensor.ts';
import { add, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { and, equal, greater, greaterOrEqual, lessOrEqual } from './compare.ts';
import { sumTo } from './sum.ts';

/** a where the bool condition holds, else b; all three broadcast. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  if (condition.dtype !== 'bool' || a.dtype !== b.dtype) {
    throw new GraphError(
      `where needs bool and two tensors of one type, got ${[condition, a, b].map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(', ')}`,
    );
  }
  return nodeOf({
    type: 'Where',
    inputs: [condition, a, b],
    dtype: a.dtype,
    shape: broadcastShape('where', condition.shape, broadcastShape('where', a.shape, b.shape)),
    gradient: (dy) => [undefined, sumTo(where(condition, dy, scalar(0)), a), sumTo(where(condition, scalar(0), dy), b)],
  });
}

/** The larger of two, broadcasting. Where both are equal each gets half of the gradient. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return extremum('Max', a, b, greater);
}

/** The smaller of two, broadcasting. Where both are equal each gets half of the gradient. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return extremum('Min', a, b, (left, right) => greater(right, left));
}

function extremum(type: string, a: Tensor, b: Tensor, wins: (a: Tensor, b: Tensor) => Tensor): Tensor {
  if (a.dtype !== b.dtype) {
    throw new GraphError(
      `${type}: types differ: ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    );
  }
  return nodeOf({
    type,
    inputs: [a, b],
    dtype: a.dtype,
    shape: broadcastShape(type, a.shape, b.shape),
    gradient: (dy) => {
      const share = add(cast(wins(a, b), 'float32'), mul(cast(equal(a, b), 'float32'), scalar(0.5)));
      return [sumTo(mul(dy, share), a), sumTo(mul(dy, sub(scalar(1), share)), b)];
    },
  });
}

/** x between two bounds; gradient 0 outside of them. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return nodeOf({
    type: 'Clip',
    inputs: [x, scalar(low), scalar(high)],
    shape: x.shape,
    gradient: (dy) => {
      const inside = and(greaterOrEqual(x, scalar(low)), lessOrEqual(x, scalar(high)));
      return [mul(dy, cast(inside, 'float32'))];
    },
  });
}

/** The value of x as a constant: no gradient flows through it. */
export function stopGradient(x: Tensor): Tensor {
  return nodeOf({ type: 'Identity', inputs: [x], dtype: x.dtype, shape: x.shape, gradient: () => [undefined] });
}
