import { and, not, type Tensor } from '../graph/index.ts';
import { allTripletsLoss } from './all-triplets.ts';
import { rowDistances } from './distance.ts';
import { type TripletOptions, tripletHinge } from './hinge.ts';
import type { AnchorPositives, Items } from './items.ts';
import { reduceAll } from './reduction.ts';

/** Embeddings of drawn triples, row by row: float32 [M, H] each. */
export interface TripleRows {
  readonly anchors: Tensor;
  readonly positives: Tensor;
  readonly negatives: Tensor;
}

/**
 * Triplet loss (L_t of the paper's section 3.3; Schroff et al. 2015): the positive shall be nearer to the anchor than
 * the negative by a margin.
 *
 *     L_t = mean over i of max(0, d(a_i, p_i) − d(a_i, n_i) + ε)
 *
 * Data: triples (two positives and a negative of one relation; or, at the category level, positives of two relations of
 * one category and one of another category). anchors, positives, negatives: [M, H]. Result: float32 scalar, 0 for M = 0.
 */
export function tripletLoss({ anchors, positives, negatives }: TripleRows, options: TripletOptions = {}): Tensor {
  const { distance = 'euclidean', reduction = 'mean' } = options;
  const near = rowDistances(anchors, positives, distance); // [M]
  const far = rowDistances(anchors, negatives, distance); // [M]
  return reduceAll(tripletHinge(near, far, options), reduction);
}

/**
 * Triplet loss over all triples within the relations of a step: each anchor with each of its positives, against each
 * item that only seems to belong to the relation.
 */
export function allTripletLoss(items: Items, places: AnchorPositives, options: TripletOptions = {}): Tensor {
  return allTripletsLoss(items, places, (masks) => and(masks.sameRelation, not(masks.positive)), options);
}
