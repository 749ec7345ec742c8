import { nodeRuntime } from '../node/runtime.ts';
import { trainingStore } from '../node/training-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import type { TriggerCounts } from '../prompt/trigger-counts.ts';
import { type PTuningEvent, pTuning } from '../train/soft-prompt/p-tuning.ts';
import type { ReparameterizationName } from '../train/soft-prompt/reparameterization.ts';
import type { CheckpointName } from '../train/training-state.ts';
import { type PromptDataOptions, readPromptData } from './problem.ts';
import { checkLayout, drawCurve, type PromptRunEvent, promptRun, savePrompt } from './prompt-output.ts';
import { isBefore, RunFolder, type RunFolderOptions } from './run-folder.ts';

export interface TunePromptOptions extends PromptDataOptions, Omit<RunFolderOptions, 'read' | 'resume'> {
  /** Go on with the run in the folder; 'last', 'best': from this checkpoint alone, where the other is damaged. */
  readonly resume?: boolean | CheckpointName;
  /** Vectors before, between and after the words. */
  readonly counts: TriggerCounts;
  readonly reparameterization?: ReparameterizationName;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly every?: number;
  readonly margin?: number;
  readonly distance?: 'euclidean' | 'cosine';
  readonly layout?: PromptLayout;
  readonly seed?: number;
}

export type TunePromptEvent = PTuningEvent | PromptRunEvent;

/**
 * P-tuning from files to a folder: `config.json` with the vectors, `prompt.jsonl`, `loss.svg`, and `checkpoints/`, from
 * which a stopped run resumes.
 */
export async function* tunePrompt(options: TunePromptOptions): AsyncGenerator<TunePromptEvent> {
  const { output, counts, seed = 0, layout = '2023', signal, threads } = options;
  const { reparameterization, steps, learningRate, every, margin, distance } = options;
  await using folder = await RunFolder.open(promptRun, options);
  const { checkpoint, model, train, validation, excludedPairs, configuration } = await readPromptData(options);
  checkLayout(layout, model.pooling);
  yield { kind: 'data', relations: train.length, validation: validation.length, excludedPairs };
  const events = pTuning({
    model,
    relations: train,
    validation,
    runtime: nodeRuntime({ device: options.device }),
    threads,
    seed,
    counts,
    layout,
    store: trainingStore(folder.checkpoints),
    resume: options.resume ?? false,
    configuration,
    signal,
    ...(reparameterization !== undefined && { reparameterization }),
    ...(steps !== undefined && { steps }),
    ...(learningRate !== undefined && { learningRate }),
    ...(every !== undefined && { every }),
    ...(margin !== undefined && { margin }),
    ...(distance !== undefined && { distance }),
  });
  for await (const event of events) {
    if (event.kind === 'start') {
      await folder.begin();
      await folder.openLog(isBefore(event));
    } else if (event.kind === 'validation' || event.kind === 'step') {
      await folder.append(event);
    } else if (event.kind === 'done') {
      const { spec, ...rest } = event;
      await folder.append(rest);
      await savePrompt(output, { prompt: spec, pooling: model.pooling, text: event.text }, layout, {
        foundBy: 'relbert prompt tune',
        model: checkpoint.origin,
        first: event.first,
        ...(event.best && { step: event.best.step, loss: event.best.value }),
      });
      await drawCurve(folder, 'step');
    }
    yield event;
  }
  yield { kind: 'saved', folder: output };
}
