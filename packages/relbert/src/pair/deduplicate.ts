import type { WordPair } from './word-pair.ts';

/** The distinct pairs of a list, in the order of their first occurrence, and where each entry of the list is found. */
export interface DistinctPairs {
  readonly distinct: readonly WordPair[];
  /** Same length as the list: `distinct[rows[i]]` equals the list's entry i. */
  readonly rows: Int32Array;
}

/**
 * Finds equal pairs by structure: head equals head and tail equals tail, code unit by code unit. (h, t) and (t, h)
 * are different pairs. No joined key is involved, so no two different pairs collide whatever their words hold.
 */
export function deduplicatePairs(pairs: readonly WordPair[]): DistinctPairs {
  const tails = new Map<string, Map<string, number>>();
  const distinct: WordPair[] = [];
  const rows = new Int32Array(pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as WordPair;
    let byTail = tails.get(pair.head);
    if (!byTail) {
      byTail = new Map();
      tails.set(pair.head, byTail);
    }
    let row = byTail.get(pair.tail);
    if (row === undefined) {
      row = distinct.length;
      byTail.set(pair.tail, row);
      distinct.push(pair);
    }
    rows[i] = row;
  }
  return { distinct, rows };
}

/**
 * A text that two pairs share exactly when they are equal: the length of the head, then both words. For maps and
 * files; inside one process {@link deduplicatePairs} needs no text at all.
 */
export function pairKey({ head, tail }: WordPair): string {
  return `${head.length}:${head}${tail}`;
}
