/** The files of analogy questions that `--data` and `--split` name. */
import { parseAnalogyQuestions } from '../data/analogy.ts';
import type { AnalogySet as Questions } from '../evaluate/analogy.ts';
import { basename, dirname, extname, join, resolve } from '../node/path.ts';
import { existingKind, kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { suggestion } from '../text/nearest-name.ts';
import { UsageError } from './exit.ts';

/** Questions and the file that they stand in. */
export type AnalogySet = Questions & { readonly path: string };

interface AnalogyFile {
  readonly set: string;
  readonly split: string;
  readonly path: string;
}

/**
 * Reads the questions: `<split>.jsonl` of each folder (`all`: each .jsonl of it), or a .jsonl file whatever its split.
 * The set is named after the folder.
 *
 * @throws UsageError for a split that is none of the usual ones and that the folder does not have
 */
export async function readAnalogySets(paths: readonly string[], split: string): Promise<AnalogySet[]> {
  const files = (await Promise.all(paths.map((path) => filesOf(path, split)))).flat();
  const sets: AnalogySet[] = [];
  for (const file of files) {
    const questions = parseAnalogyQuestions({ file: file.path, text: await readText(file.path) });
    sets.push({ ...file, questions });
  }
  return sets;
}

async function filesOf(path: string, split: string): Promise<AnalogyFile[]> {
  if ((await existingKind(path)) !== 'folder') return [analogyFile(path)];
  const files = (await listFolder(path)).filter((name) => extname(name) === '.jsonl');
  if (split === 'all' && files.length > 0) return files.sort(bySplit).map((name) => analogyFile(join(path, name)));
  if (files.includes(`${split}.jsonl`)) return [analogyFile(join(path, `${split}.jsonl`))];
  const problem = await missingSplit(path, split, files);
  throw files.length > 0 && !knownSplits.includes(split) ? new UsageError(problem) : new Error(problem);
}

/** A folder may lack one of these; another name was mistyped. In the order in which they are judged. */
const knownSplits: readonly string[] = ['train', 'valid', 'test'];

/** test after valid, as everywhere; others by name. */
function bySplit(a: string, b: string): number {
  const place = (name: string): number => knownSplits.indexOf(basename(name, '.jsonl'));
  return place(a) - place(b) || a.localeCompare(b);
}

function analogyFile(path: string): AnalogyFile {
  return { set: basename(dirname(resolve(path))), split: basename(path, extname(path)), path };
}

async function missingSplit(path: string, split: string, files: readonly string[]): Promise<string> {
  const splits = files.map((name) => basename(name, '.jsonl'));
  if (splits.length > 0) {
    return `${path}: has no ${split}.jsonl${suggestion(split, splits)}; its splits: ${splits.join(', ')}`;
  }
  const below: string[] = [];
  for (const name of await listFolder(path)) {
    const folder = join(path, name);
    if ((await kindOfPath(folder)) !== 'folder') continue;
    if ((await listFolder(folder)).some((file) => extname(file) === '.jsonl')) below.push(folder);
  }
  if (below.length > 0) return `${path}: holds no .jsonl file of analogy questions; try --data ${below.join(' ')}`;
  return (
    `${path}: holds no .jsonl file of analogy questions, {"stem":["a","b"],"choice":[["c","d"],["e","f"]],"answer":0} a ` +
    'line (docs/data.md says where the sets are); word pairs without choices, as in BATS 3.0, are for relbert distill --data'
  );
}
