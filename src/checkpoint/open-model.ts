import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../runtime/package-data.ts';
import type { CheckpointFiles } from './checkpoint.ts';
import { CheckpointError } from './error.ts';
import { folderFiles } from './folder.ts';
import type { HubOptions } from './hub.ts';
import { locateCheckpoint } from './locate.ts';

/** The name under which the model that the package carries is asked for. */
export const embeddedModelName = 'embedded';
const embeddedModelFolder = 'models/relbert-minilm-l6';

/**
 * The files of a model as users name it: `embedded`, a folder, a hub id, or `id@revision`.
 * @throws CheckpointError
 */
export async function openModel(model: string, options: HubOptions = {}): Promise<CheckpointFiles> {
  if (model !== embeddedModelName) return locateCheckpoint(model, options);
  const folder = join(packageFolder(), embeddedModelFolder);
  if (!existsSync(join(folder, 'model.safetensors'))) {
    throw new CheckpointError(
      embeddedModelName,
      'this version of the package carries no model; name one: a folder that holds config.json and the weights, ' +
        'or a hub id such as relbert/relbert-roberta-large (--model on the command line)',
    );
  }
  return folderFiles(folder, embeddedModelName);
}
