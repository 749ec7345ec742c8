import { excerpt } from '../text/excerpt.ts';
import { PairError } from './pair-error.ts';

/** A word pair (h, t): the unit whose relation is embedded. */
export interface WordPair {
  readonly head: string;
  readonly tail: string;
  /** Further columns of the table that the pair comes from, by name. They say nothing about which pair it is. */
  readonly columns?: Readonly<Record<string, unknown>>;
}

/** What the library accepts wherever a word pair is expected: `{ head, tail }` or `[head, tail]`. */
export type WordPairLike = WordPair | readonly [head: string, tail: string];

/** Most characters of a word: a longer one is never meant, and would take minutes to tokenize. */
export const MAX_WORD = 10_000;

/**
 * `[h, t]` or `{ head, tail }` as a {@link WordPair}. Words are taken as they stand.
 * @param index Its place in the caller's list, from 0, for the message.
 * @throws PairError for anything else, which untyped code may bring: one word, three words, words that are not
 * strings, are blank, or have more than 10,000 characters
 */
export function toWordPair(pair: WordPairLike, index?: number): WordPair {
  const value: unknown = pair;
  const place = index === undefined ? '' : ` at index ${index}`;
  const found = Array.isArray(value) ? pairOfArray(value) : isWordPair(value) ? value : undefined;
  if (!found) {
    throw new PairError(
      `expected a word pair, ["head", "tail"] or { head, tail } with two strings, got ${excerpt(value)}${place}`,
    );
  }
  const problem = wordProblem(found);
  if (problem) throw new PairError(`${problem}${place}`);
  return found;
}

function pairOfArray(words: readonly unknown[]): WordPair | undefined {
  const [head, tail] = words;
  return words.length === 2 && typeof head === 'string' && typeof tail === 'string' ? { head, tail } : undefined;
}

function isWordPair(value: unknown): value is WordPair {
  if (typeof value !== 'object' || value === null) return false;
  const { head, tail } = value as { readonly head?: unknown; readonly tail?: unknown };
  return typeof head === 'string' && typeof tail === 'string';
}

/** Nothing to see: empty, or of spaces, control characters and characters without a glyph (zero-width ones) alone. */
export function isBlank(word: string): boolean {
  return /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(word);
}

function wordProblem(pair: WordPair): string | undefined {
  const { head, tail } = pair;
  const blank = isBlank(head) ? 'head' : isBlank(tail) ? 'tail' : undefined;
  if (blank) {
    const unseen = pair[blank].trim() === '' ? '' : ' (of invisible characters)';
    return `the ${blank} word is blank${unseen} in ${pairText(pair)}`;
  }
  const word = head.length > MAX_WORD ? head : tail.length > MAX_WORD ? tail : undefined;
  return word === undefined
    ? undefined
    : `the word ${excerpt(word)} has ${word.length} characters, at most ${MAX_WORD} are allowed`;
}

/** A number within a value of JSON that is not the one that was written: infinite, or whole and beyond 2^53. */
function lostNumber(value: unknown): number | undefined {
  if (typeof value === 'number') {
    const kept = Number.isInteger(value) ? Number.isSafeInteger(value) : Math.abs(value) !== Infinity;
    return kept ? undefined : value;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const member of Object.values(value)) {
    const lost = lostNumber(member);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

/**
 * The pair as read from a file or an argument.
 * @throws PairError where a word is blank or too long, or a number of a column has lost its value
 */
export function checkedPair(head: string, tail: string, columns?: Readonly<Record<string, unknown>>): WordPair {
  const pair = columns && Object.keys(columns).length > 0 ? { head, tail, columns } : { head, tail };
  for (const [name, value] of Object.entries(columns ?? {})) {
    const lost = lostNumber(value);
    if (lost === undefined) continue;
    throw new PairError(
      Math.abs(lost) === Infinity
        ? `the number of ${excerpt(name)} is too large in ${pairText(pair)}`
        : `the number of ${excerpt(name)} has more digits than can be kept: write it as a string`,
    );
  }
  const problem = wordProblem(pair);
  if (problem) throw new PairError(problem);
  return pair;
}

/** A pair in a message: `["head","tail"]`. */
export function pairText({ head, tail }: WordPair): string {
  return excerpt([head, tail]);
}
