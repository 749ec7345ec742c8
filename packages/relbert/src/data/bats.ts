import type { WordPair } from '../pair/word-pair.ts';
import type { DataFile } from '../text/data-error.ts';
import { lineError, linesOf } from '../text/lines.ts';
import { wordField } from './pair-field.ts';
import { checkedSet, type RelationSet } from './relation-set.ts';

/** Whether a file has a name of BATS 3.0: its lines alone look like pairs. */
export function isBats(file: string): boolean {
  return /[IDEL]\d\d \[[^\]]+\]\.txt$/.test(file);
}

/**
 * A file of BATS 3.0 (Gladkova et al. 2016), `E01 [country - capital].txt`: a word and its answers joined by `/` a line,
 * `_` for spaces. Every answer makes a positive pair; the relation has the file's name, its parent is the folder's.
 *
 * @throws DataError with the line of the first of another form
 */
export function parseBats(data: DataFile): RelationSet {
  const [name = '', parent] = data.file.split(/[/\\]/).reverse();
  const relation = name.replace(/\.txt$/i, '');
  const positives = batsPairs(data);
  return checkedSet({ file: data.file, number: 1 }, { relation, parent, positives, negatives: [] });
}

/** The pairs of a file of BATS 3.0, as {@link parseBats} reads them. */
export function batsPairs(data: DataFile): WordPair[] {
  return linesOf(data).flatMap((line) => {
    const [head, answers, ...more] = line.text.trim().split(/\s+/);
    if (head === undefined || answers === undefined || more.length > 0) {
      throw lineError(line, 'expected a word and its answers, as in car<TAB>vehicle/machine');
    }
    return answers
      .split('/')
      .filter((tail) => tail !== '')
      .map((tail) => ({ head: phrase(wordField(line, 'the word', head)), tail: phrase(tail) }));
  });
}

function phrase(word: string): string {
  return word.replaceAll('_', ' ');
}
