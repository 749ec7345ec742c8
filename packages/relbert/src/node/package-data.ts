import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText } from './read-file.ts';

/** The folder of this package: that of the nearest package.json upward, from the source and from what is built alike. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** A file of the package's `data/` folder: `semeval2012.json`, `training-pairs/wordnet.jsonl`. @throws FileError */
export async function readPackageData(name: string): Promise<{ readonly file: string; readonly text: string }> {
  const file = join(packageFolder(), 'data', name);
  return { file, text: await readText(file) };
}
