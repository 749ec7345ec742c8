import { broadcastShape } from '../broadcast.ts';
import { formatShape, GraphError, nodeOf, type Tensor } from '../tensor.ts';
import { sumTo } from './sum.ts';

/** a + b, broadcasting. */
export function add(a: Tensor, b: Tensor): Tensor {
  return elementwise('Add', a, b, (dy) => [sumTo(dy, a), sumTo(dy, b)]);
}

/** a − b, broadcasting. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return elementwise('Sub', a, b, (dy) => [sumTo(dy, a), neg(sumTo(dy, b))]);
}

/** a · b element by element, broadcasting. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return elementwise('Mul', a, b, (dy) => [sumTo(mul(dy, b), a), sumTo(mul(dy, a), b)]);
}

/** a / b element by element, broadcasting. */
export function div(a: Tensor, b: Tensor): Tensor {
  return elementwise('Div', a, b, (dy, y) => {
    const da = div(dy, b);
    return [sumTo(da, a), neg(sumTo(mul(da, y), b))];
  });
}

/** −x. */
export function neg(x: Tensor): Tensor {
  return nodeOf({ type: 'Neg', inputs: [x], dtype: x.dtype, shape: x.shape, gradient: (dy) => [neg(dy)] });
}

function elementwise(
  type: string,
  a: Tensor,
  b: Tensor,
  gradient: (dy: Tensor, y: Tensor) => readonly [Tensor, Tensor],
): Tensor {
  if (a.dtype !== b.dtype) {
    throw new GraphError(
      `${type}: types differ: ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    );
  }
  return nodeOf({ type, inputs: [a, b], dtype: a.dtype, shape: broadcastShape(type, a.shape, b.shape), gradient });
}
