import { axisOf, nodeOf, type Tensor } from '../tensor.ts';
import { mul, sub } from './arithmetic.ts';
import { exp } from './elementary.ts';
import { reduceSum } from './sum.ts';

/** exp(x) / Σ exp(x) along an axis (default the last). */
export function softmax(x: Tensor, axis = -1): Tensor {
  const at = axisOf(x.shape, axis);
  return nodeOf({
    type: 'Softmax',
    inputs: [x],
    attributes: { axis: BigInt(at) },
    shape: x.shape,
    // y (dy − Σ y dy)
    gradient: (dy, y) => [mul(y, sub(dy, reduceSum(mul(y, dy), at, { keepDims: true })))],
  });
}

/** x − log Σ exp(x) along an axis (default the last). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const at = axisOf(x.shape, axis);
  return nodeOf({
    type: 'LogSoftmax',
    inputs: [x],
    attributes: { axis: BigInt(at) },
    shape: x.shape,
    // dy − softmax(x) Σ dy
    gradient: (dy, y) => [sub(dy, mul(exp(y), reduceSum(dy, at, { keepDims: true })))],
  });
}
