import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { jsonObject } from '../text/json.ts';
import { allLines, type Line, lineError, linesOf } from '../text/lines.ts';
import { pairField, pairsField, wordField } from './pair-field.ts';
import { isQuestionsWords } from './questions-words.ts';
import { checkedSet, distinctPairs, type RelationSet } from './relation-set.ts';

const FORM = '{"stem":["a","b"],"choice":[["c","d"],["e","f"]],"answer":0}';

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
 * `{"stem": [h, t], "choice": [[h, t], ...], "answer": 0, "prefix": "..."}`, `prefix` optional; or the SAT questions
 * as Turney distributes them.
 *
 * @throws DataError that names the line for: no JSON object, a pair without two words, fewer than two choices, an
 *   answer that is not the index of a choice, a choice equal to the stem; and for a file without questions
 */
export function parseAnalogyQuestions(data: DataFile): AnalogyQuestion[] {
  if (isQuestionsWords(data.text)) {
    throw new DataError(
      data.file,
      undefined,
      `has no choices to pick from; expected lines ${FORM}, as in AnalogyTools' google/test.jsonl (docs/data.md); ` +
        'relbert distill --data reads this file',
    );
  }
  if (isSat(data.text)) return parseSat(data);
  const [first] = linesOf(data);
  if (first && !first.text.trimStart().startsWith('{')) {
    throw lineError(first, `not an analogy question; expected lines ${FORM} (docs/data.md)`);
  }
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

/** Stems and right choices as the pairs of relations, by prefix: a prefix with a single pair is left out. */
export function relationsOfQuestions(questions: readonly AnalogyQuestion[], data: DataFile): RelationSet[] {
  const relations = new Map<string, WordPair[]>();
  for (const { stem, choices, answer, prefix = 'all' } of questions) {
    relations.set(prefix, [...(relations.get(prefix) ?? []), stem, choices[answer] as WordPair]);
  }
  return [...relations].flatMap(([relation, pairs]) => {
    const positives = distinctPairs(pairs);
    const given = { relation, parent: undefined, positives, negatives: [] };
    return positives.length > 1 ? [checkedSet({ file: data.file, number: 1 }, given)] : [];
  });
}

/** Whether a text has the form of the SAT questions: a letter alone on a line, and no JSON. */
export function isSat(text: string): boolean {
  return !/^\uFEFF?\s*[{[]/.test(text) && /^[a-e]\s*$/m.test(text);
}

/**
 * The SAT analogy questions as Turney distributes them (SAT-package-V3.txt): blocks separated by blank lines, each with
 * its source, the stem and five choices (`lull trust v:n`), and the letter of the answer; comments start with `#`.
 *
 * @throws DataError with the line of the first block of another form
 */
function parseSat(data: DataFile): AnalogyQuestion[] {
  const blocks: Line[][] = [[]];
  for (const line of allLines(data)) {
    if (line.text.startsWith('#')) continue;
    if (line.text.trim() === '') blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  const questions = blocks.filter((block) => block.length > 0).map(parseSatQuestion);
  if (questions.length === 0) throw new DataError(data.file, undefined, 'holds no analogy question');
  return questions;
}

function parseSatQuestion(block: readonly Line[]): AnalogyQuestion {
  const first = block[0] as Line;
  const answer = 'abcde'.indexOf(block.at(-1)?.text.trim() ?? '');
  // The source stands before the stem, and may be missing.
  const lines = block.slice(-7, -1);
  if (answer < 0 || block.at(-1)?.text.trim().length !== 1 || lines.length !== 6 || block.length > 8) {
    throw lineError(first, 'expected a source, a stem, five choices and the letter of the answer');
  }
  const [stem, ...choices] = lines.map((line) => {
    const [head, tail, ...more] = line.text.trim().split(/\s+/);
    if (more.length > 1) throw lineError(line, 'expected two words and their parts of speech, as in lull trust v:n');
    return { head: wordField(line, 'the head', head), tail: wordField(line, 'the tail', tail) };
  });
  return { stem: stem as WordPair, choices, answer, prefix: undefined, line: first.number };
}
