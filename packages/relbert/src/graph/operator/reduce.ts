import { multiplyDims } from '../dimension.ts';
import {
  type Attributes,
  axisOf,
  type Dim,
  formatShape,
  GraphError,
  int64,
  nodeOf,
  type Shape,
  scalar,
  type Tensor,
} from '../tensor.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { equal } from './compare.ts';
import { dimensions } from './dimensions.ts';
import { exp, log, reciprocal } from './elementary.ts';
import { expand } from './layout.ts';
import { reshape, squeeze } from './reshape.ts';
import { stopGradient } from './select.ts';

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

/** Mean over axes. */
export function reduceMean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduction('ReduceMean', x, axes, options, (dy, kept) => {
    const count = countOf(x, kept);
    // Scaled before it is repeated: the small tensor is the cheaper one.
    return expand(keep(mul(dy, reciprocal(count)), kept), x.shape, [x]);
  });
}

/** Largest element over axes. Where several are largest, each gets an equal part of the gradient. */
export function reduceMax(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduction('ReduceMax', x, axes, options, (dy, kept, y) => chosen(x, keep(y, kept), keep(dy, kept), kept));
}

/** Smallest element over axes. Where several are smallest, each gets an equal part of the gradient. */
export function reduceMin(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduction('ReduceMin', x, axes, options, (dy, kept, y) => chosen(x, keep(y, kept), keep(dy, kept), kept));
}

/**
 * log Σ exp(x) over axes. The largest element is taken out first, so that nothing overflows (ReduceLogSumExp does so on
 * the CPU, but not on WebGPU); it must be finite.
 */
export function logSumExp(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  const largest = stopGradient(reduceMax(x, axes, { keepDims: true }));
  const sum = reduceSum(exp(sub(x, largest)), axes, { keepDims: true });
  const y = add(log(sum), largest);
  return keepDims ? y : squeeze(y, ...reducedAxes(x, axes));
}

/** Euclidean norm over axes. Its gradient at the zero vector is 0. */
export function reduceL2(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduction('ReduceL2', x, axes, options, (dy, kept, y) => {
    const norm = nodeOf({ type: 'Max', inputs: [keep(y, kept), scalar(1e-30)], shape: kept });
    return mul(x, div(keep(dy, kept), norm));
  });
}

/** Shared: `gradient` gets dy and y without the reduced axes (or with, as the node has them) and the kept shape. */
function reduction(
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

function reducedAxes(x: Tensor, axes: Axes): number[] {
  const all = axes === undefined ? x.shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  return [...new Set(all.map((axis) => axisOf(x.shape, axis)))].toSorted((a, b) => a - b);
}

function keep(y: Tensor, kept: Shape): Tensor {
  return y.shape.length === kept.length ? y : reshape(y, kept);
}

function chosen(x: Tensor, y: Tensor, dy: Tensor, kept: Shape): Tensor {
  const mask = cast(equal(x, y), 'float32');
  const axes = kept.flatMap((dim, axis) => (dim === 1 && x.shape[axis] !== 1 ? [axis] : []));
  return mul(mask, div(dy, reduceSum(mask, axes, { keepDims: true })));
}

/** How many elements a mean is taken over: float32 scalar. */
function countOf(x: Tensor, kept: Shape): Tensor {
  const dims = x.shape.filter((_, axis) => kept[axis] === 1 && x.shape[axis] !== 1);
  const size = multiplyDims(dims);
  if (typeof size === 'number') return scalar(size);
  return squeeze(cast(dimensions([size], [x]), 'float32'), 0);
}
