import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { type Line, lineError, linesOf } from '../text/lines.ts';
import { wordField } from './pair-field.ts';

/** A section of questions-words.txt. */
export interface QuestionsWordsSection {
  /** `capital-common-countries`. */
  readonly relation: string;
  /** Each pair once, in the order of the file. */
  readonly pairs: readonly WordPair[];
  /** Where the section starts. */
  readonly line: Line;
}

/** Whether a text has the form of Google's questions-words.txt: its first line is `: name`. */
export function isQuestionsWords(text: string): boolean {
  return /^\uFEFF?\s*:\s/.test(text);
}

/**
 * The pairs of Google's analogy questions (Mikolov et al. 2013) by relation: sections `: name`, lines `Athens Greece
 * Baghdad Iraq`. `_` is a space.
 *
 * @throws DataError with the line of the first of another form
 */
export function parseQuestionsWords(data: DataFile): QuestionsWordsSection[] {
  const sections: { relation: string; pairs: Map<string, WordPair>; line: Line }[] = [];
  for (const line of linesOf(data)) {
    const words = line.text.trim().split(/\s+/);
    if (words[0] === ':') {
      sections.push({ relation: words.slice(1).join(' '), pairs: new Map(), line });
      continue;
    }
    if (words.length !== 4) throw lineError(line, `expected four words, as in Athens Greece Baghdad Iraq`);
    const [a, b, c, d] = words.map((word) => wordField(line, 'a word', word).replaceAll('_', ' ')) as [
      string,
      string,
      string,
      string,
    ];
    const { pairs } = sections.at(-1) as (typeof sections)[number];
    for (const [head, tail] of [
      [a, b],
      [c, d],
    ] as const) {
      pairs.set(pairKey({ head, tail }), { head, tail });
    }
  }
  if (sections.length === 0) throw new DataError(data.file, undefined, 'holds no section');
  return sections.map(({ relation, pairs, line }) => ({ relation, pairs: [...pairs.values()], line }));
}
