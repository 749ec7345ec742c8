/** The greatest scores seen, with a number each: a heap whose least score is on top. Of equals, the first one stays. */
export class TopScores {
  readonly limit: number;
  readonly #scores: Float64Array;
  readonly #items: Float64Array;
  #size = 0;

  constructor(limit: number) {
    this.limit = limit;
    this.#scores = new Float64Array(limit);
    this.#items = new Float64Array(limit);
  }

  get size(): number {
    return this.#size;
  }

  /** A score must be above this to be kept. */
  get threshold(): number {
    return this.#size < this.limit ? Number.NEGATIVE_INFINITY : (this.#scores[0] as number);
  }

  add(score: number, item: number): void {
    const scores = this.#scores;
    const items = this.#items;
    if (this.#size < this.limit) {
      let at = this.#size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if ((scores[parent] as number) <= score) break;
        scores[at] = scores[parent] as number;
        items[at] = items[parent] as number;
        at = parent;
      }
      scores[at] = score;
      items[at] = item;
      return;
    }
    if (score <= (scores[0] as number)) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (scores[child + 1] as number) < (scores[child] as number)) child++;
      if ((scores[child] as number) >= score) break;
      scores[at] = scores[child] as number;
      items[at] = items[child] as number;
      at = child;
    }
    scores[at] = score;
    items[at] = item;
  }

  /** Scores and items, the greatest first; of equal scores, the lower item first. */
  sorted(): { readonly score: number; readonly item: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({
      score: this.#scores[i] as number,
      item: this.#items[i] as number,
    })).sort((a, b) => b.score - a.score || a.item - b.item);
  }
}
