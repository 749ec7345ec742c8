import type { WordPair } from './word-pair.ts';

/**
 * What the score of `other` loses beside `pair` for a word that they share: `discount` where it stands in the same place
 * of both (hot:cold, hot:warm), half of it where it stands in the other (hot:cold, warm:hot), nothing for the same pair.
 * Upper and lower case count as equal.
 *
 * An embedding follows the words as well as the relation: pairs that share one are nearer to each other than their
 * relations say, most of all where it has the same place.
 */
export function sharedWordLoss(pair: WordPair, other: WordPair, discount: number): number {
  if (discount === 0) return 0;
  const [head, tail, otherHead, otherTail] = [pair.head, pair.tail, other.head, other.tail].map(folded);
  const sameHead = head === otherHead;
  const sameTail = tail === otherTail;
  if (sameHead && sameTail) return 0;
  if (sameHead || sameTail) return discount;
  return head === otherTail || tail === otherHead ? discount / 2 : 0;
}

function folded(word: string): string {
  return word.normalize('NFC').toLowerCase();
}

/** Cosines are up to 2 apart: a greater discount would say nothing more. */
export function isSharedWordDiscount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 2;
}
