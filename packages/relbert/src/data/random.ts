/**
 * A seeded generator of random numbers: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), seeded through SplitMix32.
 *
 * The same seed gives the same numbers on every machine, and the whole state is four unsigned 32-bit integers, so
 * that a run can be saved and resumed.
 */

/** Four unsigned 32-bit integers, not all zero. */
export type RandomState = readonly [number, number, number, number];

export class Random {
  readonly #state: Uint32Array;

  /** @param seed An integer (taken modulo 2^32), or a state that {@link Random.state} gave. */
  constructor(seed: number | RandomState) {
    if (typeof seed !== 'number') {
      const valid = seed.length === 4 && seed.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
      if (!valid || seed.every((word) => word === 0)) {
        throw new RangeError(`a random state is four unsigned 32-bit integers, not all zero; got [${seed.join(', ')}]`);
      }
      this.#state = Uint32Array.from(seed);
      return;
    }
    if (!Number.isInteger(seed)) throw new RangeError(`a seed is an integer, got ${seed}`);
    this.#state = new Uint32Array(4);
    let mixed = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = mixed;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#state[i] = (word ^ (word >>> 15)) >>> 0;
    }
  }

  /** The state after the numbers drawn so far; `new Random(state)` goes on from here. */
  get state(): RandomState {
    const [a, b, c, d] = this.#state as unknown as [number, number, number, number];
    return [a, b, c, d];
  }

  /** An unsigned integer of 32 random bits. */
  uint32(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [low, high), default [0, 1), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 67_108_864 + (this.uint32() >>> 6)) / 9_007_199_254_740_992;
    return low + (high - low) * unit;
  }

  /** An integer in [0, bound), each equally likely; 0 < bound <= 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`bound must be an integer from 1 to 2^32, got ${bound}`);
    }
    // Draws beyond the last full multiple of the bound would favour small numbers.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let drawn = this.uint32();
    while (drawn >= limit) drawn = this.uint32();
    return drawn % bound;
  }

  /** A normal number with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const item = items[last];
      items[last] = items[other];
      items[other] = item;
    }
    return items;
  }

  /** A shuffled copy of 0 … length − 1. */
  permutation(length: number): Uint32Array {
    return this.shuffle(Uint32Array.from({ length }, (_, i) => i));
  }

  /** An element of a list that is not empty. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('there is nothing to choose from: the list is empty');
    return items[this.integer(items.length)] as T;
  }
}
