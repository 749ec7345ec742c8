import {
  add,
  and,
  equal,
  maximum,
  mul,
  not,
  or,
  reduceSum,
  scalar,
  square,
  sub,
  type Tensor,
  unsqueeze,
} from '../graph/index.ts';
import { asColumn, type Distance, distanceMatrix, rowDistances, safeSqrt, squaredDistances } from './distance.ts';
import { type AnchorPositives, ItemMasks, type Items } from './items.ts';
import { type Reduction, reduceAll, reduceMasked } from './reduction.ts';
import { selectRows } from './rows.ts';

/** Embeddings of drawn triples, row by row: float32 [M, H] each. */
export interface TripleRows {
  readonly anchors: Tensor;
  readonly positives: Tensor;
  readonly negatives: Tensor;
}

export interface TripletOptions {
  /** ε. Default 1, as in the paper; with cosine distance (0 … 2) choose a smaller one. */
  readonly margin?: number;
  /** Default 'euclidean', as in the paper. */
  readonly distance?: Distance;
  /**
   * 'paper' (default): max(0, d(a,p) − d(a,n) + ε). 'code': max(0, d(a,p) − d(a,n) − ε), the sign of the authors'
   * program, which asks nothing before the positive is farther away than the negative by ε.
   */
  readonly hinge?: 'paper' | 'code';
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/**
 * Triplet loss (paper, section 3.3): the positive shall be nearer to the anchor than the negative by a margin.
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
  return reduceAll(hinge(near, far, options), reduction);
}

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
    reduceMasked(hinge(near, distanceMatrix(anchors, negatives, distance), options), others, reduction);
  const sum = add(part(anchors), part(positives));
  // Both parts have the same number of triples, so the mean over all is the mean of the two.
  return reduction === 'sum' ? sum : mul(sum, scalar(0.5));
}

/**
 * What the authors' program computes in the place of the in-batch loss (docs/reference.md of the project, section 4,
 * item 2): a reshape makes one vector of M · H numbers out of all anchors, one out of all positives, and one out of
 * positive i written M times, which gives M hinges that all share the first distance:
 *
 *     L = mean over i of max(0, √Σ_j ‖a_j − p_j‖² − √Σ_j ‖a_j − p_i‖² ± ε)
 *
 * Here so that figures made with it can be repeated; Euclidean only.
 */
export function flattenedTripletLoss(
  { anchors, positives }: Omit<TripleRows, 'negatives'>,
  options: Omit<TripletOptions, 'distance'> = {},
): Tensor {
  const squares = squaredDistances(anchors, positives); // [M, M]
  const near = rowDistances(anchors, positives, 'euclidean'); // [M]
  const together = safeSqrt(reduceSum(square(near))); // []
  const far = safeSqrt(reduceSum(squares, 0)); // [M]
  return reduceAll(hinge(together, far, options), options.reduction ?? 'mean');
}

/**
 * Which items are negatives:
 * - 'relation': those that only seem to belong to the anchor's relation;
 * - 'batch': the positives of all other relations;
 * - 'category': the positives of the relations of all other categories.
 */
export type TripletLevel = 'relation' | 'batch' | 'category';

/**
 * Triplet loss over all triples among the items of a step: each anchor with each of its positives, given as places
 * among the items [M], against each negative of the level. At the levels 'relation' and 'batch' anchor and positive
 * are of one relation, at the level 'category' of two relations of one category.
 *
 *     L = mean over (a, p) and n of max(0, d(a, p) − d(a, n) + ε)
 */
export function allTripletsLoss(
  items: Items,
  { anchors, positives }: AnchorPositives,
  options: TripletOptions & { readonly level: TripletLevel },
): Tensor {
  const { distance = 'euclidean', reduction = 'mean', level } = options;
  const a = selectRows(items.embeddings, anchors); // [M, H]
  const near = asColumn(rowDistances(a, selectRows(items.embeddings, positives), distance)); // [M, 1]
  const far = selectRows(distanceMatrix(items.embeddings, items.embeddings, distance), anchors); // [M, I]
  const masks = new ItemMasks(items, anchors);
  const same = or(masks.samePair, new ItemMasks(items, positives).samePair);
  const negatives = and(negativesOf(masks, level), not(same)); // [M, I]
  return reduceMasked(hinge(near, far, options), negatives, reduction);
}

function negativesOf(masks: ItemMasks, level: TripletLevel): Tensor {
  if (level === 'relation') return and(masks.sameRelation, not(masks.positive));
  if (level === 'batch') return and(and(not(masks.sameRelation), masks.related), masks.positive);
  return and(and(not(masks.sameCategory), masks.categorised), masks.positive);
}

function hinge(near: Tensor, far: Tensor, { margin = 1, hinge: form = 'paper' }: TripletOptions): Tensor {
  return maximum(add(sub(near, far), scalar(form === 'paper' ? margin : -margin)), scalar(0));
}
