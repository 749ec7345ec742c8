import {
  add,
  l2Normalize,
  maximum,
  mul,
  reduceL2,
  reduceMean,
  reduceSum,
  scalar,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
  transpose,
  unsqueeze,
} from '../graph/index.ts';
import { products } from './rows.ts';

/** 'euclidean': ‖a − b‖; 'cosine': 1 − cos(a, b), from 0 to 2. */
export type Distance = 'euclidean' | 'cosine';

/** Distance of each row of a to the same row of b: [M, H], [M, H] → [M]. Its gradient at equal rows is 0. */
export function rowDistances(a: Tensor, b: Tensor, distance: Distance): Tensor {
  if (distance === 'euclidean') return reduceL2(sub(a, b), -1);
  return sub(scalar(1), reduceSum(mul(l2Normalize(a), l2Normalize(b)), -1));
}

/** Distance of each row of a to each row of b: [M, H], [N, H] → [M, N]. Its gradient at equal rows is 0. */
export function distanceMatrix(a: Tensor, b: Tensor, distance: Distance): Tensor {
  if (distance === 'euclidean') return safeSqrt(squaredDistances(a, b));
  return sub(scalar(1), cosines(a, b));
}

/** Cosine of each row of a with each row of b: [M, H], [N, H] → [M, N]. */
export function cosines(a: Tensor, b: Tensor): Tensor {
  return products(l2Normalize(a), l2Normalize(b));
}

/**
 * ‖a_i − b_j‖², [M, N], as ‖a_i‖² + ‖b_j‖² − 2 a_i · b_j, without a tensor of M · N · H differences.
 *
 * Embeddings of prompts lie close together and far from the origin, where this difference of large numbers would lose
 * its digits. Subtracting the mean from all vectors first changes no distance.
 */
export function squaredDistances(a: Tensor, b: Tensor): Tensor {
  const mean = stopGradient(reduceMean(b, 0, { keepDims: true })); // [1, H]
  const [x, y] = [sub(a, mean), sub(b, mean)];
  const norms = add(
    reduceSum(square(x), 1, { keepDims: true }),
    transpose(reduceSum(square(y), 1, { keepDims: true })),
  );
  return sub(norms, mul(scalar(2), products(x, y)));
}

/** √x with gradient 0 at and below 1e-12, where x is rounding noise. */
export function safeSqrt(x: Tensor): Tensor {
  return sqrt(maximum(x, scalar(1e-12)));
}

/** [M] → [M, 1]. */
export function asColumn(x: Tensor): Tensor {
  return unsqueeze(x, 1);
}
