import { and, not, type Tensor } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import { RELATION_TRIPLES } from './data-needs.ts';
import { rowDistances } from './distance.ts';
import { type TripletSettings, tripletHinge, tripletSettings } from './hinge.ts';
import { defineLoss } from './loss.ts';
import { reduceAll } from './reduction.ts';
import type { TripleRows } from './step-graph.ts';

/**
 * Triplet loss within relations, of the drawn triples or of all among the items: each anchor with each of its
 * positives, against each negative of the relation.
 */
export const triplet = defineLoss({
  name: 'triplet',
  description: 'Triplet loss within relations: two positives and a negative of one relation',
  settings: tripletSettings,
  needs: RELATION_TRIPLES,
  build: (step, settings) =>
    step.ofAnchors('relation', settings, (places) =>
      step.triples === 'drawn'
        ? tripletLoss(step.drawn('relation', places), settings)
        : allTripletsLoss(step.items, places, (masks) => and(masks.sameRelation, not(masks.positive)), settings),
    ),
});

/**
 * L_t of the paper's section 3.3 (Schroff et al. 2015): the positive should be nearer to the anchor than the negative
 * by a margin.
 *
 *     L_t = mean over i of max(0, d(a_i, p_i) − d(a_i, n_i) + ε)
 *
 * Result: float32 scalar, 0 for M = 0.
 */
export function tripletLoss({ anchors, positives, negatives }: TripleRows, settings: TripletSettings): Tensor {
  const near = rowDistances(anchors, positives, settings.distance); // [M]
  const far = rowDistances(anchors, negatives, settings.distance); // [M]
  return reduceAll(tripletHinge(near, far, settings), settings.reduction);
}
