import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** Triples (anchor, positive, negative) as places among the items of a batch. */
export interface Triples {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/** What the sampler draws for one step. */
export interface TrainingBatch {
  /** The distinct pairs of the step: each is written into the prompt and encoded once. */
  readonly pairs: readonly WordPair[];
  /** For each item, which of the pairs it is. Two items can be the same pair, in different relations. */
  readonly items: readonly BatchItem[];
  /** Drawn triples, for losses on triples; undefined: all triples among the items. */
  readonly triples:
    | {
        /** Anchor and positive of a relation, and a negative of that relation. */
        readonly relation: Triples;
        /** Anchor and positive from two relations of one category, negative from another category. */
        readonly category: Triples;
      }
    | undefined;
}

/** A pair as a member of a relation. */
export interface BatchItem {
  /** Place among the batch's pairs. */
  readonly pair: number;
  /** Number of the relation; −1 for a pair without a relation. */
  readonly relation: number;
  /** Number of the relation's category (its parent); −1 without a category. */
  readonly category: number;
  /** Whether it stands in the relation (true) or only seems to (false). */
  readonly positive: boolean;
  /** Numbers of its words among those of the batch, without regard to case. */
  readonly words: readonly [head: number, tail: number];
}

/** The distinct pairs (head and tail equal) of a batch, in the order of their first occurrence. */
export class DistinctPairs {
  readonly all: WordPair[] = [];
  readonly #places = new Map<string, number>();

  /** The place of a pair, which is added if it is new. */
  place(pair: WordPair): number {
    const key = pairKey(pair);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.all.push(pair) - 1;
      this.#places.set(key, place);
    }
    return place;
  }

  has(pair: WordPair): boolean {
    return this.#places.has(pairKey(pair));
  }
}

/** Collects triples. */
export class TripleList {
  readonly #anchors: number[] = [];
  readonly #positives: number[] = [];
  readonly #negatives: number[] = [];

  add(anchor: number, positive: number, negative: number): void {
    this.#anchors.push(anchor);
    this.#positives.push(positive);
    this.#negatives.push(negative);
  }

  finish(): Triples {
    return {
      anchors: Int32Array.from(this.#anchors),
      positives: Int32Array.from(this.#positives),
      negatives: Int32Array.from(this.#negatives),
    };
  }
}

/** Collects items; equal pairs become one prompt. */
export class BatchBuilder {
  readonly #pairs = new DistinctPairs();
  readonly #items: BatchItem[] = [];
  readonly #words = new Map<string, number>();

  /** Adds an item and returns its place. */
  add(pair: WordPair, item: Omit<BatchItem, 'pair' | 'words'>): number {
    const words = [this.#word(pair.head), this.#word(pair.tail)] as const;
    return this.#items.push({ pair: this.#pairs.place(pair), ...item, words }) - 1;
  }

  #word(word: string): number {
    const folded = word.toLowerCase();
    const number = this.#words.get(folded) ?? this.#words.size;
    this.#words.set(folded, number);
    return number;
  }

  /** Whether an equal pair is in the batch. */
  has(pair: WordPair): boolean {
    return this.#pairs.has(pair);
  }

  finish(triples?: TrainingBatch['triples']): TrainingBatch {
    return { pairs: this.#pairs.all, items: this.#items, triples };
  }
}
