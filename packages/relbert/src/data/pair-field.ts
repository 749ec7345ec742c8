import { isBlank, MAX_WORD, type WordPair } from '../pair/word-pair.ts';
import { excerpt } from '../text/excerpt.ts';
import { type Line, lineError } from '../text/lines.ts';

/** A pair written `["head", "tail"]` in a JSON line; `what` names the field in the message. */
export function pairField(line: Line, what: string, value: unknown): WordPair {
  if (!Array.isArray(value)) throw lineError(line, `${what} should be a pair ["head", "tail"], got ${excerpt(value)}`);
  if (value.length !== 2) {
    throw lineError(line, `${what} should have two words, got ${value.length}: ${excerpt(value)}`);
  }
  const blank = value.find((word: unknown) => typeof word === 'string' && isBlank(word));
  if (blank !== undefined) throw lineError(line, `${what} has a blank word: ${excerpt(value)}`);
  const [head, tail] = value.map((word: unknown) => wordField(line, `each word of ${what}`, word));
  return { head: head as string, tail: tail as string };
}

/** A list of pairs `[["head", "tail"], ...]`. */
export function pairsField(line: Line, what: string, value: unknown): WordPair[] {
  if (!Array.isArray(value)) throw lineError(line, `'${what}' should be a list of pairs, got ${excerpt(value)}`);
  return value.map((pair: unknown, i) => pairField(line, `pair ${i + 1} of '${what}'`, pair));
}

/** A word or phrase: a string that is not blank. */
export function wordField(line: Pick<Line, 'file' | 'number'>, what: string, value: unknown): string {
  if (typeof value !== 'string') throw lineError(line, `${what} should be a string, got ${excerpt(value)}`);
  if (isBlank(value)) throw lineError(line, `${what} is blank`);
  if (value.length > MAX_WORD) {
    throw lineError(line, `${what} has ${value.length} characters, at most ${MAX_WORD} are allowed: ${excerpt(value)}`);
  }
  return value;
}
