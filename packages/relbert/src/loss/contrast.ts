/** What the losses over cosines share: temperature, logits, masked sums, and the mean over anchors. */
import * as z from 'zod';
import {
  cast,
  div,
  greaterThan,
  logSumExp,
  maximum,
  mul,
  reduceSum,
  scalar,
  type Tensor,
  where,
} from '../graph/index.ts';
import { cosines } from './distance.ts';

/** Temperature of a softmax over cosines. */
export const temperatureSetting = (value: number) =>
  z
    .number()
    .positive()
    .default(value)
    .describe('Cosines are divided by it: the lower, the more the nearest pairs count');

/** Value of masked logits: e to this power is 0 in float32, however large the other logits are. */
export const MASKED = -1e9;

/** cos / τ of all rows with all rows: [I, H] → [I, I]. */
export function scaledCosines(embeddings: Tensor, temperature: number): Tensor {
  return mul(cosines(embeddings, embeddings), scalar(1 / temperature));
}

/**
 * Mean over the anchors that have a positive. `values`: of each pair of anchor and positive [I, I], first averaged
 * over the positives; or of each anchor [I, 1].
 */
export function meanOverAnchors(values: Tensor, positive: Tensor, of: 'pair' | 'anchor'): Tensor {
  const count = countOf(positive); // [I, 1]
  const anchors = cast(hasAny(count), 'float32');
  const perAnchor =
    of === 'pair'
      ? div(reduceSum(where(positive, values, scalar(0)), 1, { keepDims: true }), maximum(count, scalar(1)))
      : where(hasAny(count), values, scalar(0));
  return div(reduceSum(perAnchor), maximum(reduceSum(anchors), scalar(1)));
}

/** Number of true columns of each row: bool [I, I] → float32 [I, 1]. */
export function countOf(mask: Tensor): Tensor {
  return reduceSum(cast(mask, 'float32'), 1, { keepDims: true });
}

/** bool [I, 1]: the count is 1 or more. */
export function hasAny(count: Tensor): Tensor {
  return greaterThan(count, 0.5);
}

/** log Σ e^logit over the columns where the mask is true: [I, I], bool [I, I] → [I, 1]. */
export function logSumOver(mask: Tensor, logits: Tensor): Tensor {
  return logSumExp(where(mask, logits, scalar(MASKED)), 1, { keepDims: true });
}
