import * as z from 'zod';
import { add, and, or, scalar, sub, type Tensor, where } from '../graph/index.ts';
import { logSumOver, meanOverAnchors, scaledCosines, temperatureSetting } from './contrast.ts';
import { CONTRASTS } from './data-needs.ts';
import { ItemMasks } from './items.ts';
import { defineLoss } from './loss.ts';
import { softplus } from './smooth.ts';

/**
 * InfoNCE over the items of a step (Ushio et al. 2023; van den Oord et al. 2018): an anchor's positives P(a) are the
 * other positives of its relation; its negatives N(a) are all pairs of other relations and the negatives of its own
 * relation (hard negatives). A word pair is never compared with itself. With s = cos / τ, several positives count
 *
 * - 'each': each against the negatives alone, mean over p of −log(e^s(a,p) / (e^s(a,p) + Σ_N e^s(a,n))), equation (2)
 *   of the journal paper;
 * - 'all': each against everything else, mean over p of −log(e^s(a,p) / Σ_{P ∪ N} e^s(a,x)) (Khosla et al. 2020, L_out);
 * - 'sum': together, −log(Σ_P e^s(a,p) / Σ_{P ∪ N} e^s(a,x)): one near positive is enough.
 *
 * A negative that shares a word with the anchor counts `sharing` times: an embedding of words, not of their relation, has
 * such pairs nearest. Logarithms of sums of exponentials are taken after the largest term, so that nothing overflows at any temperature.
 * Mean over the anchors that have a positive; 0 where none has.
 */
export const infoNce = defineLoss({
  name: 'infonce',
  description: 'InfoNCE: the positives of a relation against all other pairs of the step',
  settings: {
    temperature: temperatureSetting(0.05),
    positives: z
      .enum(['each', 'all', 'sum'])
      .default('each')
      .describe(
        "How several positives of an anchor count: 'each' against the negatives, against 'all', or their 'sum'",
      ),
    sharing: z.number().positive().default(1).describe('Weight of negatives that share a word with the anchor'),
  },
  needs: CONTRASTS,
  build: ({ items }, { temperature, positives: form, sharing }) => {
    const logits = scaledCosines(items.embeddings, temperature); // [I, I]
    const masks = new ItemMasks(items);
    const [positive, negative] = [masks.isPositive, masks.isNegative];
    const weighted =
      sharing === 1 ? logits : where(and(negative, masks.sharesWord), add(logits, scalar(Math.log(sharing))), logits);
    const over = (mask: Tensor) => logSumOver(mask, weighted); // [I, 1]
    if (form === 'sum') return meanOverAnchors(sub(over(or(positive, negative)), over(positive)), positive, 'anchor');
    const each = form === 'each' ? softplus(sub(over(negative), logits)) : sub(over(or(positive, negative)), logits); // [I, I]
    return meanOverAnchors(each, positive, 'pair');
  },
});
