import { factorsOf } from '../dimension.ts';
import { constant, type Dim, formatShape, GraphError, int64, nodeOf, type Shape, type Tensor } from '../tensor.ts';

/** The run-time shape of x, axes start to end (exclusive): int64 [end − start]. No gradient. */
export function shapeOf(x: Tensor, start = 0, end = x.shape.length): Tensor {
  return nodeOf({
    type: 'Shape',
    inputs: [x],
    attributes: { start: BigInt(start), end: BigInt(end) },
    dtype: 'int64',
    shape: [end - start],
  });
}

/**
 * A shape as an int64 vector [rank], for operators that take a shape at run time. Dimensions with a name are read
 * from `sources` or from a tensor they are computed from: a name means the same dimension wherever it occurs.
 */
export function dimensions(shape: Shape, sources: readonly Tensor[]): Tensor {
  if (shape.every((dim) => typeof dim === 'number')) return int64(...shape);
  const parts = shape.map((dim) => dimensionOf(dim, sources, shape));
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  return nodeOf({ type: 'Concat', inputs: parts, attributes: { axis: 0n }, dtype: 'int64', shape: [shape.length] });
}

/** One dimension as int64 [1]. */
function dimensionOf(dim: Dim, sources: readonly Tensor[], shape: Shape): Tensor {
  if (typeof dim === 'number') return int64(dim);
  const found = carrierOf(dim, sources);
  if (found) return shapeOf(found.tensor, found.axis, found.axis + 1);
  const factors = factorsOf(dim);
  if (factors.length < 2) {
    throw new GraphError(`dimension '${dim}' of shape ${formatShape(shape)} is not a dimension of any tensor at hand`);
  }
  return factors
    .map((factor) => dimensionOf(factor, sources, shape))
    .reduce((a, b) => nodeOf({ type: 'Mul', inputs: [a, b], dtype: 'int64', shape: [1] }));
}

interface Carrier {
  readonly tensor: Tensor;
  readonly axis: number;
}

/** The graph inputs that were found from a tensor, by the dimension's name: a deep graph is not searched again for each shape. */
const carriers = new WeakMap<Tensor, Map<string, Carrier>>();

/**
 * A tensor that has the named dimension: a graph input if there is one among the sources and what they are
 * computed from (an inner tensor would have to be kept alive for its shape), else the nearest.
 */
function carrierOf(name: string, sources: readonly Tensor[]): Carrier | undefined {
  let inner: Carrier | undefined;
  // Tensors in the order of the search, with the one that each was reached from.
  const reached = new Map<Tensor, Tensor | undefined>(sources.map((tensor) => [tensor, undefined]));
  for (const tensor of reached.keys()) {
    const axis = tensor.shape.indexOf(name);
    const here = axis < 0 ? undefined : { tensor, axis };
    const found = tensor.origin.kind === 'input' ? here : carriers.get(tensor)?.get(name);
    if (found) {
      for (let on: Tensor | undefined = tensor; on; on = reached.get(on)) {
        carriers.set(on, (carriers.get(on) ?? new Map()).set(name, found));
      }
      return found;
    }
    inner ??= here;
    if (tensor.origin.kind !== 'node') continue;
    for (const next of tensor.origin.node.inputs) if (next && !reached.has(next)) reached.set(next, tensor);
  }
  return inner;
}

/** Zeros of a shape, whose named dimensions are read from `sources`. */
export function zeros(shape: Shape, sources: readonly Tensor[]): Tensor {
  return filled(0, shape, sources);
}

/** A float32 tensor of one repeated value. */
export function filled(value: number, shape: Shape, sources: readonly Tensor[] = []): Tensor {
  return nodeOf({
    type: 'Expand',
    inputs: [constant(Float32Array.of(value), []), dimensions(shape, sources)],
    shape,
  });
}
