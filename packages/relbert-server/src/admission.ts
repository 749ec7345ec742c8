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

/** Milliseconds without a refusal after which the load counts as bearable again. */
const calm = 1000;
/** Requests taken at a time under overload, until it is measured how long they take. */
const first = 16;
/** Batches of fewer cost nearly as much. */
const least = 4;
/** Under overload half of the answers take at most so many times what a request takes alone, or so many milliseconds. */
const stretch = 2.5;
const soon = 10;
/** An answer in time raises the limit by this factor, one too late lowers it. */
const step = 1.02;

/**
 * A queue that is bounded in number, and under overload in time. A full queue shows that more comes than can be answered.
 * A long queue would only make everybody wait then, for the same throughput: so a refusal cuts the limit to as many as can
 * be answered soon, which is measured and changes with each answer. Each second without a refusal doubles it again. Where
 * as many were refused as the queue holds, it was not a burst that ends: then the youngest of those that wait beyond the
 * limit are given up, because their answers would come too late.
 */
export class Admission {
  readonly #most: number;
  readonly #mostPairs: number;
  #limit: number;
  /** The limit under overload. */
  #bearable: number;
  /** In the order in which they came. */
  readonly #taken = new Set<Taken>();
  #pairs = 0;
  /** Since the limit last grew; 0: no overload. */
  #refused = 0;
  #changed = 0;
  /** Median of the milliseconds of requests beside which there was no other. */
  #alone: number | undefined;

  constructor(most: number, mostPairs: number) {
    this.#most = most;
    this.#mostPairs = mostPairs;
    this.#limit = most;
    this.#bearable = Math.min(first, most);
  }

  /** Requests in flight, pairs in flight, and how many requests are taken at present. */
  get state(): { readonly requests: number; readonly pairs: number; readonly limit: number } {
    return { requests: this.#taken.size, pairs: this.#pairs, limit: Math.floor(this.#limit) };
  }

  /** Whether a request that comes now is refused. */
  refuses(): boolean {
    const now = performance.now();
    while (this.#limit < this.#most && now - this.#changed >= calm) {
      this.#limit = Math.min(this.#most, 2 * this.#limit);
      this.#changed += calm;
      this.#refused = 0;
    }
    if (this.#taken.size + 1 <= this.#limit) return false;
    this.#limit = Math.min(this.#limit, this.#bearable);
    this.#changed = now;
    if (++this.#refused >= this.#most) {
      for (const taken of [...this.#taken].slice(Math.floor(this.#limit))) {
        this.#taken.delete(taken);
        taken.giveUp();
      }
    }
    return true;
  }

  /** @throws Problem 503 where the queue is full */
  enter(giveUp: () => void): Place {
    if (this.refuses()) throw busy;
    const taken = { giveUp };
    const alone = this.#taken.size === 0;
    const start = performance.now();
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
        this.#pairs -= pairs;
        if (this.#taken.delete(taken)) this.#learn(performance.now() - start, alone && this.#taken.size === 0);
      },
    };
  }

  #learn(time: number, alone: boolean): void {
    if (alone) this.#alone = this.#alone === undefined ? time : this.#alone * (time > this.#alone ? 1.1 : 1 / 1.1);
    if (this.#refused === 0 || this.#alone === undefined) return;
    const late = time > Math.max(soon, stretch * this.#alone);
    this.#bearable = Math.min(this.#most, Math.max(least, late ? this.#bearable / step : this.#bearable * step));
    this.#limit = this.#bearable;
  }
}
