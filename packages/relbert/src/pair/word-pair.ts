import { excerpt } from '../text/excerpt.ts';
import { PairError } from './pair-error.ts';

/** A word pair (h, t): the unit whose relation is embedded. */
export interface WordPair {
  readonly head: string;
  readonly tail: string;
}

/** What the library accepts wherever a word pair is expected: `{ head, tail }` or `[head, tail]`. */
export type WordPairLike = WordPair | readonly [head: string, tail: string];

/**
 * `[h, t]` or `{ head, tail }` as a {@link WordPair}. Words are taken as they stand, empty ones too.
 * @param index Its place in the caller's list, from 0, for the message.
 * @throws PairError for anything else, which untyped code may bring: one word, three words, words that are no strings
 */
export function toWordPair(pair: WordPairLike, index?: number): WordPair {
  const given: unknown = pair;
  if (Array.isArray(given)) {
    const [head, tail]: readonly unknown[] = given;
    if (given.length === 2 && typeof head === 'string' && typeof tail === 'string') return { head, tail };
  } else if (isWordPair(given)) {
    return given;
  }
  const place = index === undefined ? '' : ` at index ${index}`;
  throw new PairError(
    `expected a word pair, ["head", "tail"] or { head, tail } with two strings, got ${excerpt(given)}${place}`,
  );
}

function isWordPair(value: unknown): value is WordPair {
  if (typeof value !== 'object' || value === null) return false;
  const { head, tail } = value as { readonly head?: unknown; readonly tail?: unknown };
  return typeof head === 'string' && typeof tail === 'string';
}
