import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';

describe('Random', () => {
  it('gives the published sequence of xoshiro128** 1.1 for the state 1, 2, 3, 4', () => {
    const random = new Random([1, 2, 3, 4]);
    // From the reference implementation in C (prng.di.unimi.it), also the test vector of the Rust crate rand_xoshiro.
    expect(Array.from({ length: 6 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492,
    ]);
  });

  it('repeats itself for the same seed and goes on from a saved state', () => {
    const first = new Random(7);
    const second = new Random(7);
    for (let i = 0; i < 100; i++) expect(first.uniform()).toBe(second.uniform());
    const saved = JSON.parse(JSON.stringify(first.state)) as [number, number, number, number];
    const resumed = new Random(saved);
    for (let i = 0; i < 100; i++) expect(first.normal()).toBe(resumed.normal());
    expect(new Random(8).uint32()).not.toBe(new Random(7).uint32());
  });

  it('is uniform, normal and unbiased within what chance allows', () => {
    const random = new Random(1);
    const n = 100_000;
    const counts = new Array<number>(7).fill(0);
    let sum = 0;
    let normalSum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      sum += random.uniform();
      const drawn = random.integer(7);
      counts[drawn] = (counts[drawn] as number) + 1;
      const normal = random.normal();
      normalSum += normal;
      squares += normal * normal;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(0.005);
    expect(Math.abs(normalSum / n)).toBeLessThan(0.016);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.025);
    for (const count of counts) expect(Math.abs(count - n / 7)).toBeLessThan(5 * Math.sqrt(n / 7));
  });

  it('shuffles every order equally often', () => {
    const random = new Random(3);
    const seen = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = random.permutation(3).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 2000)).toBeLessThan(225);
  });

  it('refuses a state, a seed or a bound that is none', () => {
    expect(() => new Random([0, 0, 0, 0])).toThrow('not all zero');
    expect(() => new Random(1.5)).toThrow('a seed is an integer, got 1.5');
    expect(() => new Random(1).integer(0)).toThrow('got 0');
    expect(() => new Random(1).choice([])).toThrow('the list is empty');
  });
});
