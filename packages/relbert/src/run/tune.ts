import { join } from '../node/path.ts';
import { nodeRuntime } from '../node/runtime.ts';
import { trainingStore } from '../node/training-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import type { TriggerCounts } from '../prompt/trigger-counts.ts';
import { type PTuningEvent, pTuning } from '../train/soft-prompt/p-tuning.ts';
import type { ReparameterizationName } from '../train/soft-prompt/reparameterization.ts';
import { type PromptDataOptions, readPromptData } from './problem.ts';
import {
  checkLayout,
  checkPromptOutput,
  checkpointsName,
  PromptLog,
  type PromptOutputOptions,
  type PromptRunEvent,
  savePrompt,
} from './prompt-output.ts';

export interface TunePromptOptions extends PromptDataOptions, PromptOutputOptions {
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
 * which a run that was stopped goes on.
 */
export async function* tunePrompt(options: TunePromptOptions): AsyncGenerator<TunePromptEvent> {
  const { output, counts, seed = 0, layout = '2023', signal, threads } = options;
  const { reparameterization, steps, learningRate, every, margin, distance } = options;
  await checkPromptOutput(options);
  const { checkpoint, model, train, validation, excludedPairs, configuration } = await readPromptData(options);
  checkLayout(layout, model.pooling);
  yield { kind: 'data', relations: train.length, validation: validation.length, excludedPairs };
  const events = pTuning({
    model,
    relations: train,
    validation,
    runtime: nodeRuntime(),
    threads,
    seed,
    counts,
    layout,
    store: trainingStore(join(output, checkpointsName)),
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
  let log: PromptLog | undefined;
  try {
    for await (const event of events) {
      if (event.kind === 'start') {
        const { step, checked } = event;
        // A run that was stopped between a step and its validation does the validation again.
        log = await PromptLog.open(output, ({ kind, at }) => at <= (kind === 'validation' ? checked : step));
      } else if (event.kind === 'validation') {
        await log?.append({ ...event, validation: event.value, at: event.step });
      } else if (event.kind === 'done') {
        const { spec, ...rest } = event;
        await log?.append({ ...rest, at: event.step });
        await savePrompt(output, { prompt: spec, pooling: model.pooling, text: event.text }, layout, {
          foundBy: 'relbert prompt tune',
          model: checkpoint.origin,
          first: event.first,
          ...(event.best && { step: event.best.step, loss: event.best.value }),
        });
        await log?.draw('step');
      } else if (event.kind === 'step') {
        await log?.append({ ...event, at: event.step });
      }
      yield event;
    }
  } finally {
    await log?.close();
  }
  yield { kind: 'saved', folder: output };
}
