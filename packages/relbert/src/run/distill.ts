/**
 * Training from files to files: it reads data, language model and teacher, trains, and writes a folder in
 * HuggingFace layout. The command `relbert distill` is this with a progress display.
 */

import { formatTrainPairs, pairsOf } from '../data/relation-set.ts';
import { splitSources } from '../data/split.ts';
import { relationModel } from '../encoder/language-model.ts';
import { writeFileAtomic } from '../node/files.ts';
import { openModel } from '../node/open-model.ts';
import { nodeRuntime } from '../node/runtime.ts';
import { trainingStore } from '../node/training-store.ts';
import type { TrainingBatch } from '../train/batch.ts';
import { train } from '../train/fine-tuning.ts';
import { drawnRelations, recipeSampler } from '../train/recipe-sampler.ts';
import { runLength } from '../train/run-length.ts';
import type { Sampler } from '../train/sampler.ts';
import type { TrainEvent } from '../train/train-event.ts';
import { checkLengths, checkRun } from './check-run.ts';
import { distillRun, recipeFileName, trainPairsName } from './distill-folder.ts';
import { finishedBefore } from './finished-run.ts';
import type { DistillOptions } from './options.ts';
import { readTrainingData } from './read-data.ts';
import { runConfiguration } from './run-configuration.ts';
import { isBefore, RunFolder } from './run-folder.ts';
import { saveRun } from './save-run.ts';
import { comparedPairs, loadTeacher } from './teacher.ts';
import { pairsOfQuestions, type RunValidation, runValidation } from './validation.ts';

/** The events of a run in addition to the trainer's. */
export type DistillEvent =
  | TrainEvent
  | {
      readonly kind: 'data';
      readonly relations: number;
      readonly pairs: number;
      readonly excludedPairs: number;
      readonly droppedRelations: readonly string[];
    }
  /** The run in this folder was finished before, after `step` steps (undefined: its log is gone): nothing was changed. */
  | { readonly kind: 'finished-before'; readonly step: number | undefined; readonly folder: string }
  | { readonly kind: 'saved'; readonly folder: string };

/**
 * Trains a relation encoder and saves it. While it runs, the folder holds `train.jsonl`, `train-pairs.tsv`,
 * `recipe.json` and `checkpoints/`; model, tokenizer, card and learning curve appear when it is done. With `overwrite`
 * the files of an earlier run are removed after all inputs have been read and checked. No other process can write into
 * the folder meanwhile.
 *
 * @throws OptionError, CheckpointError, DataError, SamplingError, and what {@link train} throws
 */
export async function* distill(options: DistillOptions): AsyncGenerator<DistillEvent> {
  const { recipe, output, signal, resume = false, threads, validate: questions = [] } = options;
  const read = [options.model, ...(recipe.teacher ? [recipe.teacher.model] : [])];
  await using folder = await RunFolder.open(distillRun, { ...options, read });
  const finished = resume && (await finishedBefore(folder, options));
  if (finished) {
    yield { kind: 'finished-before', step: finished.step, folder: output };
    return;
  }
  const data = await readTrainingData(recipe, options.excludePairs, options.onNotice);
  const { further } = data;
  const drawn = drawnRelations(recipe, data.relations);
  const all = [...drawn.values()].flat();
  yield {
    kind: 'data',
    relations: all.length,
    pairs: pairsOf(all).length,
    excludedPairs: data.excludedPairs,
    droppedRelations: data.droppedRelations,
  };
  const { prompt, hub } = options;
  const model = relationModel(await openModel(options.model, hub), {
    prompt,
    template: prompt ? undefined : (recipe.template ?? undefined),
    pooling: recipe.pooling ?? undefined,
  });
  checkLengths([...pairsOf([...all, ...further]), ...pairsOfQuestions(questions)], model);
  const split = splitSources(drawn, {
    validation: recipe.validationShare,
    seed: recipe.validationSeed,
    further,
  });
  const trained = [...split.train.values()].flat();
  const sampler = recipeSampler(
    recipe,
    split.train,
    further.length > 0 && recipe.teacher
      ? { relations: further, pairsPerStep: recipe.teacher.pairsPerStep }
      : undefined,
  );
  const validation = runValidation(recipe, { held: split.validation, questions });
  checkRun(recipe.training, { sampler, validation });
  const teacher =
    recipe.teacher &&
    (await loadTeacher({
      model: await openModel(recipe.teacher.model, hub),
      pairs: comparedPairs(batchesOf(sampler, runLength(recipe.training, sampler), validation), recipe.training.losses),
      ...{ signal, threads, hub, device: options.device, onProgress: options.onTeacher },
    }));
  const trainPairs = formatTrainPairs([...trained, ...further]);
  const events = train({
    model,
    training: recipe.training,
    sampler,
    runtime: nodeRuntime({ device: options.device }),
    validation,
    store: trainingStore(folder.checkpoints),
    resume,
    configuration: await runConfiguration({
      recipe,
      model,
      prompt,
      trainPairs,
      questions,
      teacherHash: teacher?.modelHash,
    }),
    ...{ threads, teacher: teacher ?? undefined, signal },
  });

  for await (const event of events) {
    if (event.kind === 'start') {
      await folder.begin();
      await writeFileAtomic(folder.file(trainPairsName), trainPairs);
      await writeFileAtomic(folder.file(recipeFileName), `${JSON.stringify(recipe, undefined, 2)}\n`);
      await folder.openLog(isBefore(event));
    }
    if (event.kind === 'done') {
      const { weights: _, ...entry } = event;
      await folder.append(entry);
      const { excludedPairs } = data;
      const log = await folder.entries();
      await saveRun(options, { model, relations: trained, further, excludedPairs, done: event, log });
      yield event;
      yield { kind: 'saved', folder: output };
    } else {
      if (event.kind !== 'measuring') await folder.append(event);
      yield event;
    }
  }
}

function* batchesOf(sampler: Sampler, steps: number, { batches = [] }: RunValidation): Generator<TrainingBatch> {
  for (let step = 0; step < steps; step++) yield sampler.batch(step);
  yield* batches;
}
