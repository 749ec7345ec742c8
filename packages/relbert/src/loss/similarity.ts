import * as z from 'zod';
import {
  and,
  cast,
  diagonal,
  div,
  exp,
  gather,
  logSoftmax,
  maximum,
  mul,
  not,
  reduceSum,
  reshape,
  type Shape,
  scalar,
  sub,
  type Tensor,
  where,
} from '../graph/index.ts';
import { MASKED, scaledCosines, temperatureSetting } from './contrast.ts';
import { TEACHER } from './data-needs.ts';
import { ItemMasks } from './items.ts';
import { defineLoss } from './loss.ts';
import { reduceAll } from './reduction.ts';

/**
 * Distillation of similarities: the student learns to find the same pairs alike as the teacher. For each pair of the
 * batch, the cosines with all others become a distribution; the loss is how far the student's is from the teacher's:
 *
 *     L = mean over i of KL(q_i ‖ p_i),  q_i = softmax over j ≠ i of cos(t_i, t_j) / τ_t,  p_i likewise of the student / τ
 *
 * With `labelled: false` the rows and columns of pairs that were drawn with a relation are left out: another loss moves
 * them away from the teacher. student: float32 [N, H]; teacher: float32 [N, E] of the same pairs in the same order, from any model, prompt and
 * pooling; it gets no gradient. N distinct pairs, no labels. Result: float32 scalar ≥ 0. (Not in the paper; after
 * "Similarity-preserving knowledge distillation", Tung and Mori 2019, with a softmax over rows.)
 */
export const similarity = defineLoss({
  name: 'similarity',
  description: "Similarities of a teacher: each pair's cosines with all others become like the teacher's",
  settings: {
    temperature: temperatureSetting(0.1),
    labelled: z
      .boolean()
      .default(true)
      .describe('Compare pairs with a relation too; false: those alone that were drawn without'),
    teacherTemperature: z.number().positive().optional().describe("Of the teacher's softmax. Default: temperature"),
  },
  needs: TEACHER,
  build: ({ embeddings, items, teacher }, { temperature, teacherTemperature = temperature, labelled }) => {
    const divergence = (student: Tensor, target: Tensor, others: Tensor) => {
      const distribution = (vectors: Tensor, at: number) =>
        logSoftmax(where(others, scaledCosines(vectors, at), scalar(MASKED)), 1);
      const p = distribution(student, temperature);
      const q = distribution(target, teacherTemperature);
      return reduceSum(where(others, mul(exp(q), sub(q, p)), scalar(0)), 1);
    };
    if (labelled) {
      const others = not(diagonal((embeddings.shape as Shape)[0] as number | string, [embeddings])); // [N, N]
      return reduceAll(divergence(embeddings, teacher, others), 'mean');
    }
    const masks = new ItemMasks(items);
    const others = and(not(masks.samePair), not(masks.related)); // [I, I]
    const rows = divergence(items.embeddings, gather(teacher, items.pair), others); // [I]
    const counted = cast(not(reshape(masks.related, [-1])), 'float32'); // [I]
    return div(reduceSum(mul(rows, counted)), maximum(reduceSum(counted), scalar(1)));
  },
});
