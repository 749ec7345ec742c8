/** What the losses over cosines share: logits, masked sums, and the mean over anchors. */
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

/** What masked logits are set to: e to this power is 0 in float32 whatever the largest logit is. */
export const NOTHING = -1e9;

/** cos / τ of all rows with all rows: [I, H] → [I, I]. */
export function scaledCosines(embeddings: Tensor, temperature: number): Tensor {
  if (!(temperature > 0) || !Number.isFinite(temperature)) {
    throw new RangeError(`the temperature should be greater than 0, got ${temperature}`);
  }
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

/** How many columns of each row hold: bool [I, I] → float32 [I, 1]. */
export function countOf(mask: Tensor): Tensor {
  return reduceSum(cast(mask, 'float32'), 1, { keepDims: true });
}

/** bool [I, 1]: the row has one or more. */
export function hasAny(count: Tensor): Tensor {
  return greaterThan(count, 0.5);
}

/** log Σ e^logit over the columns for which the mask holds: [I, I], bool [I, I] → [I, 1]. */
export function logSumOver(mask: Tensor, logits: Tensor): Tensor {
  return logSumExp(where(mask, logits, scalar(NOTHING)), 1, { keepDims: true });
}
