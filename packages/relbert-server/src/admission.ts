/** @file Which requests are taken. */
import { unavailable } from './problem.ts';

/** A request that was taken. */
export interface Place {
  /** @throws Problem 503 where too many pairs wait already */
  addPairs(count: number): void;
  leave(): void;
}

interface Taken {
  /** Answers it 503 after all. */
  readonly giveUp: () => void;
}

/** Made once: under overload the trace of an error would cost more than the rest of a refusal. */
export const busy = unavailable('the server is busy: more requests wait than it can answer soon');

/** Requests that keep the encoder busy with full batches. */
const least = 16;
/** Milliseconds without a refusal after which the load counts as bearable again. */
const calm = 1000;

/**
 * A bounded queue. A full queue shows that more comes than can be answered. A long queue would only make everybody wait
 * then, for the same throughput: so the first refusal cuts the limit to {@link least}, which doubles again in each
 * second without one. Where as many were refused as the queue holds, it was not a burst that ends: then the youngest of
 * those that wait beyond the limit are given up, because their answers would come too late.
 */
export class Admission {
  readonly #most: number;
  readonly #mostPairs: number;
  #limit: number;
  /** In the order in which they came. */
  readonly #taken = new Set<Taken>();
  #pairs = 0;
  #changed = 0;
  /** Since the limit last grew. */
  #refused = 0;

  constructor(most: number, mostPairs: number) {
    this.#most = most;
    this.#mostPairs = mostPairs;
    this.#limit = most;
  }

  /** Requests in flight, pairs in flight, and how many requests are taken at present. */
  get state(): { readonly requests: number; readonly pairs: number; readonly limit: number } {
    return { requests: this.#taken.size, pairs: this.#pairs, limit: this.#limit };
  }

  /** Whether a request is refused now. */
  get full(): boolean {
    const now = performance.now();
    while (this.#limit < this.#most && now - this.#changed >= calm) {
      this.#limit = Math.min(this.#most, 2 * this.#limit);
      this.#changed += calm;
      this.#refused = 0;
    }
    if (this.#taken.size < this.#limit) return false;
    this.#limit = Math.min(least, this.#most);
    this.#changed = now;
    if (++this.#refused >= this.#most && this.#taken.size > this.#limit) {
      for (const { giveUp } of [...this.#taken].slice(this.#limit)) giveUp();
    }
    return true;
  }

  /** @throws Problem 503 where the queue is full */
  enter(giveUp: () => void): Place {
    if (this.full) throw busy;
    const taken = { giveUp };
    this.#taken.add(taken);
    let pairs = 0;
    return {
      addPairs: (count) => {
        if (this.#pairs > 0 && this.#pairs + count > this.#mostPairs) {
          throw unavailable('the server is busy: more pairs wait than it can encode soon');
        }
        pairs += count;
        this.#pairs += count;
      },
      leave: () => {
        if (this.#taken.delete(taken)) this.#pairs -= pairs;
      },
    };
  }
}
