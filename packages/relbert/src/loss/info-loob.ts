import { and, sub, type Tensor } from '../graph/index.ts';
import { countOf, hasAny, logSumOver, meanOverAnchors, scaledCosines } from './contrast.ts';
import { ItemMasks, type Items } from './items.ts';

/**
 * InfoLOOB, "leave one out bound" (Poole et al. 2019; the journal paper's second loss): InfoNCE with the positive left
 * out of the denominator, so that the pull on a positive does not fade when it is already the nearest.
 *
 *     L = mean over a of mean over p of −s(a,p) + log Σ_N e^s(a,n),  s = cos / τ
 *
 * Positives, negatives and data as for `infoNceLoss`. Anchors without a negative are left out. Not bounded below
 * by 0. Result: float32 scalar.
 */
export function infoLoobLoss(items: Items, { temperature = 0.05 }: { readonly temperature?: number } = {}): Tensor {
  const logits = scaledCosines(items.embeddings, temperature); // [I, I]
  const masks = new ItemMasks(items);
  const negative = masks.isNegative;
  const contrast = logSumOver(negative, logits); // [I, 1]
  const counted = and(masks.isPositive, hasAny(countOf(negative))); // [I, I]
  return meanOverAnchors(sub(contrast, logits), counted, 'pair');
}
