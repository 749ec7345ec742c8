import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt, jsonObject, type Line, lineError, linesOf } from '../text/line.ts';
import { pairField, pairsField } from './pair-field.ts';

/** One analogy question: which choice stands in the same relation as the stem? */
export interface AnalogyQuestion {
  readonly stem: WordPair;
  /** Two or more. */
  readonly choices: readonly WordPair[];
  /** Index of the right choice. */
  readonly answer: number;
  /** The group of relations that the question belongs to, where the file says so. */
  readonly prefix: string | undefined;
  /** Line in its file, from 1. */
  readonly line: number;
}

/**
 * Analogy questions as AnalogyTools publishes them (SAT, U2, U4, Google, BATS), one JSON object a line:
 * `{"stem": [h, t], "choice": [[h, t], ...], "answer": 0, "prefix": "..."}`, `prefix` optional.
 *
 * Throws DataError that names the line for: no JSON object, a pair without two words, fewer than two choices,
 * an answer that is no index of a choice, a choice equal to the stem; and for a file without questions.
 */
export function parseAnalogyQuestions(data: DataFile): AnalogyQuestion[] {
  const questions = linesOf(data).map(parseQuestion);
  if (questions.length === 0) throw new DataError(data.file, undefined, 'holds no analogy question');
  return questions;
}

function parseQuestion(line: Line): AnalogyQuestion {
  const question = jsonObject(line);
  const stem = pairField(line, "'stem'", question['stem']);
  const choices = pairsField(line, 'choice', question['choice']);
  if (choices.length < 2) throw lineError(line, `'choice' should hold at least two pairs, got ${choices.length}`);
  const same = choices.findIndex(({ head, tail }) => head === stem.head && tail === stem.tail);
  if (same >= 0) throw lineError(line, `choice ${same} equals the stem ${excerpt([stem.head, stem.tail])}`);
  const { answer, prefix } = question;
  if (typeof answer !== 'number' || !Number.isInteger(answer) || answer < 0 || answer >= choices.length) {
    throw lineError(line, `'answer' should be an index from 0 to ${choices.length - 1}, got ${excerpt(answer)}`);
  }
  if (prefix !== undefined && prefix !== null && typeof prefix !== 'string') {
    throw lineError(line, `'prefix' should be a string, got ${excerpt(prefix)}`);
  }
  return { stem, choices, answer, prefix: prefix ?? undefined, line: line.number };
}
