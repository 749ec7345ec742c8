import type { Pooling } from '../encoder/pooling.ts';
import { relbertConfigJson } from '../encoder/relbert-config.ts';
import { writeFileAtomic } from '../node/files.ts';
import { basename, resolve } from '../node/path.ts';
import { type StoredPrompt, writePromptFolder } from '../node/prompt-folder.ts';
import { searchStateName } from '../node/search-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import { curvePoints, learningCurve } from './learning-curve.ts';
import type { RunFolder, RunKind } from './run-folder.ts';

const curveName = 'loss.svg';
const configName = 'config.json';

/** What `prompt search` and `prompt tune` write. */
export const promptRun: RunKind = {
  result: 'prompt',
  log: 'prompt.jsonl',
  marks: [searchStateName],
  main: configName,
  isResult: (name) => name === curveName || name === configName,
  replacesRunsOnly: true,
};

/** What search and tuning report beside their progress: their data, and the folder of the prompt. */
export type PromptRunEvent =
  | { readonly kind: 'data'; readonly relations: number; readonly validation: number; readonly excludedPairs: number }
  | { readonly kind: 'saved'; readonly folder: string };

/** Checks, before a run, that the layout's form of `relbert_config` supports the pooling. @throws CheckpointError */
export function checkLayout(layout: PromptLayout, pooling: Pooling): void {
  relbertConfigJson({ pooling, prompt: { kind: 'template', text: '' }, text: '', form: layout });
}

/** Draws `loss.svg`: loss and validation loss against iterations or steps. */
export async function drawCurve(folder: RunFolder, axis: 'iteration' | 'step'): Promise<void> {
  const curve = learningCurve(curvePoints(await folder.entries()), basename(resolve(folder.path)), axis);
  await writeFileAtomic(folder.file(curveName), curve);
}

/** Writes a prompt that was found, in the form that its layout asks for. */
export async function savePrompt(
  folder: string,
  {
    prompt,
    pooling,
    text,
  }: { readonly prompt: StoredPrompt['prompt']; readonly pooling: Pooling; readonly text: string },
  layout: PromptLayout,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writePromptFolder(folder, { prompt, pooling, text, form: layout }, about);
}
