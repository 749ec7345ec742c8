import * as z from 'zod';
import { cast, div, maximum, mul, reduceSum, scalar, shapeOf, squeeze, type Tensor, where } from '../graph/index.ts';

/** How the values of many triples become one. */
export const reductionSetting = z
  .enum(['mean', 'sum'])
  .default('mean')
  .describe("Over the triples; the authors' program takes the sum");
export type Reduction = z.output<typeof reductionSetting>;

/** Mean or sum of all elements; 0, not NaN, where there are none. */
export function reduceAll(values: Tensor, reduction: Reduction): Tensor {
  const sum = reduceSum(values);
  return reduction === 'sum' ? sum : div(sum, maximum(countOf(values), scalar(1)));
}

/** Mean or sum of the elements where the mask (bool, same shape) is true; 0 where there are none. */
export function reduceMasked(values: Tensor, mask: Tensor, reduction: Reduction): Tensor {
  const sum = reduceSum(where(mask, values, scalar(0)));
  return reduction === 'sum' ? sum : div(sum, maximum(reduceSum(cast(mask, 'float32')), scalar(1)));
}

/** The number of elements, float32 []. */
function countOf(values: Tensor): Tensor {
  return values.shape
    .map((dim, axis) =>
      typeof dim === 'number' ? scalar(dim) : squeeze(cast(shapeOf(values, axis, axis + 1), 'float32'), 0),
    )
    .reduce((product, dimension) => mul(product, dimension), scalar(1));
}
