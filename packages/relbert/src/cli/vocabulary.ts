/** Lists of words: a file with a word a line, or the one that the package carries. */
import { UsageError } from './exit.ts';
import { readInputText } from './input-text.ts';
import type { Terminal } from './terminal.ts';

/** As users name the list of the package. */
const carried = 'package/words';

/** The different words of a file (`-`: standard input) or of `package/words`, in their order. */
export async function readVocabulary(name: string, terminal: Terminal): Promise<string[]> {
  const { readPackageData } = await import('../node/package-data.ts');
  const { linesOf } = await import('../text/lines.ts');
  if (name.startsWith('package/') && name !== carried)
    throw new UsageError(`${name}: the package carries one list of words, ${carried}`);
  const form = /\.(csv|tsv|jsonl?|arrows?|parquet|npy|vec)(\.gz)?$/i.exec(name)?.[0];
  if (form !== undefined) throw new UsageError(`${name}: expected a text file with a word a line, not ${form}`);
  const data = name === carried ? await readPackageData('words.txt') : await readInputText(name, terminal);
  const words = new Set(linesOf(data).map(({ text }) => text.trim()));
  if (words.size === 0) throw new Error(`${data.file}: holds no word; expected one a line`);
  return [...words];
}
