import type { WordPair } from './word-pair.ts';

/**
 * The identity of a pair: two pairs have the same key exactly where head equals head and tail equals tail, code unit by
 * code unit. The length of the head comes first, so that no two different pairs share a key. (h, t) and (t, h) differ.
 */
export function pairKey({ head, tail }: WordPair): string {
  return `${head.length}:${head}${tail}`;
}

/** The distinct pairs of a list, in the order of their first occurrence, and where each entry of the list is found. */
export interface DistinctPairs {
  readonly distinct: readonly WordPair[];
  /** Same length as the list: `distinct[rows[i]]` equals the list's entry i. */
  readonly rows: Int32Array;
}

export function deduplicatePairs(pairs: readonly WordPair[]): DistinctPairs {
  const rowOf = new Map<string, number>();
  const distinct: WordPair[] = [];
  const rows = Int32Array.from(pairs, (pair) => {
    const key = pairKey(pair);
    const row = rowOf.get(key) ?? distinct.length;
    if (row === distinct.length) {
      rowOf.set(key, row);
      distinct.push(pair);
    }
    return row;
  });
  return { distinct, rows };
}
