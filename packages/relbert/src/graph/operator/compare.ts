import { broadcastShape } from '../broadcast.ts';
import { formatShape, GraphError, nodeOf, scalar, type Tensor } from '../tensor.ts';

/** a = b, element by element, broadcasting: bool. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return comparison('Equal', a, b);
}

/** a < b: bool. */
export function less(a: Tensor, b: Tensor): Tensor {
  return comparison('Less', a, b);
}

/** a ≤ b: bool. */
export function lessOrEqual(a: Tensor, b: Tensor): Tensor {
  return comparison('LessOrEqual', a, b);
}

/** a > b: bool. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return comparison('Greater', a, b);
}

/** a ≥ b: bool. */
export function greaterOrEqual(a: Tensor, b: Tensor): Tensor {
  return comparison('GreaterOrEqual', a, b);
}

/** x > value: bool. */
export function greaterThan(x: Tensor, value: number): Tensor {
  return greater(x, scalar(value));
}

/** x < value: bool. */
export function lessThan(x: Tensor, value: number): Tensor {
  return less(x, scalar(value));
}

/** Both, of bool tensors. */
export function and(a: Tensor, b: Tensor): Tensor {
  return logical('And', a, b);
}

/** Either, of bool tensors. */
export function or(a: Tensor, b: Tensor): Tensor {
  return logical('Or', a, b);
}

/** The opposite of a bool tensor. */
export function not(x: Tensor): Tensor {
  if (x.dtype !== 'bool') throw new GraphError(`Not needs bool, got ${x.dtype} ${formatShape(x.shape)}`);
  return nodeOf({ type: 'Not', inputs: [x], dtype: 'bool', shape: x.shape });
}

function comparison(type: string, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== b.dtype) {
    throw new GraphError(
      `${type}: types differ: ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    );
  }
  return nodeOf({ type, inputs: [a, b], dtype: 'bool', shape: broadcastShape(type, a.shape, b.shape) });
}

function logical(type: string, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== 'bool' || b.dtype !== 'bool') {
    throw new GraphError(
      `${type} needs bool, got ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    );
  }
  return nodeOf({ type, inputs: [a, b], dtype: 'bool', shape: broadcastShape(type, a.shape, b.shape) });
}
