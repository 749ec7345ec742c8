import * as z from 'zod';
import { add, maximum, scalar, sub, type Tensor } from '../graph/index.ts';
import { reductionSetting } from './reduction.ts';

export const symmetricSetting = z
  .boolean()
  .default(false)
  .describe("Add the loss with anchors and positives exchanged, as the authors' program does");

/** Settings that the losses on triples have in common. */
export const tripletSettings = {
  margin: z
    .number()
    .default(1)
    .describe('Margin of the hinge; 1 as in the paper, smaller with cosine distances (0 to 2)'),
  distance: z
    .enum(['euclidean', 'cosine'])
    .default('euclidean')
    .describe("'euclidean', as in the paper, or 'cosine': 1 − cos"),
  hinge: z
    .enum(['paper', 'code'])
    .default('paper')
    .describe("Sign of the margin: 'paper' adds it, 'code' subtracts it, as the authors' program does"),
  reduction: reductionSetting,
  symmetric: symmetricSetting,
};

export type TripletSettings = Readonly<z.output<z.ZodObject<typeof tripletSettings>>>;

/**
 * The hinge of distances to a positive and to a negative, of any shapes that fit: max(0, near − far + margin).
 *
 * With 'code' the margin is subtracted: nothing is asked until the positive is farther away than the negative by the
 * margin.
 */
export function tripletHinge(
  near: Tensor,
  far: Tensor,
  { margin, hinge }: Pick<TripletSettings, 'margin' | 'hinge'>,
): Tensor {
  return maximum(add(sub(near, far), scalar(hinge === 'paper' ? margin : -margin)), scalar(0));
}
