import { add, and, equal, mul, not, scalar, type Tensor, unsqueeze } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import { asColumn, distanceMatrix, rowDistances } from './distance.ts';
import { type TripletOptions, tripletHinge } from './hinge.ts';
import type { AnchorPositives, Items } from './items.ts';
import { reduceMasked } from './reduction.ts';
import type { TripleRows } from './triplet.ts';

/**
 * In-batch triplet loss (paper, section 3.3): for triple i the anchors and the positives of all other triples serve as
 * negatives. Each triple must be of another relation. M triples give 2 M (M − 1) more:
 *
 *     L = mean over i ≠ j of max(0, d(a_i, p_i) − d(a_i, a_j) + ε) and max(0, d(a_i, p_i) − d(a_i, p_j) + ε)
 *
 * `relations`, int64 [M], names the relation of each triple; those of the same one are no negatives. [M, H] → scalar,
 * 0 for a single triple.
 */
export function inBatchTripletLoss(
  { anchors, positives, relations }: Omit<TripleRows, 'negatives'> & { readonly relations: Tensor },
  options: TripletOptions = {},
): Tensor {
  const { distance = 'euclidean', reduction = 'mean' } = options;
  const near = asColumn(rowDistances(anchors, positives, distance)); // [M, 1]
  const others = not(equal(unsqueeze(relations, 1), unsqueeze(relations, 0))); // [M, M]
  const part = (negatives: Tensor) =>
    reduceMasked(tripletHinge(near, distanceMatrix(anchors, negatives, distance), options), others, reduction);
  const sum = add(part(anchors), part(positives));
  // Both parts have the same number of triples, so the mean over all is the mean of the two.
  return reduction === 'sum' ? sum : mul(sum, scalar(0.5));
}

/**
 * In-batch triplet loss over all triples among the items of a step: each anchor with each of its positives, against
 * every positive of every other relation.
 */
export function allInBatchLoss(items: Items, places: AnchorPositives, options: TripletOptions = {}): Tensor {
  return allTripletsLoss(
    items,
    places,
    (masks) => and(and(not(masks.sameRelation), masks.related), masks.positive),
    options,
  );
}
