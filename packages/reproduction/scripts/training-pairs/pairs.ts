import type { RelationSet } from '../../../relbert/src/data/relation-set.ts';
import type { WordPair } from '../../../relbert/src/pair/word-pair.ts';

/** A pair and how well known it is: the frequency of its rarer word in WordNet's tagged corpora. */
export interface FrequentPair extends WordPair {
  readonly frequency: number;
}

/** Pairs collected under the names of relations. */
export class PairsByName {
  readonly #relations = new Map<string, Map<string, FrequentPair>>();

  add(relation: string, pair: FrequentPair): void {
    if (pair.head.toLowerCase() === pair.tail.toLowerCase()) return;
    const pairs = this.#relations.get(relation) ?? new Map<string, FrequentPair>();
    this.#relations.set(relation, pairs);
    const key = `${pair.head}\t${pair.tail}`;
    const known = pairs.get(key);
    if (!known || known.frequency < pair.frequency) pairs.set(key, pair);
  }

  /** The pairs as relation sets, frequent ones first; the parent is what stands before the slash. */
  sets({ limit, least }: { readonly limit: number; readonly least: number }): RelationSet[] {
    return [...this.#relations]
      .filter(([, pairs]) => pairs.size >= least)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([relation, pairs]) => ({
        relation,
        parent: relation.split('/')[0],
        aliases: [],
        positives: [...pairs.values()]
          .sort((a, b) => b.frequency - a.frequency || a.head.length + a.tail.length - b.head.length - b.tail.length)
          .slice(0, limit)
          .map(({ head, tail }) => ({ head, tail })),
        negatives: [],
      }));
  }
}

/** Lower-case letters only, three or more. */
export function plainWord(word: string): boolean {
  return /^[a-z]{3,}$/.test(word);
}
