import { and, not, type Tensor } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import type { TripletOptions } from './hinge.ts';
import type { AnchorPositives, Items } from './items.ts';
import { type TripleRows, tripletLoss } from './triplet.ts';

/**
 * Triplet loss at the category level (paper, section 3.3): anchor and positive are positives of two relations of one
 * category, the negative one of another category. The formula is that of {@link tripletLoss}: L_t.
 *
 * Data: drawn triples, [M, H] each. Result: float32 scalar, 0 for M = 0.
 */
export function categoryTripletLoss(rows: TripleRows, options: TripletOptions = {}): Tensor {
  return tripletLoss(rows, options);
}

/**
 * The same over all triples among the items of a step: each positive of a relation with each positive of the other
 * relations of its category, against every positive of the relations of all other categories.
 */
export function allCategoryLoss(items: Items, places: AnchorPositives, options: TripletOptions = {}): Tensor {
  return allTripletsLoss(
    items,
    places,
    (masks) => and(and(not(masks.sameCategory), masks.categorised), masks.positive),
    options,
  );
}
