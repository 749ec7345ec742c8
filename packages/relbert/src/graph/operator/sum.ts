import { broadcastShape, repeatedAxes } from '../broadcast.ts';
import {
  type Attributes,
  axisOf,
  type Dim,
  formatShape,
  GraphError,
  int64,
  nodeOf,
  type Shape,
  type Tensor,
} from '../tensor.ts';
import { dimensions } from './dimensions.ts';
import { reshape, reshapeLike } from './reshape.ts';

/** Adding up along axes and repeating along them: each is the gradient of the other. */

export interface ReduceOptions {
  /** Keep reduced axes with dimension 1. Default false. */
  readonly keepDims?: boolean;
}

/** Axes to reduce: one, several, or all of them (default). */
export type Axes = number | readonly number[] | undefined;

/** Sum over axes. */
export function reduceSum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduction('ReduceSum', x, axes, options, (dy, kept) => expand(keep(dy, kept), x.shape, [x]));
}

/** x repeated along axes of dimension 1 (or new leading ones) to a shape that it broadcasts to. */
export function expand(x: Tensor, shape: Shape, sources: readonly Tensor[] = []): Tensor {
  const result = broadcastShape('expand', x.shape, shape);
  if (formatShape(result) !== formatShape(shape)) {
    throw new GraphError(`expand: ${formatShape(x.shape)} does not expand to ${formatShape(shape)}`);
  }
  return nodeOf({
    type: 'Expand',
    inputs: [x, dimensions(shape, [x, ...sources])],
    dtype: x.dtype,
    shape,
    gradient: (dy) => [sumTo(dy, x)],
  });
}

/** The gradient of a broadcast operand: summed over the axes along which it was repeated. */
export function sumTo(gradient: Tensor, operand: Tensor): Tensor {
  const axes = repeatedAxes(operand.shape, gradient.shape);
  if (axes.length === 0) return gradient;
  return reshapeLike(reduceSum(gradient, axes), operand);
}

/** A reduction over axes: `gradient` gets dy and y without the reduced axes (or with, as the node has them) and the kept shape. */
export function reduction(
  type: string,
  x: Tensor,
  axes: Axes,
  { keepDims = false }: ReduceOptions,
  gradient: (dy: Tensor, kept: Shape, y: Tensor) => Tensor,
): Tensor {
  const reduced = reducedAxes(x, axes);
  if (reduced.length === 0) return x;
  if (x.dtype === 'bool') throw new GraphError(`${type}: cast ${x.dtype} ${formatShape(x.shape)} to numbers first`);
  const kept = x.shape.map((dim, axis): Dim => (reduced.includes(axis) ? 1 : dim));
  const attributes: Attributes = { keepdims: keepDims ? 1n : 0n };
  return nodeOf({
    type,
    inputs: [x, int64(...reduced)],
    attributes,
    dtype: x.dtype,
    shape: keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis)),
    gradient: (dy, y) => [gradient(dy, kept, y)],
  });
}

/** The axes that are reduced, in order. */
export function reducedAxes(x: Tensor, axes: Axes): number[] {
  const all = axes === undefined ? x.shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  return [...new Set(all.map((axis) => axisOf(x.shape, axis)))].toSorted((a, b) => a - b);
}

/** A reduced tensor with its axes kept. */
export function keep(y: Tensor, kept: Shape): Tensor {
  return y.shape.length === kept.length ? y : reshape(y, kept);
}
