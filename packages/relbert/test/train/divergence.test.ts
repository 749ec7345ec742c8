import { describe, expect, it } from 'vitest';
import { DivergenceError, DivergenceWatch } from '../../src/train/divergence.ts';

describe('DivergenceWatch', () => {
  const watched = (losses: readonly number[], watch = new DivergenceWatch('less')): number | undefined => {
    for (const [i, loss] of losses.entries()) {
      try {
        watch.check(i + 1, loss, 1);
      } catch (error) {
        expect(error).toBeInstanceOf(DivergenceError);
        return (error as DivergenceError).step;
      }
    }
    return undefined;
  };
  const calm = Array.from({ length: 12 }, (_, i) => 5 - i * 0.1);

  it('lets a loss fall, jump once, and rise a little', () => {
    expect(watched([...calm, 80, 4, 4, 9, 9, 9, 9])).toBeUndefined();
    // InfoLOOB is not bounded below.
    expect(watched(calm.map((loss) => loss - 10))).toBeUndefined();
  });

  it('stops an explosion at its third step', () => {
    expect(watched([...calm, 60, 70, 80, 90])).toBe(15);
  });

  it('stops at once when loss or gradient is not a number', () => {
    expect(watched([1, Number.NaN])).toBe(2);
    expect(watched([1, Number.POSITIVE_INFINITY])).toBe(2);
    expect(() => new DivergenceWatch('less').check(4, 1, Number.NaN)).toThrow(
      'step 4: the norm of the gradient is NaN',
    );
  });

  it('goes on from what a checkpoint kept', () => {
    const watch = new DivergenceWatch('less');
    watched([...calm, 60, 70], watch);
    expect(watched([80], new DivergenceWatch('less', watch.losses))).toBe(1);
  });
});
