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
        /** Anchor and positive of one relation, negative a negative of the same. */
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
  /** Number of the relation; −1 for a pair that was drawn without one. */
  readonly relation: number;
  /** Number of the relation's category (its parent); −1 where it has none. */
  readonly category: number;
  /** Whether it stands in the relation (true) or only seems to (false). */
  readonly positive: boolean;
}

/** Collects items; equal pairs (same head, same tail) become one prompt. */
export class BatchBuilder {
  readonly #places = new Map<string, number>();
  readonly #pairs: WordPair[] = [];
  readonly #items: BatchItem[] = [];

  /** Adds an item and returns its place. */
  add(pair: WordPair, item: Omit<BatchItem, 'pair'>): number {
    const key = pairKey(pair);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#pairs.length;
      this.#places.set(key, place);
      this.#pairs.push(pair);
    }
    this.#items.push({ pair: place, ...item });
    return this.#items.length - 1;
  }

  /** Whether an equal pair is in the batch. */
  has(pair: WordPair): boolean {
    return this.#places.has(pairKey(pair));
  }

  get pairCount(): number {
    return this.#pairs.length;
  }

  finish(triples?: TrainingBatch['triples']): TrainingBatch {
    return { pairs: this.#pairs, items: this.#items, triples };
  }
}
