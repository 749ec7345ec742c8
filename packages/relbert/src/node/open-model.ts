import { type LanguageModel, openLanguageModel } from '../encoder/language-model.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import type { HubOptions } from './hub/hub.ts';
import { locateCheckpoint } from './locate.ts';
import { embeddedModelName, packagedModelFiles } from './packaged-model.ts';

/**
 * Opens a model as users name it: `embedded`, the name of a package with a model, a folder, a hub id, or `id@revision`.
 * @throws CheckpointError, EncoderConfigError or TokenizerError for a checkpoint that cannot be used
 */
export async function openModel(model: string, options: HubOptions = {}): Promise<LanguageModel> {
  return openLanguageModel(await modelFiles(model, options));
}

/** The files of a model, named in the same way. @throws CheckpointError */
export async function modelFiles(model: string, options: HubOptions = {}): Promise<CheckpointFiles> {
  return model === embeddedModelName ? packagedModelFiles(model) : locateCheckpoint(model, options);
}
