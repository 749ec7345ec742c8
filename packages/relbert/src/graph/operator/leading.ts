import { type Dim, formatShape, GraphError, int64, nodeOf, type Tensor } from '../tensor.ts';
import { sub } from './arithmetic.ts';
import { dimensions } from './dimensions.ts';
import { concat } from './layout.ts';

/**
 * The first `dimension` rows of x [N, ...], which must have as many: [dimension, ...]. A named dimension is read from
 * `sources`; for one that is a number `slice` does the same.
 */
export function leading(x: Tensor, dimension: Dim, sources: readonly Tensor[] = []): Tensor {
  const [rows, ...rest] = x.shape;
  if (typeof rows !== 'number') {
    throw new GraphError(`leading needs a number of rows, got ${formatShape(x.shape)}`);
  }
  const end = dimensions([dimension], sources);
  return nodeOf({
    type: 'Slice',
    inputs: [x, int64(0), end, int64(0)],
    dtype: x.dtype,
    shape: [dimension, ...rest],
    gradient: (dy) => [
      nodeOf({
        type: 'Pad',
        inputs: [dy, concat([int64(0), sub(int64(rows), end)]), undefined, int64(0)],
        shape: x.shape,
      }),
    ],
  });
}
