/** @file A learned prompt as a folder: config.json with the `relbert_config` that a model with this prompt would have. */

import { join } from 'node:path';
import {
  parsePrompt2021,
  parseRelbertConfig,
  type RelbertConfigToWrite,
  relbertConfigJson,
} from '../encoder/relbert-config.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { parseJsonObject } from '../formats/json-file.ts';
import { writeFileAtomic } from './files.ts';
import { folderFiles } from './folder.ts';

/** A prompt, and the pooling that it was found with where that is known. */
export interface StoredPrompt {
  readonly prompt: RelbertConfigToWrite['prompt'];
  readonly pooling: RelbertConfigToWrite['pooling'] | undefined;
}

/**
 * The prompt of a folder: of `relbert_config` in its config.json (of what `relbert prompt` writes, or of any relation
 * encoder), or the prompt.json of the Python package of 2021.
 * @throws CheckpointError
 */
export async function readPromptFolder(folder: string): Promise<StoredPrompt> {
  const files = await folderFiles(folder);
  const config = await jsonOf(files, 'config.json');
  const relbert = config?.['relbert_config'];
  if (relbert !== undefined && relbert !== null) {
    const { prompt, pooling } = parseRelbertConfig(relbert, `${folder}/config.json`);
    return { prompt, pooling };
  }
  const prompt = await jsonOf(files, 'prompt.json');
  if (prompt) return { prompt: parsePrompt2021(prompt, `${folder}/prompt.json`), pooling: undefined };
  throw new CheckpointError(
    folder,
    'there is no prompt: no relbert_config in a config.json, and no prompt.json; relbert prompt search and tune make such folders',
  );
}

async function jsonOf(files: CheckpointFiles, name: string) {
  const bytes = await files.read(name);
  return bytes && parseJsonObject(`${files.origin}/${name}`, bytes);
}

/** Writes config.json of a prompt's folder. @param about further entries: where the prompt comes from */
export async function writePromptFolder(
  folder: string,
  prompt: RelbertConfigToWrite,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = { relbert_config: relbertConfigJson(prompt), prompt: about };
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
}
