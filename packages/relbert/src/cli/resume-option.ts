import type { StartEvent } from '../train/train-event.ts';
import { choice, type Option } from './option.ts';

/** `--resume` of a run with checkpoints; given without a value it is true. */
type ResumeFlag = true | 'last' | 'best';

export const resumeOption: Option<ResumeFlag | undefined> = choice(
  '[checkpoint]',
  "go on with the run in the output folder; where a checkpoint is damaged, from the 'last' or the 'best' one alone",
  ['last', 'best'],
);

/** Where a run goes on, for the line about its start. */
export function goingOn({ from, step }: Pick<StartEvent, 'from' | 'step'>): string {
  if (from === 'best') return `going on from the best weights, of step ${step}, with new moments of the optimiser; `;
  return step > 0 ? `going on after step ${step}; ` : '';
}
