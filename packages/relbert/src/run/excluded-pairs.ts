/** The files whose pairs no run may train on. */

import { isBats } from '../data/bats.ts';
import { pairsOfFiles } from '../data/exclude.ts';
import { PairSet } from '../data/pair-set.ts';
import { join } from '../node/path.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { DataError } from '../text/data-error.ts';

/**
 * The pairs of analogy and relation files; of a folder, those of every .jsonl and .tsv file and every file of BATS 3.0 below it.
 * @throws DataError for a folder without these files: the exclusion would silently do nothing
 */
export async function excludedPairSet(paths: readonly string[], onNotice?: (notice: string) => void): Promise<PairSet> {
  if (paths.length === 0) return new PairSet();
  const files = (await Promise.all(paths.map(filesOf))).flat();
  return pairsOfFiles(await Promise.all(files.map(async (file) => ({ file, text: await readText(file), onNotice }))));
}

async function filesOf(path: string): Promise<string[]> {
  if ((await kindOfPath(path)) !== 'folder') return [path];
  const files = await filesBelow(path);
  if (files.length === 0)
    throw new DataError(
      path,
      undefined,
      'holds no .jsonl or .tsv file, nor one of BATS 3.0 (E01 [country - capital].txt …)',
    );
  return files;
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of await listFolder(folder)) {
    const path = join(folder, name);
    if ((await kindOfPath(path)) === 'folder') files.push(...(await filesBelow(path)));
    else if (/\.(jsonl|tsv)$/.test(name) || isBats(name)) files.push(path);
  }
  return files;
}
