import * as z from 'zod';
import { abs, add, concat, dot, neg, sub, type Tensor } from '../graph/index.ts';
import { RELATION_TRIPLES } from './data-needs.ts';
import { symmetricSetting } from './hinge.ts';
import { defineLoss } from './loss.ts';
import { type Reduction, reduceAll, reductionSetting } from './reduction.ts';
import { softplus } from './smooth.ts';

/** Classification loss, of the drawn triples or of all positives and negatives among the items. */
export const classification = defineLoss({
  name: 'classification',
  description: 'A classifier of two pairs (do they stand in one relation?), trained with the encoder',
  settings: {
    bias: z.boolean().default(true).describe("The classifier has a bias, as the authors' program; the paper has none"),
    reduction: reductionSetting,
    symmetric: symmetricSetting,
  },
  needs: RELATION_TRIPLES,
  build: (step, settings) => {
    const head = {
      weight: step.parameter('head.weight', [3 * step.size]),
      bias: settings.bias ? step.parameter('head.bias', [1]) : undefined,
    };
    return step.ofAnchors('relation', settings, (places) => {
      if (step.triples === 'drawn') return classificationLoss(step.drawn('relation', places), head, settings.reduction);
      const rows = { anchors: step.rows(places.anchors), positives: step.rows(places.positives) };
      const { anchors: negativeAnchors, negatives } = step.contrasts();
      return classificationLoss({ ...rows, negativeAnchors, negatives }, head, settings.reduction);
    });
  },
});

/** The classifier's parameters, trained with the encoder. */
export interface ClassificationHead {
  /** W: float32 [3 H]. */
  readonly weight: Tensor;
  /** float32 [1]. */
  readonly bias: Tensor | undefined;
}

/** Pairs of embeddings, row by row. */
export interface ClassificationRows {
  /** float32 [M, H] each: two pairs of one relation. */
  readonly anchors: Tensor;
  readonly positives: Tensor;
  /** float32 [L, H] each: a positive and a negative of a relation. Default: `anchors`. */
  readonly negativeAnchors?: Tensor;
  readonly negatives: Tensor;
}

/**
 * L_c of the paper's section 3.3 (the three-way feature is that of SBERT, Reimers and Gurevych 2019, section 3): do two
 * pairs stand in one relation?
 *
 *     L_c = mean of −log g(a, p) + mean of −log(1 − g(a, n)),  g(u, v) = sigmoid(W · [u; v; |u − v|] + b)
 *
 * computed as softplus(−z) and softplus(z), so that no logarithm of 0 is taken. Result: float32 scalar.
 */
export function classificationLoss(rows: ClassificationRows, head: ClassificationHead, reduction: Reduction): Tensor {
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
