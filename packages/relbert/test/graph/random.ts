/** A seeded generator for test data (mulberry32). */
export class TestRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  shape(rank: number, largest = 4): number[] {
    return Array.from({ length: rank }, () => this.integer(1, largest));
  }

  /** Two shapes that broadcast: axes of either are 1 or missing at random. */
  broadcastPair(): [number[], number[]] {
    const shape = this.shape(this.integer(1, 4), 3);
    const thin = (): number[] =>
      shape
        .map((dim) => (this.uniform() < 0.35 ? 1 : dim))
        .slice(this.uniform() < 0.3 ? this.integer(0, shape.length) : 0);
    return this.uniform() < 0.5 ? [shape, thin()] : [thin(), shape];
  }

  floats(shape: readonly number[], low = -2, high = 2): Float32Array {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return Float32Array.from({ length: size }, () => this.between(low, high));
  }

  /** Values at least `gap` apart from each other and from 0, in random order: no ties, no kinks nearby. */
  distinct(shape: readonly number[], gap = 0.1): Float32Array {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const values = Array.from({ length: size }, (_, i) => (i - Math.floor(size / 2) + 0.5) * gap);
    for (let i = size - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [values[i], values[j]] = [values[j] as number, values[i] as number];
    }
    return Float32Array.from(values);
  }
}
