import * as z from 'zod';
import { add, and, equal, mul, not, reduceSum, scalar, square, type Tensor, unsqueeze } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import { TWO_RELATIONS } from './data-needs.ts';
import { asColumn, distanceMatrix, rowDistances, safeSqrt, squaredDistances } from './distance.ts';
import { type TripletSettings, tripletHinge, tripletSettings } from './hinge.ts';
import { defineLoss } from './loss.ts';
import { reduceAll, reduceMasked } from './reduction.ts';
import type { TripleRows } from './step-graph.ts';

/**
 * In-batch triplet loss (paper, section 3.3), of the drawn triples or of all among the items: each anchor with each of
 * its positives, against every positive of every other relation.
 */
export const inBatch = defineLoss({
  name: 'in-batch',
  description: 'In-batch triplet loss: the positives of other relations are the negatives',
  settings: {
    ...tripletSettings,
    form: z
      .enum(['matrix', 'flattened'])
      .default('matrix')
      .describe("'flattened': one vector out of the whole batch, as the authors' program does"),
  },
  needs: TWO_RELATIONS,
  conflict: ({ form, distance }) =>
    form === 'flattened' && distance !== 'euclidean'
      ? "the form 'flattened' is defined for the Euclidean distance only: take the form 'matrix'"
      : undefined,
  build: (step, settings) =>
    step.ofAnchors('relation', settings, (places) => {
      if (step.triples === 'all' && settings.form === 'matrix') {
        return allTripletsLoss(
          step.items,
          places,
          (masks) => and(and(not(masks.sameRelation), masks.related), masks.positive),
          settings,
        );
      }
      const rows = { anchors: step.rows(places.anchors), positives: step.rows(places.positives) };
      if (settings.form === 'flattened') return flattenedTripletLoss(rows, settings);
      return inBatchTripletLoss({ ...rows, relations: step.relations(places.anchors) }, settings);
    }),
});

/**
 * For triple i the anchors and the positives of all other triples are negatives. Each triple should be of another
 * relation. M triples give 2 M (M − 1) more:
 *
 *     L = mean over i ≠ j of max(0, d(a_i, p_i) − d(a_i, a_j) + ε) and max(0, d(a_i, p_i) − d(a_i, p_j) + ε)
 *
 * `relations`, int64 [M], numbers the relation of each triple; triples of the same relation are not negatives.
 * [M, H] → scalar, 0 for a single triple.
 */
export function inBatchTripletLoss(
  { anchors, positives, relations }: Omit<TripleRows, 'negatives'> & { readonly relations: Tensor },
  settings: TripletSettings,
): Tensor {
  const { distance, reduction } = settings;
  const near = asColumn(rowDistances(anchors, positives, distance)); // [M, 1]
  const others = not(equal(unsqueeze(relations, 1), unsqueeze(relations, 0))); // [M, M]
  const part = (negatives: Tensor) =>
    reduceMasked(tripletHinge(near, distanceMatrix(anchors, negatives, distance), settings), others, reduction);
  const sum = add(part(anchors), part(positives));
  // Both parts have the same number of triples, so the mean over all is the mean of the two.
  return reduction === 'sum' ? sum : mul(sum, scalar(0.5));
}

/**
 * What the authors' program (of Ushio et al., EMNLP 2021) computes instead of the in-batch loss: a reshape turns all
 * anchors into one vector of M · H numbers, all positives into another, and positive i, repeated M times, into a third.
 * The M hinges all share the first distance:
 *
 *     L = mean over i of max(0, √Σ_j ‖a_j − p_j‖² − √Σ_j ‖a_j − p_i‖² ± ε)
 *
 * For repeating figures of that program; Euclidean only.
 */
export function flattenedTripletLoss(
  { anchors, positives }: Omit<TripleRows, 'negatives'>,
  settings: TripletSettings,
): Tensor {
  const squares = squaredDistances(anchors, positives); // [M, M]
  const near = rowDistances(anchors, positives, 'euclidean'); // [M]
  const together = safeSqrt(reduceSum(square(near))); // []
  const far = safeSqrt(reduceSum(squares, 0)); // [M]
  return reduceAll(tripletHinge(together, far, settings), settings.reduction);
}
