/** What `prompt search` and `prompt tune` have in common: their folder, their problem, and the prompt that they write. */

import { type RelbertConfigToWrite, relbertConfigJson } from '../encoder/relbert-config.ts';
import { writeFileAtomic } from '../node/files.ts';
import { basename, resolve } from '../node/path.ts';
import { writePromptFolder } from '../node/prompt-folder.ts';
import { nodeRuntime } from '../node/runtime.ts';
import { searchStateName } from '../node/search-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import type { Json } from '../train/configuration.ts';
import type { HingeOptions, PromptProblem } from '../train/prompt-problem.ts';
import { curvePoints, learningCurve } from './learning-curve.ts';
import { dataEvent, type LossPairs, type PromptDataEvent, type PromptDataOptions, readPromptData } from './problem.ts';
import { checkpointsName, type RunFolder, type RunFolderOptions, type RunKind } from './run-folder.ts';

const curveName = 'loss.svg';
const configName = 'config.json';

const promptRun: RunKind = {
  result: 'prompt',
  log: 'prompt.jsonl',
  marks: [searchStateName],
  main: configName,
  isResult: (name) => name === curveName || name === configName,
};

/** What `prompt search` writes. */
export const searchRun: RunKind = { ...promptRun, other: { name: checkpointsName, command: 'relbert prompt tune' } };

/** What `prompt tune` writes. */
export const tuningRun: RunKind = { ...promptRun, other: { name: searchStateName, command: 'relbert prompt search' } };

export interface PromptRunOptions extends PromptDataOptions, HingeOptions, Omit<RunFolderOptions, 'read' | 'resume'> {
  /** The form in which the prompt is written. Default '2023'. */
  readonly layout?: PromptLayout | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/** What search and tuning report beside their progress: their data, and the folder of the prompt. */
export type PromptRunEvent = PromptDataEvent | { readonly kind: 'saved'; readonly folder: string };

/** What search and tuning solve, and what a run that is resumed must share with it. */
export interface PromptRunProblem extends PromptProblem {
  readonly layout: PromptLayout;
  readonly configuration: Json;
  /** Where the language model was read. */
  readonly origin: string;
}

/**
 * Reads language model and relations, and checks that the layout's form of `relbert_config` supports the pooling.
 *
 * @throws CheckpointError, DataError, OptionError
 */
export async function* readPromptProblem(options: PromptRunOptions): AsyncGenerator<PromptDataEvent, PromptRunProblem> {
  const { layout = '2023', seed = 0, device } = options;
  const data = await readPromptData(options);
  const { checkpoint, model, train, validation, configuration } = data;
  relbertConfigJson({ pooling: model.pooling, prompt: { kind: 'template', text: '' }, text: '', form: layout });
  yield dataEvent(data);
  const runtime = nodeRuntime({ device });
  return { model, relations: train, validation, runtime, seed, layout, configuration, origin: checkpoint.origin };
}

/** Writes a prompt that was found, and draws `loss.svg`: loss and validation loss against iterations or steps. */
export async function savePrompt(
  folder: RunFolder,
  prompt: RelbertConfigToWrite,
  about: Readonly<Record<string, unknown>>,
  axis: 'iteration' | 'step',
  lossOver: LossPairs = 'validation',
): Promise<void> {
  await writePromptFolder(folder.path, prompt, about);
  const curve = learningCurve(curvePoints(await folder.entries()), basename(resolve(folder.path)), axis, lossOver);
  await writeFileAtomic(folder.file(curveName), curve);
}
