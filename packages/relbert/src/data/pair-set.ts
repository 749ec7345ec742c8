import type { WordPair } from '../pair/word-pair.ts';

/** What two spellings of a word have in common: lower case, `_` as space, single spaces. */
export function foldWord(word: string): string {
  return word.normalize('NFC').toLowerCase().replaceAll('_', ' ').replace(/\s+/g, ' ').trim();
}

/** A set of word pairs that disregards case, `_` for a space, and the order of the two words. */
export class PairSet {
  readonly #keys = new Set<string>();

  constructor(pairs: Iterable<WordPair> = []) {
    for (const pair of pairs) this.add(pair);
  }

  get size(): number {
    return this.#keys.size;
  }

  add({ head, tail }: WordPair): void {
    this.#keys.add(unorderedKey(head, tail));
  }

  has({ head, tail }: WordPair): boolean {
    return this.#keys.has(unorderedKey(head, tail));
  }
}

function unorderedKey(head: string, tail: string): string {
  const [first, second] = [foldWord(head), foldWord(tail)].sort();
  return `${first}\t${second}`;
}
