import * as z from 'zod';
import {
  diagonal,
  exp,
  logSoftmax,
  mul,
  not,
  reduceSum,
  type Shape,
  scalar,
  sub,
  type Tensor,
  where,
} from '../graph/index.ts';
import { MASKED, scaledCosines, temperatureSetting } from './contrast.ts';
import { TEACHER } from './data-needs.ts';
import { defineLoss } from './loss.ts';
import { reduceAll } from './reduction.ts';

/**
 * Distillation of similarities: the student learns to find the same pairs alike as the teacher. For each pair of the
 * batch, the cosines with all others become a distribution; the loss is how far the student's is from the teacher's:
 *
 *     L = mean over i of KL(q_i ‖ p_i),  q_i = softmax over j ≠ i of cos(t_i, t_j) / τ_t,  p_i likewise of the student / τ
 *
 * student: float32 [N, H]; teacher: float32 [N, E] of the same pairs in the same order, from any model, prompt and
 * pooling; it gets no gradient. N distinct pairs, no labels. Result: float32 scalar ≥ 0. (Not in the paper; after
 * "Similarity-preserving knowledge distillation", Tung and Mori 2019, with a softmax over rows.)
 */
export const similarity = defineLoss({
  name: 'similarity',
  description: "Similarities of a teacher: each pair's cosines with all others become like the teacher's",
  settings: {
    temperature: temperatureSetting(0.1),
    teacherTemperature: z.number().positive().optional().describe("Of the teacher's softmax. Default: temperature"),
  },
  needs: TEACHER,
  build: ({ embeddings: student, teacher }, { temperature, teacherTemperature = temperature }) => {
    const others = not(diagonal((student.shape as Shape)[0] as number | string, [student])); // [N, N]
    const distribution = (embeddings: Tensor, at: number) =>
      logSoftmax(where(others, scaledCosines(embeddings, at), scalar(MASKED)), 1);
    const p = distribution(student, temperature);
    const q = distribution(teacher, teacherTemperature);
    const terms = where(others, mul(exp(q), sub(q, p)), scalar(0)); // [N, N]
    return reduceAll(reduceSum(terms, 1), 'mean');
  },
});
