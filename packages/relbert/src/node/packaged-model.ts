/** @file Models that are npm packages: the embedded one, a dependency, and those that users install beside this package. */

import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWeightsFile } from '../encoder/checkpoint.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { folderFiles } from './folder.ts';

/** The name under which the model that the package carries is asked for. */
export const embeddedModelName = 'embedded';
const embeddedModelPackage = 'relbert-minilm-l6';
/** Packages with a model of their own name. */
const packages: readonly string[] = [embeddedModelPackage, 'relbert-mpnet-base'];

/** What the package of a model exports: its files by name. */
type ModelFiles = Readonly<Record<string, { readonly url: string }>>;
/** Imports a package and gives what it exports. */
export type ImportModel = (name: string) => Promise<{ readonly default: ModelFiles }>;

/** Whether a package with a model has this name. */
export function isPackagedModel(name: string): boolean {
  return packages.includes(name);
}

/**
 * The files of a model by the name of its package, or `embedded`.
 * @throws CheckpointError where the package is not installed or has no weights
 */
export async function packagedModelFiles(
  name: string,
  importModel: ImportModel = importInstalled,
): Promise<CheckpointFiles> {
  const wanted = name === embeddedModelName ? embeddedModelPackage : name;
  let folder: string | undefined;
  try {
    const { default: files } = await importModel(wanted);
    folder = dirname(fileURLToPath(files['config.json']?.url ?? ''));
  } catch {
    // Not installed, or left out by a bundler: said below.
  }
  if (folder !== undefined && existsSync(folder) && readdirSync(folder).some(isWeightsFile)) {
    return folderFiles(folder, name);
  }
  throw new CheckpointError(
    name,
    `its package ${wanted} ${folder === undefined ? 'is not installed' : `has no weights in ${folder}`}; ` +
      `install it beside relbert with 'npm install ${wanted}' (a bundler has to leave relbert and it out of its output), ` +
      'or name another model: a folder that holds config.json and the weights, or a hub id such as ' +
      'relbert/relbert-roberta-large (--model on the command line)',
  );
}

function importInstalled(name: string): ReturnType<ImportModel> {
  // The dependency's module names every file, so that tools that trace what a server needs take them along. Bundlers
  // leave the import of a variable, a package that may be missing, alone.
  return name === embeddedModelPackage ? import('relbert-minilm-l6') : import(/* webpackIgnore: true */ name);
}
