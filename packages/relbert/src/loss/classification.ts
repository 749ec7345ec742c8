import { abs, add, concat, dot, input, neg, sub, type Tensor } from '../graph/index.ts';
import { type Reduction, reduceAll } from './reduction.ts';
import { softplus } from './smooth.ts';

/** The classifier's parameters, trained with the encoder. */
export interface ClassificationHead {
  /** W: float32 [3 H]. */
  readonly weight: Tensor;
  /** float32 [1]; the paper has none, the authors' program has one. */
  readonly bias: Tensor | undefined;
}

/** The classifier's parameters as graph inputs, `head.weight` and `head.bias`. @param size H, the embedding's dimension. */
export function classificationHead(size: number, { bias = true } = {}): ClassificationHead {
  return {
    weight: input('head.weight', 'float32', [3 * size]),
    bias: bias ? input('head.bias', 'float32', [1]) : undefined,
  };
}

/** Pairs of embeddings, row by row. */
export interface ClassificationRows {
  /** float32 [M, H] each: two pairs of one relation. */
  readonly anchors: Tensor;
  readonly positives: Tensor;
  /** float32 [L, H] each: a pair of a relation and one that only seems to be. Where left out: `anchors`. */
  readonly negativeAnchors?: Tensor;
  readonly negatives: Tensor;
}

/**
 * Classification loss (L_c of the paper's section 3.3; the three-way feature is that of SBERT, Reimers and Gurevych
 * 2019, section 3): do two pairs stand in one relation?
 *
 *     L_c = mean of −log g(a, p) + mean of −log(1 − g(a, n)),  g(u, v) = sigmoid(W · [u; v; |u − v|] + b)
 *
 * computed as softplus(−z) and softplus(z), so that no logarithm of 0 is taken. Data: triples, or pairs of positives
 * and pairs of a positive and a negative. Result: float32 scalar.
 */
export function classificationLoss(
  rows: ClassificationRows,
  head: ClassificationHead,
  { reduction = 'mean' }: { readonly reduction?: Reduction } = {},
): Tensor {
  const { anchors, positives, negativeAnchors = anchors, negatives } = rows;
  const same = softplus(neg(logits(anchors, positives, head))); // [M]
  const different = softplus(logits(negativeAnchors, negatives, head)); // [L]
  return add(reduceAll(same, reduction), reduceAll(different, reduction));
}

/** z = W · [u; v; |u − v|] + b, row by row: [M, H], [M, H] → [M]. */
function logits(u: Tensor, v: Tensor, { weight, bias }: ClassificationHead): Tensor {
  const z = dot(concat([u, v, abs(sub(u, v))], 1), weight); // [M]
  return bias ? add(z, bias) : z;
}
