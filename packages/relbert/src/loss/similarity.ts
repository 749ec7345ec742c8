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
import { NOTHING, scaledCosines } from './contrast.ts';
import { reduceAll } from './reduction.ts';

export interface SimilarityOptions {
  /** Temperature of the student's softmax, > 0. Default 0.1. */
  readonly temperature?: number;
  /** Temperature of the teacher's softmax. Default: the student's. */
  readonly teacherTemperature?: number;
}

/**
 * Distillation of similarities: the student shall find the same pairs alike as the teacher does. For each pair of the
 * batch, the cosines with all others become a distribution; the loss is how far the student's is from the teacher's:
 *
 *     L = mean over i of KL(q_i ‖ p_i),  q_i = softmax over j ≠ i of cos(t_i, t_j) / τ_t,  p_i likewise of the student / τ
 *
 * student: float32 [N, H]; teacher: float32 [N, E] of the same pairs in the same order, from any model, prompt and
 * pooling; no gradient flows into it. N distinct pairs, no labels. Result: float32 scalar ≥ 0. (Not in the paper;
 * after "Similarity-preserving knowledge distillation", Tung and Mori 2019, with a softmax over rows.)
 */
export function similarityLoss(student: Tensor, teacher: Tensor, options: SimilarityOptions = {}): Tensor {
  const { temperature = 0.1, teacherTemperature = temperature } = options;
  const others = not(diagonal((student.shape as Shape)[0] as number | string, [student])); // [N, N]
  const distribution = (embeddings: Tensor, at: number) =>
    logSoftmax(where(others, scaledCosines(embeddings, at), scalar(NOTHING)), 1);
  const p = distribution(student, temperature);
  const q = distribution(teacher, teacherTemperature);
  const terms = where(others, mul(exp(q), sub(q, p)), scalar(0)); // [N, N]
  return reduceAll(reduceSum(terms, 1), 'mean');
}
