import { reduceSum, square, type Tensor } from '../graph/index.ts';
import { rowDistances, safeSqrt, squaredDistances } from './distance.ts';
import { type TripletOptions, tripletHinge } from './hinge.ts';
import { reduceAll } from './reduction.ts';
import type { TripleRows } from './triplet.ts';

/**
 * What the authors' program (of Ushio et al., EMNLP 2021) computes instead of the in-batch loss: a reshape makes
 * one vector of M · H numbers out of all anchors, one out of all positives, and one out of positive i written M times,
 * which gives M hinges that all share the first distance:
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
  return reduceAll(tripletHinge(together, far, options), options.reduction ?? 'mean');
}
