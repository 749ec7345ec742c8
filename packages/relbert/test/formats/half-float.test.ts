import { describe, expect, it } from 'vitest';
import { bfloatToFloat, floatToHalf, halfToFloat } from '../../src/formats/half-float.ts';

const half = (value: number): number => floatToHalf(new Float32Array([value]))[0] as number;

describe('half floats', () => {
  it('read and write every binary16 value back to the same bits', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((b) => (b & 0x7fff) <= 0x7c00);
    expect(floatToHalf(halfToFloat(bits))).toEqual(bits);
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400], // smallest normal
    [2 ** -24, 0x0001], // smallest subnormal
    [2 ** -25, 0x0000], // tie to even: zero
    [2 ** -25 * 1.0001, 0x0001],
    [3 * 2 ** -25, 0x0002], // tie between 1 and 2: even
    [5 * 2 ** -25, 0x0002], // tie between 2 and 3: even
    [2 ** -14 - 2 ** -26, 0x0400], // rounds up into the normals
    [1 + 2 ** -11, 0x3c00], // tie to even, down
    [1 + 3 * 2 ** -11, 0x3c02], // tie to even, up
    [2 - 2 ** -12, 0x4000], // carries into the exponent
    [Number.POSITIVE_INFINITY, 0x7c00],
    [-0, 0x8000],
    [1e-30, 0x0000],
  ])('rounds %d to nearest, ties to even', (value, bits) => {
    expect(half(value).toString(16)).toBe(bits.toString(16));
  });

  it('round like a search for the nearest value', () => {
    const values = halfToFloat(Uint16Array.from({ length: 0x7c00 }, (_, i) => i)); // 0 … 65504, rising
    let state = 1;
    for (let i = 0; i < 2000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const value = Math.fround(2 ** ((state / 2 ** 32) * 42 - 26));
      if (value > 65504) continue;
      let above = values.findIndex((v) => v >= value);
      if (above < 0) above = values.length - 1;
      const below = Math.max(0, above - 1);
      const [up, down] = [(values[above] as number) - value, value - (values[below] as number)];
      const nearest = up < down ? above : up > down ? below : above % 2 === 0 ? above : below;
      expect(half(value)).toBe(nearest);
    }
  });

  it('keep NaN a NaN', () => {
    expect(half(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
    expect(halfToFloat(new Uint16Array([0x7e01]))[0]).toBeNaN();
  });

  it('read bfloat16 exactly', () => {
    expect([...bfloatToFloat(new Uint16Array([0x3f80, 0xc000, 0x7f80, 0x0001]))]).toEqual([
      1,
      -2,
      Number.POSITIVE_INFINITY,
      2 ** -133,
    ]);
  });
});
