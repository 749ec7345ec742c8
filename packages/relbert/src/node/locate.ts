import { stat } from 'node:fs/promises';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { editDistance } from '../text/nearest-name.ts';
import { folderFiles } from './folder.ts';
import type { HubOptions } from './hub/hub.ts';
import { modelSuggestion, parseHubId } from './hub/hub-id.ts';
import { modelFolder } from './model-folder.ts';
import { isPackagedModel, packagedModelFiles } from './packaged-model.ts';

/**
 * The files of a model that is named as users name it: a folder, a package with a model, a hub id, or `id@revision`. A
 * folder of that name goes before the others; what starts with `.`, `/`, `~` or a drive is always a folder.
 * @throws CheckpointError
 */
export async function locateCheckpoint(model: string, options: HubOptions = {}): Promise<CheckpointFiles> {
  if (model.trim() === '') throw new CheckpointError('model', 'the name is empty; give a folder or a hub id');
  const isPath = /^[./\\~]|^[A-Za-z]:[\\/]/.test(model);
  if (isPath || (await isThere(model))) return folderFiles(await modelFolder(model));
  if (isPackagedModel(model)) return packagedModelFiles(model);
  const id = parseHubId(model);
  if (editDistance(model.toLowerCase(), 'embedded') <= 2) {
    // The hub would be asked for seconds.
    throw new CheckpointError(model, 'there is no such folder and no such model (did you mean embedded?)');
  }
  if (id === undefined) {
    throw new CheckpointError(
      model,
      `there is no such folder, and it is not a hub id (org/name[@revision]) either${modelSuggestion(model)}`,
    );
  }
  const { hubFiles } = await import('./hub/hub.ts'); // a model in a folder needs none of it
  return hubFiles(model, options);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
