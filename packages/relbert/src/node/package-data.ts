import { join } from 'node:path';
import { DataError, type DataFile } from '../text/data-error.ts';
import { suggestion } from '../text/nearest-name.ts';
import { packageFolder } from './package.ts';
import { listFolder, readText } from './read-file.ts';

/** A file of the package's `data/` folder: `semeval2012.json`, `training-pairs/wordnet.jsonl`. @throws FileError */
export async function readPackageData(name: string): Promise<DataFile> {
  const file = join(packageFolder(), 'data', name);
  return { file, text: await readText(file) };
}

/** Whether a name means pairs that the package carries: `package/wordnet`, `package/unlabelled`. */
export function isCarried(name: string): boolean {
  return name.startsWith(CARRIED);
}

const CARRIED = 'package/';

/** The pairs that the package carries under a name: relations (.jsonl) or pairs without any (.tsv). @throws DataError */
export async function readCarriedPairs(name: string): Promise<DataFile> {
  const files = await listFolder(join(packageFolder(), 'data', 'training-pairs'));
  const names = files.map((file) => file.replace(/\.\w+$/, ''));
  const wanted = name.slice(CARRIED.length);
  const file = files[names.indexOf(wanted)];
  if (file !== undefined) return readPackageData(`training-pairs/${file}`);
  throw new DataError(
    name,
    undefined,
    `the package carries no such pairs${suggestion(wanted, names)}; it has ${names.map((own) => CARRIED + own).join(', ')}`,
  );
}
