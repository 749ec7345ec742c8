import { abs, add, exp, log, maximum, neg, scalar, type Tensor } from '../graph/index.ts';

/** log(1 + eˣ) without overflow: max(x, 0) + log(1 + e^−|x|). −log sigmoid(x) is softplus(−x). */
export function softplus(x: Tensor): Tensor {
  return add(maximum(x, scalar(0)), log(add(scalar(1), exp(neg(abs(x))))));
}
