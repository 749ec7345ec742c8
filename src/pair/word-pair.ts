/** A word pair (h, t): the unit whose relation is embedded. */
export interface WordPair {
  readonly head: string;
  readonly tail: string;
}

/** What the library accepts wherever a word pair is expected: `{ head, tail }` or `[head, tail]`. */
export type WordPairLike = WordPair | readonly [head: string, tail: string];

/** `[h, t]` or `{ head, tail }` as a {@link WordPair}. */
export function toWordPair(pair: WordPairLike): WordPair {
  return 'head' in pair ? pair : { head: pair[0], tail: pair[1] };
}
