import type { PairSet } from '../../../relbert/src/data/pair-set.ts';
import { Random } from '../../../relbert/src/data/random.ts';
import type { RelationSet } from '../../../relbert/src/data/relation-set.ts';
import type { WordPair } from '../../../relbert/src/pair/word-pair.ts';

export interface CrossedOptions {
  /** The most crossed pairs of a relation; never more than it has positives. */
  readonly limit: number;
  readonly seed: number;
  /** Pairs that are not to be among them, in either order. */
  readonly leaveOut: PairSet;
}

/**
 * The relation with hard negatives: two of its heads put together, or two of its tails. Their words are of the right
 * kind and do not stand in the relation (robin:sparrow beside robin:bird), as in many wrong choices of analogy questions.
 */
export function withCrossed(set: RelationSet, { limit, seed, leaveOut }: CrossedOptions): RelationSet {
  const random = new Random(seed);
  const known = new Set(set.positives.flatMap(({ head, tail }) => [key(head, tail), key(tail, head)]));
  const wanted = Math.min(limit, set.positives.length);
  const crossed: WordPair[] = [];
  // A relation with few different heads or tails (countries and their region) gives fewer than wanted.
  for (let tries = 0; tries < wanted * 20 && crossed.length < wanted; tries++) {
    const a = random.choice(set.positives);
    const b = random.choice(set.positives);
    const pair = tries % 2 === 0 ? { head: a.tail, tail: b.tail } : { head: a.head, tail: b.head };
    if (pair.head.toLowerCase() === pair.tail.toLowerCase() || known.has(key(pair.head, pair.tail))) continue;
    if (leaveOut.has(pair)) continue;
    known.add(key(pair.head, pair.tail)).add(key(pair.tail, pair.head));
    crossed.push(pair);
  }
  return { ...set, negatives: [...set.negatives, ...crossed] };
}

function key(head: string, tail: string): string {
  return `${head}\t${tail}`;
}
