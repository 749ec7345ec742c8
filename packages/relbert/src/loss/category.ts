import { and, not } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import { CATEGORY_TRIPLES } from './data-needs.ts';
import { tripletSettings } from './hinge.ts';
import { defineLoss } from './loss.ts';
import { tripletLoss } from './triplet.ts';

/**
 * Triplet loss at the category level (paper, section 3.3): anchor and positive are positives of two relations of one
 * category, the negative is a positive of another category. Of the drawn triples or of all among the items.
 */
export const category = defineLoss({
  name: 'category',
  description: 'Triplet loss between relations: positives of two relations of a category, and one of another category',
  settings: tripletSettings,
  needs: CATEGORY_TRIPLES,
  build: (step, settings) =>
    step.ofAnchors('category', settings, (places) =>
      step.triples === 'drawn'
        ? tripletLoss(step.drawn('category', places), settings)
        : allTripletsLoss(
            step.items,
            places,
            (masks) => and(and(not(masks.sameCategory), masks.categorised), masks.positive),
            settings,
          ),
    ),
});
