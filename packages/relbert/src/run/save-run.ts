/** The end of a run: its weights, card and learning curve as a folder in HuggingFace layout. */

import { pairsOf, type RelationSet } from '../data/relation-set.ts';
import { originOf, type RelationModel } from '../encoder/language-model.ts';
import type { Pooling } from '../encoder/pooling.ts';
import { poolings2021 } from '../encoder/relbert-config.ts';
import { parameterCount, storedParameters } from '../models/encoder.ts';
import { resolveWeightNames } from '../models/weights.ts';
import { parseHubId } from '../node/hub/hub-id.ts';
import { basename, resolve } from '../node/path.ts';
import { saveModel } from '../node/save.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { splitSoftPrompt } from '../train/soft-prompt-weights.ts';
import type { DoneEvent } from '../train/train-event.ts';
import { curvePoints, learningCurve } from './learning-curve.ts';
import { modelCard } from './model-card.ts';
import type { DistillOptions } from './options.ts';
import type { LogEntry } from './run-folder.ts';

/** A run and its result. */
export interface FinishedRun {
  readonly model: RelationModel;
  /** Without the pairs held out. */
  readonly relations: readonly RelationSet[];
  /** Pairs for the teacher alone. */
  readonly further: readonly RelationSet[];
  readonly excludedPairs: number;
  readonly done: DoneEvent;
  readonly log: readonly LogEntry[];
}

/** Writes the encoder into the output folder. @throws what {@link saveModel} throws */
export async function saveRun(options: DistillOptions, run: FinishedRun): Promise<void> {
  const { output, recipe, dtype, signal } = options;
  const { model, done, log } = run;
  const { checkpoint, spec } = model;
  const names = resolveWeightNames(model.config, checkpoint.weights);
  const split = splitSoftPrompt(done.weights, model.config, spec.kind === 'soft' ? spec.vectors.length : 0);
  const prompt: PromptSpec = spec.kind === 'soft' && split.vectors ? { ...spec, vectors: split.vectors } : spec;
  const weights = new Map([...split.weights].map(([name, value]) => [names.get(name) ?? name, value.data]));
  const name = basename(resolve(output));
  const validation = log.find((entry) => entry['kind'] === 'validation' && entry['step'] === done.weightsFrom);
  const { license, baseModel } = await originOf(model);
  const id = parseHubId(options.model)?.id;
  const hubId = id !== undefined && model.files.origin.startsWith(`${id}@`) ? id : undefined; // a folder's is its path
  const card = modelCard({
    name,
    base: hubId ?? basename(resolve(options.model)),
    baseModel: hubId ?? baseModel,
    license,
    prompt: { kind: spec.kind, text: model.prompt.text },
    pooling: model.pooling,
    recipe,
    recipeName: options.recipeName ?? 'custom',
    relations: run.relations.length,
    pairs: pairsOf(run.relations).length,
    furtherPairs: pairsOf(run.further).length,
    excludedPairs: run.excludedPairs,
    steps: done.step,
    seconds: done.seconds,
    weightsFrom: done.weightsFrom,
    parameters: parameterCount(storedParameters(model.config)),
    figures: validation?.['figures'] as Record<string, number> | undefined,
  });
  await saveModel({
    folder: output,
    source: checkpoint,
    weights,
    ...(dtype && { dtype }),
    relbert: {
      pooling: model.pooling,
      prompt,
      text: model.prompt.text,
      form: formOf(prompt, model.pooling),
      sharedWordDiscount: recipe.sharedWordDiscount,
    },
    card,
    files: new Map([['learning-curve.svg', learningCurve(curvePoints(log), name)]]),
    signal,
  });
}

/** The 2021 form, for the program of that time, if the prompt has the 2021 layout and the form supports the pooling. */
function formOf(prompt: PromptSpec, pooling: Pooling): '2021' | '2023' {
  return prompt.kind !== 'template' && prompt.layout === '2021' && poolings2021.includes(pooling) ? '2021' : '2023';
}
