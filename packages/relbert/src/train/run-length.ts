import type { Sampler } from './sampler.ts';
import type { TrainingConfig } from './training-config.ts';

/** Steps of a run: as given, or those of its epochs, one at least. Neither given: one epoch. */
export function runLength(
  { steps, epochs = 1 }: Pick<TrainingConfig, 'steps' | 'epochs'>,
  { stepsPerEpoch }: Pick<Sampler, 'stepsPerEpoch'>,
): number {
  return steps ?? Math.max(1, Math.round(epochs * stepsPerEpoch));
}
