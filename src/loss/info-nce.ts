import {
  and,
  cast,
  div,
  greaterThan,
  logSumExp,
  maximum,
  mul,
  or,
  reduceSum,
  scalar,
  sub,
  type Tensor,
  where,
} from '../graph/index.ts';
import { cosines } from './distance.ts';
import { ItemMasks, type Items } from './items.ts';
import { softplus } from './smooth.ts';

export interface InfoNceOptions {
  /** τ > 0. Default 0.05. */
  readonly temperature?: number;
  /**
   * How several positives of an anchor count (N(a): its negatives, P(a): its positives, s = cos / τ):
   * - 'each' (default): each against the negatives alone, mean over p of −log(e^s(a,p) / (e^s(a,p) + Σ_N e^s(a,n))),
   *   equation (2) of the journal paper;
   * - 'all': each against everything else, mean over p of −log(e^s(a,p) / Σ_{P ∪ N} e^s(a,x)) (Khosla et al. 2020, L_out);
   * - 'sum': together, −log(Σ_P e^s(a,p) / Σ_{P ∪ N} e^s(a,x)): one near positive is enough.
   */
  readonly positives?: 'each' | 'all' | 'sum';
}

/** What masked logits are set to: e to this power is 0 in float32 whatever the largest logit is. */
export const NOTHING = -1e9;

/**
 * InfoNCE over the items of a step (Ushio et al. 2023; van den Oord et al. 2018): an anchor's positives are the other
 * pairs of its relation; its negatives are all pairs of other relations, and those that only seem to belong to its own
 * (hard negatives). The same word pair is never compared with itself. Logarithms of sums of exponentials are taken
 * after the largest term, so that nothing overflows at any temperature.
 *
 * Data: relation batches. Mean over the anchors that have a positive; float32 scalar, 0 where none has.
 */
export function infoNceLoss(items: Items, options: InfoNceOptions = {}): Tensor {
  const { temperature = 0.05, positives: form = 'each' } = options;
  const logits = scaledCosines(items.embeddings, temperature); // [I, I]
  const masks = new ItemMasks(items);
  const [positive, negative] = [masks.isPositive, masks.isNegative];
  const over = (mask: Tensor) => logSumExp(where(mask, logits, scalar(NOTHING)), 1, { keepDims: true }); // [I, 1]
  if (form === 'sum') return meanOverAnchors(sub(over(or(positive, negative)), over(positive)), positive, 'anchor');
  const each = form === 'each' ? softplus(sub(over(negative), logits)) : sub(over(or(positive, negative)), logits); // [I, I]
  return meanOverAnchors(each, positive, 'pair');
}

/**
 * InfoLOOB, "leave one out bound" (Poole et al. 2019; the journal paper's second loss): InfoNCE with the positive left
 * out of the denominator, so that the pull on a positive does not fade when it is already the nearest.
 *
 *     L = mean over a of mean over p of −s(a,p) + log Σ_N e^s(a,n),  s = cos / τ
 *
 * Positives, negatives and data as for {@link infoNceLoss}. Anchors without a negative are left out. Not bounded below
 * by 0. Result: float32 scalar.
 */
export function infoLoobLoss(items: Items, { temperature = 0.05 }: { readonly temperature?: number } = {}): Tensor {
  const logits = scaledCosines(items.embeddings, temperature); // [I, I]
  const masks = new ItemMasks(items);
  const negative = masks.isNegative;
  const contrast = logSumExp(where(negative, logits, scalar(NOTHING)), 1, { keepDims: true }); // [I, 1]
  const counted = and(masks.isPositive, hasAny(countOf(negative))); // [I, I]
  return meanOverAnchors(sub(contrast, logits), counted, 'pair');
}

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
function meanOverAnchors(values: Tensor, positive: Tensor, of: 'pair' | 'anchor'): Tensor {
  const count = countOf(positive); // [I, 1]
  const anchors = cast(hasAny(count), 'float32');
  const perAnchor =
    of === 'pair'
      ? div(reduceSum(where(positive, values, scalar(0)), 1, { keepDims: true }), maximum(count, scalar(1)))
      : where(hasAny(count), values, scalar(0));
  return div(reduceSum(perAnchor), maximum(reduceSum(anchors), scalar(1)));
}

/** How many columns of each row hold: bool [I, I] → float32 [I, 1]. */
function countOf(mask: Tensor): Tensor {
  return reduceSum(cast(mask, 'float32'), 1, { keepDims: true });
}

/** bool [I, 1]: the row has one or more. */
function hasAny(count: Tensor): Tensor {
  return greaterThan(count, 0.5);
}
