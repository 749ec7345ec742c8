import { multiplyDims } from '../dimension.ts';
import { axisOf, constant, formatShape, GraphError, int64, nodeOf, type Tensor } from '../tensor.ts';
import { transpose } from './layout.ts';
import { fusedMatMul } from './matmul.ts';
import { reshape, reshapeLike } from './reshape.ts';

export interface GatherOptions {
  /** Rows of the largest table that gets a gradient: it costs a one-hot matrix [indices, rows]. Default 4096. */
  readonly largestOneHot?: number;
}

/**
 * Rows of a table by index along an axis: table [V, H], indices [...] → [..., H] for axis 0.
 *
 * The gradient with respect to the table is a matrix product with the one-hot matrix of the indices (adding rows
 * up with ScatterND is wrong where several threads run), so it is there for tables of up to `largestOneHot` rows. For a
 * larger one ask `grad` with respect to the gathered rows and add them up outside of the graph.
 */
export function gather(table: Tensor, indices: Tensor, axis = 0, { largestOneHot = 4096 }: GatherOptions = {}): Tensor {
  if (indices.dtype !== 'int64' && indices.dtype !== 'int32') {
    throw new GraphError(
      `gather: indices must be int64 or int32, got ${indices.dtype} ${formatShape(indices.shape)} for ${formatShape(table.shape)}`,
    );
  }
  const at = axisOf(table.shape, axis);
  const before = table.shape.slice(0, at);
  const after = table.shape.slice(at + 1);
  return nodeOf({
    type: 'Gather',
    inputs: [table, indices],
    attributes: { axis: BigInt(at) },
    dtype: table.dtype,
    shape: [...before, ...indices.shape, ...after],
    gradient: (dy) => {
      const dimension = table.shape[at];
      if (typeof dimension !== 'number' || dimension > largestOneHot) {
        throw new GraphError(
          `gather has no gradient for a table ${formatShape(table.shape)} of more than ${largestOneHot} rows: take the gradient with respect to its result ${formatShape(dy.shape)}`,
        );
      }
      const count = multiplyDims(indices.shape);
      const chosen = oneHot(reshape(indices, [count]), dimension); // [N, V]
      const flat = reshape(dy, [multiplyDims(before), count, multiplyDims(after)]);
      const rows = reshape(transpose(flat, [1, 0, 2]), [count, multiplyDims([...before, ...after])]);
      const sums = fusedMatMul(chosen, rows, { transA: true }); // [V, before · after]
      const parts = reshape(sums, [dimension, multiplyDims(before), multiplyDims(after)]);
      return [reshapeLike(transpose(parts, [1, 0, 2]), table)];
    },
  });
}

/** float32 [..., depth]: 1 at the index, else 0. No gradient. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  return nodeOf({
    type: 'OneHot',
    inputs: [indices, int64(depth), constant(Float32Array.of(0, 1), [2])],
    attributes: { axis: -1n },
    shape: [...indices.shape, depth],
  });
}
