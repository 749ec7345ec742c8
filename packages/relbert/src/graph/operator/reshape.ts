import { divideDims, multiplyDims, sameSize } from '../dimension.ts';
import {
  axisOf,
  type Dim,
  formatShape,
  GraphError,
  int64,
  nodeOf,
  type Shape,
  sameShape,
  type Tensor,
} from '../tensor.ts';
import { dimensions } from './dimensions.ts';

/**
 * x in another shape of the same size, elements in the same order. One dimension may be -1: it is worked out, also
 * where dimensions have names ([B, T, 12, 32] → [B, T, -1] is [B, T, 384]; [B, T, 384] → [-1, 384] is [B*T, 384]).
 *
 * @throws GraphError where the sizes differ, and where two or more names of the shape are not dimensions of x, of what
 *   it is computed from, or of one of `sources`
 */
export function reshape(x: Tensor, shape: Shape, sources: readonly Tensor[] = []): Tensor {
  const target = inferred(x.shape, shape);
  if (sameShape(x.shape, target)) return x;
  return nodeOf({
    type: 'Reshape',
    inputs: [x, target.length === 0 ? int64() : shapeInput(x, target, sources)],
    dtype: x.dtype,
    shape: target,
    gradient: (dy) => [reshapeLike(dy, x)],
  });
}

/** x in the shape of another tensor. */
export function reshapeLike(x: Tensor, like: Tensor): Tensor {
  return reshape(x, like.shape, [like]);
}

/** Merges the axes from `from` to `to` (inclusive) into one: [B, T, H] → [B*T, H] for 0 and 1. */
export function flatten(x: Tensor, from = 0, to = -1): Tensor {
  const first = axisOf(x.shape, from);
  const last = axisOf(x.shape, to);
  const merged = multiplyDims(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)]);
}

/** Inserts axes of dimension 1; `axes` count in the result. */
export function unsqueeze(x: Tensor, ...axes: readonly number[]): Tensor {
  const rank = x.shape.length + axes.length;
  const inserted = new Set(
    axes.map((axis) =>
      axisOf(
        Array.from({ length: rank }, () => 1),
        axis,
      ),
    ),
  );
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis): Dim => (inserted.has(axis) ? 1 : (rest.shift() ?? 1)));
  return nodeOf({
    type: 'Unsqueeze',
    inputs: [x, int64(...inserted)],
    dtype: x.dtype,
    shape,
    gradient: (dy) => [squeeze(dy, ...inserted)],
  });
}

/** Removes axes of dimension 1. */
export function squeeze(x: Tensor, ...axes: readonly number[]): Tensor {
  const removed = new Set(axes.map((axis) => axisOf(x.shape, axis)));
  for (const axis of removed) {
    if (x.shape[axis] !== 1)
      throw new GraphError(`squeeze: axis ${axis} of ${formatShape(x.shape)} has not dimension 1`);
  }
  return nodeOf({
    type: 'Squeeze',
    inputs: [x, int64(...removed)],
    dtype: x.dtype,
    shape: x.shape.filter((_, axis) => !removed.has(axis)),
    gradient: (dy) => [unsqueeze(dy, ...removed)],
  });
}

/**
 * The same values under other names of dimensions: says that what is called 'B*T' here is what is called 'N' there.
 * Rank and numbers must agree; a name may take the place of a number and the other way round.
 */
export function rename(x: Tensor, shape: Shape): Tensor {
  const agrees =
    shape.length === x.shape.length &&
    shape.every((dim, axis) => dim === x.shape[axis] || typeof dim === 'string' || typeof x.shape[axis] === 'string');
  if (!agrees) throw new GraphError(`rename: ${formatShape(x.shape)} cannot be called ${formatShape(shape)}`);
  if (sameShape(shape, x.shape)) return x;
  return nodeOf({ type: 'Identity', inputs: [x], dtype: x.dtype, shape, gradient: (dy) => [rename(dy, x.shape)] });
}

function inferred(from: Shape, to: Shape): Shape {
  const open = to.indexOf(-1);
  if (open >= 0) {
    const rest = to.filter((_, axis) => axis !== open);
    const dim = rest.includes(-1) ? undefined : divideDims(from, rest);
    if (dim === undefined) {
      throw new GraphError(`reshape: ${formatShape(from)} does not divide into ${formatShape(to)}`);
    }
    return to.with(open, dim);
  }
  if (!sameSize(from, to)) {
    throw new GraphError(`reshape: ${formatShape(from)} and ${formatShape(to)} have different sizes`);
  }
  return to;
}

/** 0 copies the dimension of the same axis, one -1 is worked out by the runtime; more names are read from tensors. */
function shapeInput(x: Tensor, target: Shape, sources: readonly Tensor[]): Tensor {
  const codes = target.map((dim, axis) => (typeof dim === 'number' ? dim : dim === x.shape[axis] ? 0 : undefined));
  const unknown = codes.filter((code) => code === undefined).length;
  // A true dimension of 0 would be read as "copy".
  if (unknown <= 1 && !target.includes(0)) return int64(...codes.map((code) => code ?? -1));
  return dimensions(target, [x, ...sources]);
}
