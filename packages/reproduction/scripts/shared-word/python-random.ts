/**
 * The random numbers of Python's `random.Random(seed)`: MT19937 (Matsumoto and Nishimura 1998), seeded by an array of one
 * word, so that a script gives the same files as one in Python.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(624);
  #next = 624;

  /** @param seed An integer from 0 to 2^32 − 1. */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = 19_650_218;
    for (let i = 1; i < 624; i++) state[i] = Math.imul(mixed(state, i - 1), 1_812_433_253) + i;
    let place = 1;
    const advance = () => {
      place += 1;
      if (place < 624) return;
      state[0] = state[623] as number;
      place = 1;
    };
    for (let i = 0; i < 624; i++) {
      state[place] = ((state[place] as number) ^ Math.imul(mixed(state, place - 1), 1_664_525)) + seed;
      advance();
    }
    for (let i = 0; i < 623; i++) {
      state[place] = ((state[place] as number) ^ Math.imul(mixed(state, place - 1), 1_566_083_941)) - place;
      advance();
    }
    state[0] = 0x80000000;
  }

  /** An element of a list that is not empty. */
  choice<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  /** Shuffles in place and returns the same list. */
  shuffle<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.#below(last + 1);
      [list[last], list[other]] = [list[other] as T, list[last] as T];
    }
    return list;
  }

  /** An integer in [0, bound): as many random bits as the bound has, until they are below it. */
  #below(bound: number): number {
    const shift = Math.clz32(bound);
    let drawn = this.#uint32() >>> shift;
    while (drawn >= bound) drawn = this.#uint32() >>> shift;
    return drawn;
  }

  #uint32(): number {
    if (this.#next === 624) this.#twist();
    let y = this.#state[this.#next++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < 624; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % 624] as number) & 0x7fffffff);
      state[i] = (state[(i + 397) % 624] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

function mixed(state: Uint32Array, place: number): number {
  const value = state[place] as number;
  return value ^ (value >>> 30);
}
