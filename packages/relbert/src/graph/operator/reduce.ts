import { multiplyDims } from '../dimension.ts';
import { nodeOf, type Shape, scalar, type Tensor } from '../tensor.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { equal } from './compare.ts';
import { dimensions } from './dimensions.ts';
import { exp, log, reciprocal } from './elementary.ts';
import { squeeze } from './reshape.ts';
import { stopGradient } from './select.ts';
import { type Axes, expand, keep, type ReduceOptions, reducedAxes, reduceSum, reduction } from './sum.ts';

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
