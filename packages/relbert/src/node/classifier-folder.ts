import { join, resolve } from 'node:path';
import { makeFolder, removeEmptyFolder } from './files.ts';
import { writeFilesTogether } from './files-together.ts';
import { kindOfPath, readBytes } from './read-file.ts';

/** A file of a classifier's folder; undefined where there is none. @throws FileError */
export async function readClassifierFile(folder: string, name: string): Promise<Uint8Array | undefined> {
  const path = join(folder, name);
  return (await kindOfPath(path)) === undefined ? undefined : readBytes(path);
}

/** The name of a model as another folder finds it: the whole path of a local one. */
export async function findableName(name: string): Promise<string> {
  return (await kindOfPath(name)) === 'folder' ? resolve(name) : name;
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
