import { trainingStore } from '../node/training-store.ts';
import { type PTuningEvent, type PTuningOptions, pTuning } from '../train/soft-prompt/p-tuning.ts';
import type { CheckpointName } from '../train/training-state.ts';
import { lossPairs } from './problem.ts';
import { type PromptRunEvent, type PromptRunOptions, readPromptProblem, savePrompt, tuningRun } from './prompt-run.ts';
import { isBefore, RunFolder } from './run-folder.ts';

export interface TunePromptOptions
  extends PromptRunOptions,
    Pick<PTuningOptions, 'counts' | 'reparameterization' | 'steps' | 'learningRate' | 'every'> {
  /** Go on with the run in the folder; 'last', 'best': from this checkpoint alone, where the other is damaged. */
  readonly resume?: boolean | CheckpointName | undefined;
}

export type TunePromptEvent = PTuningEvent | PromptRunEvent;

/**
 * P-tuning from files to a folder: `config.json` with the vectors, `prompt.jsonl`, `loss.svg`, and `checkpoints/`, from
 * which a stopped run resumes.
 *
 * @throws OptionError, CheckpointError, DataError, PromptError or SamplingError for what cannot be used; FileError where
 *   another process holds the folder; ConfigurationMismatchError for a resumed run with other settings; the signal's reason
 *   when aborted
 */
export async function* tunePrompt(options: TunePromptOptions): AsyncGenerator<TunePromptEvent> {
  const { output } = options;
  await using folder = await RunFolder.open(tuningRun, options);
  const { origin, ...problem } = yield* readPromptProblem(options);
  const { pooling } = problem.model;
  const events = pTuning({ ...options, ...problem, store: trainingStore(folder.checkpoints) });
  for await (const event of events) {
    if (event.kind === 'start') {
      await folder.begin();
      await folder.openLog(isBefore(event));
    } else if (event.kind === 'validation' || event.kind === 'step') {
      await folder.append(event);
    } else if (event.kind === 'done') {
      const { spec, ...rest } = event;
      const { text, first, best } = rest;
      await folder.append(rest);
      const about = {
        foundBy: 'relbert prompt tune',
        model: origin,
        first,
        ...(best && { step: best.step, loss: best.value }),
      };
      await savePrompt(
        folder,
        { prompt: spec, pooling, text, form: problem.layout },
        about,
        'step',
        lossPairs(problem),
      );
    }
    yield event;
  }
  yield { kind: 'saved', folder: output };
}
