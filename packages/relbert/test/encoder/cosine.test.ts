import { describe, expect, it } from 'vitest';
import { cosine } from '../../src/encoder/embeddings.ts';

describe('cosine', () => {
  it('stays within -1 and 1, where rounding would leave them', () => {
    let beyond = 0;
    for (let seed = 1; seed < 50; seed++) {
      const a = Float32Array.from({ length: 384 }, (_, i) => Math.sin(seed * (i + 1)));
      const b = a.map((value) => value / 3);
      const product = (x: Float32Array, y: Float32Array) =>
        x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
      if (product(a, b) / Math.sqrt(product(a, a) * product(b, b)) > 1) beyond++;
      expect(cosine(a, b)).toBeLessThanOrEqual(1);
      expect(
        cosine(
          a,
          b.map((value) => -value),
        ),
      ).toBeGreaterThanOrEqual(-1);
      expect(cosine(a, b)).toBeCloseTo(1, 12);
    }
    expect(beyond).toBeGreaterThan(0);
  });

  it('is 0 where a vector is all zeros', () => {
    expect(cosine(new Float32Array(3), Float32Array.of(1, 2, 3))).toBe(0);
  });
});
