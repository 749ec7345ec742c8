import { or, sub, type Tensor } from '../graph/index.ts';
import { logSumOver, meanOverAnchors, scaledCosines } from './contrast.ts';
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
  const over = (mask: Tensor) => logSumOver(mask, logits); // [I, 1]
  if (form === 'sum') return meanOverAnchors(sub(over(or(positive, negative)), over(positive)), positive, 'anchor');
  const each = form === 'each' ? softplus(sub(over(negative), logits)) : sub(over(or(positive, negative)), logits); // [I, I]
  return meanOverAnchors(each, positive, 'pair');
}
