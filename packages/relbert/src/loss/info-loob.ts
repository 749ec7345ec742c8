import { and, sub } from '../graph/index.ts';
import { countOf, hasAny, logSumOver, meanOverAnchors, scaledCosines, temperatureSetting } from './contrast.ts';
import { CONTRASTS } from './data-needs.ts';
import { ItemMasks } from './items.ts';
import { defineLoss } from './loss.ts';

/**
 * InfoLOOB, "leave one out bound" (Poole et al. 2019; the journal paper's second loss): InfoNCE without the positive in
 * the denominator, so that the pull on a positive does not fade when it is already the nearest.
 *
 *     L = mean over a of mean over p of −s(a,p) + log Σ_N e^s(a,n),  s = cos / τ
 *
 * Positives and negatives as for {@link infoNce}. Anchors without a negative are left out. Can be below 0.
 */
export const infoLoob = defineLoss({
  name: 'infoloob',
  description: 'InfoLOOB: InfoNCE without the positive in the denominator',
  settings: { temperature: temperatureSetting(0.05) },
  needs: CONTRASTS,
  build: ({ items }, { temperature }) => {
    const logits = scaledCosines(items.embeddings, temperature); // [I, I]
    const masks = new ItemMasks(items);
    const negative = masks.isNegative;
    const contrast = logSumOver(negative, logits); // [I, 1]
    const counted = and(masks.isPositive, hasAny(countOf(negative))); // [I, I]
    return meanOverAnchors(sub(contrast, logits), counted, 'pair');
  },
});
