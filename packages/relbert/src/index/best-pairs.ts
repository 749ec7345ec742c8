import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** A pair with its score. */
export interface ScoredPair {
  readonly pair: WordPair;
  readonly score: number;
}

/** The pairs with the greatest scores so far, each once; of equals, the first that came. Memory is proportional to `top`. */
export class BestPairs<T extends ScoredPair> {
  readonly #top: number;
  #pairs = new Map<string, T>();
  #threshold = Number.NEGATIVE_INFINITY;

  constructor(top: number) {
    this.#top = top;
  }

  /** Whether a pair of this score may be among the best. */
  admits(score: number): boolean {
    return score > this.#threshold;
  }

  add(scored: T): void {
    if (!this.admits(scored.score)) return;
    const key = pairKey(scored.pair);
    const earlier = this.#pairs.get(key);
    if (earlier && earlier.score >= scored.score) return;
    this.#pairs.delete(key);
    this.#pairs.set(key, scored);
    // Sorting now and then is cheaper than keeping the pairs in order.
    if (this.#pairs.size < 2 * this.#top + 64) return;
    const best = this.sorted();
    this.#threshold = (best.at(-1) as T).score;
    this.#pairs = new Map(best.map((pair) => [pairKey(pair.pair), pair]));
  }

  /** The best first. */
  sorted(): T[] {
    return [...this.#pairs.values()].sort((a, b) => b.score - a.score).slice(0, this.#top);
  }
}
