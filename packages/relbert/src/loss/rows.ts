import { cast, equal, gather, matMul, range, reshape, type Tensor, transpose, unsqueeze } from '../graph/index.ts';
import { nodeOf } from '../graph/tensor.ts';

/**
 * Rows of a matrix by index: table [N, H], indices int64 [M] → [M, H].
 *
 * Like `gather`, with a gradient even where the number of rows is known only at run time: the product of the one-hot
 * matrix of the indices, [N, M], with the gradient of the rows. N and M are the size of a batch here.
 */
export function selectRows(table: Tensor, indices: Tensor): Tensor {
  const rows = gather(table, indices);
  return nodeOf({
    type: 'Gather',
    inputs: [table, indices],
    attributes: { axis: 0n },
    shape: rows.shape,
    gradient: (dy) => {
      const places = unsqueeze(range(table.shape[0] as number | string, [table]), 1); // [N, 1]
      const chosen = cast(equal(places, unsqueeze(indices, 0)), 'float32'); // [N, M]
      const width = table.shape.slice(1);
      return width.length === 1
        ? [matMul(chosen, dy)]
        : [reshape(matMul(chosen, reshape(dy, [indices.shape[0] as number | string, -1])), table.shape)];
    },
  });
}

/** a · bᵀ: [M, H] and [N, H] → [M, N]. */
export function products(a: Tensor, b: Tensor): Tensor {
  return matMul(a, transpose(b));
}
