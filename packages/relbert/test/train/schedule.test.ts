import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../src/train/schedule.ts';

// Values of transformers' get_{constant,linear,cosine}_schedule_with_warmup, times the learning rate.
describe('learningRateAt', () => {
  const at = (decay: 'constant' | 'linear' | 'cosine', steps: number[]) =>
    steps.map((step) => learningRateAt(step, { learningRate: 2, warmup: 4, decay, steps: 12 }));

  it('rises linearly from 0 and then stays', () => {
    expect(at('constant', [0, 1, 2, 3, 4, 5, 11])).toEqual([0, 0.5, 1, 1.5, 2, 2, 2]);
  });
  it('falls linearly, to 0 one step after the last (11)', () => {
    expect(at('linear', [0, 4, 6, 8, 11, 12, 20])).toEqual([0, 2, 1.5, 1, 0.25, 0, 0]);
  });
  it('falls as half a cosine', () => {
    const [top, middle, end] = at('cosine', [4, 8, 12]) as [number, number, number];
    expect(top).toBe(2);
    expect(middle).toBeCloseTo(1, 12);
    expect(end).toBeCloseTo(0, 12);
  });
  it('works without warm-up', () => {
    expect(learningRateAt(0, { learningRate: 1, steps: 10 })).toBe(1);
  });
});
