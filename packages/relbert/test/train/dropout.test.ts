import { describe, expect, it } from 'vitest';
import { DropoutMasks, type MaskKey } from '../../src/train/dropout.ts';

const key: MaskKey = { seed: 1, step: 2, part: 3, site: 4 };

describe('DropoutMasks', () => {
  it('holds only zeros and 1 / (1 - rate), in the right share', () => {
    for (const rate of [0.1, 0.25, 0.5]) {
      const [mask] = new DropoutMasks().fill([{ key, size: 1_000_003, rate }]) as [Float32Array];
      expect(mask.length).toBe(1_000_003);
      const values = new Set(mask);
      expect(values.size).toBe(2);
      expect(Math.max(...values)).toBeCloseTo(1 / (1 - rate), 4);
      const zeros = mask.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
      // Five standard deviations of a binomial count.
      expect(Math.abs(zeros / mask.length - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / mask.length));
      // Inverted dropout keeps the expectation.
      expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(1, 1.9);
    }
    const [all] = new DropoutMasks().fill([{ key, size: 100, rate: 0 }]) as [Float32Array];
    expect([...new Set(all)]).toEqual([1]);
  });

  it('depends on the key alone, not on what was drawn before', () => {
    const masks = new DropoutMasks();
    const [first] = masks.fill([{ key, size: 500, rate: 0.3 }]) as [Float32Array];
    const kept = first.slice();
    masks.fill([{ key: { ...key, site: 9 }, size: 3_000_000, rate: 0.3 }]);
    const [, again] = masks.fill([
      { key: { ...key, site: 7 }, size: 33, rate: 0.1 },
      { key, size: 500, rate: 0.3 },
    ]) as [Float32Array, Float32Array];
    expect(again).toEqual(kept);
  });

  it('differs in every part of the key, without correlation', () => {
    const others: MaskKey[] = [
      { ...key, seed: 2 },
      { ...key, step: 3 },
      { ...key, part: 4 },
      { ...key, site: 5 },
    ];
    const size = 200_000;
    const [mask, ...rest] = new DropoutMasks().fill([key, ...others].map((k) => ({ key: k, size, rate: 0.5 })));
    for (const other of rest) {
      let both = 0;
      for (let i = 0; i < size; i++) if ((mask as Float32Array)[i] === other[i]) both++;
      expect(Math.abs(both / size - 0.5)).toBeLessThan(0.01);
    }
  });

  it('has no correlation between neighbours', () => {
    const size = 400_000;
    const [mask] = new DropoutMasks().fill([{ key, size, rate: 0.5 }]) as [Float32Array];
    for (const lag of [1, 2, 3, 4, 7, 8, 16, 384, 1024]) {
      let same = 0;
      for (let i = lag; i < size; i++) if (mask[i] === mask[i - lag]) same++;
      expect(Math.abs(same / (size - lag) - 0.5)).toBeLessThan(0.005);
    }
  });

  it('refuses a rate outside [0, 1)', () => {
    expect(() => new DropoutMasks().fill([{ key, size: 8, rate: 1 }])).toThrow('got 1');
  });
});
