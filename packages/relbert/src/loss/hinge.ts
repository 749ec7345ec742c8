import { add, maximum, scalar, sub, type Tensor } from '../graph/index.ts';
import type { Distance } from './distance.ts';
import type { Reduction } from './reduction.ts';

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

/** The hinge of distances to a positive and to a negative, of any shapes that fit: max(0, near − far ± ε). */
export function tripletHinge(near: Tensor, far: Tensor, { margin = 1, hinge: form = 'paper' }: TripletOptions): Tensor {
  return maximum(add(sub(near, far), scalar(form === 'paper' ? margin : -margin)), scalar(0));
}
