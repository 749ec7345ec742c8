import { addDims } from '../dimension.ts';
import { axisOf, constant, type Dim, formatShape, GraphError, int64, node, nodeOf, type Tensor } from '../tensor.ts';
import { dimensions, shapeOf, zeros } from './dimensions.ts';
import { rename } from './reshape.ts';

/** Axes in another order: `transpose(x, [0, 2, 1])`. Default: the last two exchanged. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const axes = (order ?? exchanged(rank)).map((axis) => axisOf(x.shape, axis));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw new GraphError(`transpose: [${axes.join(', ')}] is not an order of the axes of ${formatShape(x.shape)}`);
  }
  if (axes.every((axis, i) => axis === i)) return x;
  return nodeOf({
    type: 'Transpose',
    inputs: [x],
    attributes: { perm: axes.map(BigInt) },
    dtype: x.dtype,
    shape: axes.map((axis) => x.shape[axis] as Dim),
    gradient: (dy) => [
      transpose(
        dy,
        axes.map((_, i) => axes.indexOf(i)),
      ),
    ],
  });
}

function exchanged(rank: number): number[] {
  if (rank < 2) throw new GraphError(`transpose needs two axes or more, got ${rank}`);
  return Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
}

/** Tensors joined along an axis; other dimensions must be equal. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new GraphError('concat needs one tensor or more');
  if (tensors.length === 1) return first;
  const at = axisOf(first.shape, axis);
  for (const { dtype, shape } of tensors) {
    const fits =
      dtype === first.dtype &&
      shape.length === first.shape.length &&
      shape.every((dim, i) => i === at || dim === first.shape[i]);
    if (!fits) {
      throw new GraphError(
        `concat along axis ${at}: ${first.dtype} ${formatShape(first.shape)} and ${dtype} ${formatShape(shape)} do not fit`,
      );
    }
  }
  const joined = tensors.map((tensor) => tensor.shape[at] as Dim).reduce(addDims);
  return nodeOf({
    type: 'Concat',
    inputs: tensors,
    attributes: { axis: BigInt(at) },
    dtype: first.dtype,
    shape: first.shape.with(at, joined),
    gradient: (dy) => splitLike(dy, tensors, at),
  });
}

/** The parts of x along an axis that `parts` were joined from. */
function splitLike(x: Tensor, parts: readonly Tensor[], axis: number): readonly Tensor[] {
  const dims = parts.map((part) => part.shape[axis] as Dim);
  return splitNode(x, dims, axis, dims.every((dim) => typeof dim === 'number') ? undefined : parts);
}

/** x cut along an axis into parts of the given dimensions, which must add up to the dimension of x. */
export function split(x: Tensor, sizes: readonly number[], axis: number): readonly Tensor[] {
  const at = axisOf(x.shape, axis);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const dimension = x.shape[at];
  if (typeof dimension === 'number' && dimension !== total) {
    throw new GraphError(
      `split: parts of [${sizes.join(', ')}] do not add up to axis ${at} of ${formatShape(x.shape)}`,
    );
  }
  return splitNode(x, sizes, at);
}

function splitNode(x: Tensor, sizes: readonly Dim[], at: number, like?: readonly Tensor[]): readonly Tensor[] {
  const lengths = like ? concat(like.map((part) => shapeOf(part, at, at + 1))) : dimensions(sizes, [x]);
  return node({
    type: 'Split',
    inputs: [x, lengths],
    attributes: { axis: BigInt(at) },
    outputs: sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.with(at, size) })),
    gradient: (gradients, outputs) => {
      const parts = outputs.map((output, i) => gradients[i] ?? zeros(output.shape, [output]));
      return [rename(concat(parts, at), x.shape)];
    },
  });
}

export interface SliceOptions {
  readonly axis: number;
  /** First index; negative counts from the end. Default 0. */
  readonly start?: number;
  /** Index after the last; negative counts from the end. Default: the end. */
  readonly end?: number;
}

/**
 * The part of x between two indices of one axis. On an axis whose dimension has a name, indices from the same end
 * give a dimension that is a number: the axis must be at least that long.
 */
export function slice(x: Tensor, { axis, start = 0, end }: SliceOptions): Tensor {
  const at = axisOf(x.shape, axis);
  const dimension = x.shape[at] as Dim;
  const length = sliceLength(dimension, start, end);
  const outside = [start, end ?? 0].some(
    (index) => typeof dimension === 'number' && (index > dimension || index < -dimension),
  );
  if (outside || (typeof length === 'number' && length < 0)) {
    throw new GraphError(
      `slice: ${start} to ${end ?? 'the end'} is not a part of axis ${at} of ${formatShape(x.shape)}`,
    );
  }
  if (start === 0 && length === dimension) return x;
  return nodeOf({
    type: 'Slice',
    inputs: [x, int64(start), end === undefined ? constant(BigInt64Array.of(2n ** 62n), [1]) : int64(end), int64(at)],
    dtype: x.dtype,
    shape: x.shape.with(at, length),
    gradient: (dy) => [padded(dy, x, at, start, end)],
  });
}

function sliceLength(dimension: Dim, start: number, end: number | undefined): Dim {
  const fromEnd = (index: number) => (typeof dimension === 'number' && index < 0 ? index + dimension : index);
  const first = fromEnd(start);
  const last = end === undefined ? undefined : fromEnd(end);
  if (last === undefined) return first < 0 ? -first : addDims(dimension, -first);
  if (first < 0 === last < 0) return last - first;
  return addDims(dimension, last - first);
}

/** dy with zeros instead of what was cut off x. */
function padded(dy: Tensor, x: Tensor, at: number, start: number, end: number | undefined): Tensor {
  const dimension = shapeOf(x, at, at + 1);
  const minus = (a: Tensor, b: Tensor) => nodeOf({ type: 'Sub', inputs: [a, b], dtype: 'int64', shape: [1] });
  const plus = (a: Tensor, b: Tensor) => nodeOf({ type: 'Add', inputs: [a, b], dtype: 'int64', shape: [1] });
  const dim = x.shape[at];
  const known = typeof dim === 'number';
  const before = start >= 0 ? int64(start) : known ? int64(dim + start) : plus(dimension, int64(start));
  const after =
    end === undefined ? int64(0) : end < 0 ? int64(-end) : known ? int64(dim - end) : minus(dimension, int64(end));
  return nodeOf({
    type: 'Pad',
    inputs: [dy, concat([before, after]), undefined, int64(at)],
    shape: x.shape,
  });
}
