/** Whether the losses of a run find anything to compare in its batches. */
import type { TripleSource } from '../loss/loss-inputs.ts';
import { type LossTerm, lossesWithExamples, nothingToLearn } from '../loss/losses.ts';
import { type Sampler, SamplingError } from './sampler.ts';

/** At most this many batches are checked. The first is enough where nothing is wrong. */
const mostBatches = 1000;

/**
 * Checks the batches of a run, in their order, until every loss has had an example.
 * @throws SamplingError for a loss without any: it would be constant, and the run would end as if it had learnt
 */
export function checkLossExamples(
  losses: readonly LossTerm[],
  sampler: Sampler,
  { steps, triples }: { readonly steps: number; readonly triples: TripleSource },
): void {
  const missing = new Set(losses.map(({ name }) => name));
  for (let step = 0; step < Math.min(steps, mostBatches); step++) {
    for (const name of lossesWithExamples(sampler.batch(step), triples)) missing.delete(name);
    if (missing.size === 0) return;
  }
  const [name] = missing;
  if (name !== undefined) throw new SamplingError(nothingToLearn(name));
}
