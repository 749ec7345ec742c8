import { axisOf, constant, type Dim, formatShape, GraphError, int64, node, nodeOf, type Tensor } from '../tensor.ts';
import { sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { equal } from './compare.ts';
import { dimensions } from './dimensions.ts';
import { squeeze, unsqueeze } from './reshape.ts';

/** 0, 1, …, dimension − 1 as int64 [dimension]. A named dimension is read from `sources`. */
export function range(dimension: Dim, sources: readonly Tensor[] = []): Tensor {
  if (typeof dimension === 'number') {
    return constant(
      BigInt64Array.from({ length: dimension }, (_, i) => BigInt(i)),
      [dimension],
    );
  }
  const length = squeeze(dimensions([dimension], sources), 0);
  const bound = (value: bigint) => constant(BigInt64Array.of(value), []);
  return nodeOf({ type: 'Range', inputs: [bound(0n), length, bound(1n)], dtype: 'int64', shape: [dimension] });
}

/** The diagonal of a square matrix as bool [dimension, dimension]. */
export function diagonal(dimension: Dim, sources: readonly Tensor[] = []): Tensor {
  const index = range(dimension, sources);
  return equal(unsqueeze(index, 1), unsqueeze(index, 0));
}

/** The identity matrix, float32 [dimension, dimension]. */
export function eye(dimension: Dim, sources: readonly Tensor[] = []): Tensor {
  return cast(diagonal(dimension, sources), 'float32');
}

/** Running sums along an axis. */
export function cumSum(x: Tensor, axis: number): Tensor {
  const at = axisOf(x.shape, axis);
  const run = (value: Tensor, reverse: boolean): Tensor =>
    nodeOf({
      type: 'CumSum',
      inputs: [value, constant(BigInt64Array.of(BigInt(at)), [])],
      attributes: { reverse: reverse ? 1n : 0n },
      dtype: value.dtype,
      shape: value.shape,
      gradient: (dy) => [run(dy, !reverse)],
    });
  return run(x, false);
}

/** The k largest along the last axis, in falling order, and their indices (int64). No gradient. */
export function topK(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  const dimension = x.shape.at(-1);
  if (dimension === undefined || (typeof dimension === 'number' && k > dimension)) {
    throw new GraphError(`topK: ${formatShape(x.shape)} has no ${k} elements along its last axis`);
  }
  const shape = x.shape.with(-1, k);
  const [values, indices] = node({
    type: 'TopK',
    inputs: [x, int64(k)],
    attributes: { axis: -1n },
    outputs: [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
  });
  return { values: values as Tensor, indices: indices as Tensor };
}

/** Index of the largest element along an axis, the first of several: int64. No gradient. */
export function argMax(x: Tensor, axis = -1): Tensor {
  const at = axisOf(x.shape, axis);
  return nodeOf({
    type: 'ArgMax',
    inputs: [x],
    attributes: { axis: BigInt(at), keepdims: 0n },
    dtype: 'int64',
    shape: x.shape.filter((_, i) => i !== at),
  });
}

/** 1 − x, for masks. */
export function complement(x: Tensor): Tensor {
  return sub(constant(Float32Array.of(1), []), x);
}
