import { join, resolve } from 'node:path';
import { CLASSIFIER_FILES } from '../classify/classifier-file.ts';
import { OptionError } from '../encoder/option-error.ts';
import { makeFolder, removeEmptyFolder } from './files.ts';
import { writeFilesTogether } from './files-together.ts';
import { kindOfPath, listFolder, readBytes } from './read-file.ts';

/** A file of a classifier's folder; undefined where there is none. @throws FileError */
export async function readClassifierFile(folder: string, name: string): Promise<Uint8Array | undefined> {
  const path = join(folder, name);
  return (await kindOfPath(path)) === undefined ? undefined : readBytes(path);
}

/** The name of a model as another folder finds it: the whole path of a local one. */
export async function findableName(name: string): Promise<string> {
  return (await kindOfPath(name)) === 'folder' ? resolve(name) : name;
}

/** @throws OptionError where a new classifier would replace another one unasked, or join files of another kind */
export async function checkClassifierFolder(
  folder: string,
  { overwrite = false }: { readonly overwrite?: boolean | undefined },
): Promise<void> {
  const kind = await kindOfPath(folder);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new OptionError(`${folder} is a file: name a folder for the classifier`);
  const names = await listFolder(folder);
  if (names.length === 0) return;
  if (!names.includes(CLASSIFIER_FILES.description)) {
    throw new OptionError(`${folder} is not empty and holds no classifier: name another folder`);
  }
  if (!overwrite) {
    throw new OptionError(`${folder} holds a classifier already: replace it with --overwrite, or name another folder`);
  }
}

/** Writes the files of a classifier, which take their names together. @throws FileError */
export async function saveClassifier(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const made = await makeFolder(folder);
  try {
    await writeFilesTogether(
      [...files].map(([name, content]) => ({ path: join(folder, name), content })),
      options,
    );
  } catch (error) {
    if (made) await removeEmptyFolder(folder);
    throw error;
  }
}
