/** The learning rate after the warm-up. */
export const decayNames = ['constant', 'linear', 'cosine'] as const;
export type Decay = (typeof decayNames)[number];

export interface ScheduleOptions {
  /** The highest learning rate, reached when the warm-up is over. */
  readonly learningRate: number;
  /** Steps over which the rate rises linearly from 0. Default 0. */
  readonly warmup?: number;
  /**
   * After the warm-up: constant, or falling, linearly or as half a cosine, to 0 one step after the last. Default
   * 'constant'.
   */
  readonly decay?: Decay;
  /** Steps of the whole run. */
  readonly steps: number;
}

/**
 * The learning rate of a step, counted from 0: the multipliers of the `get_*_schedule_with_warmup` functions of
 * transformers. With a warm-up of w steps, step 0 has rate 0 and step w the full rate; of n steps, the last has 1/(n − w)
 * of it where the decay is linear.
 */
export function learningRateAt(step: number, { learningRate, warmup = 0, decay = 'constant', steps }: ScheduleOptions) {
  if (step < warmup) return (learningRate * step) / Math.max(1, warmup);
  const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  if (decay === 'linear') return learningRate * (1 - done);
  if (decay === 'cosine') return learningRate * 0.5 * (1 + Math.cos(Math.PI * done));
  return learningRate;
}
