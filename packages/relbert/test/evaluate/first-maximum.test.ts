import { describe, expect, it } from 'vitest';
import { firstMaximum } from '../../src/evaluate/first-maximum.ts';

describe('firstMaximum', () => {
  it('never prefers NaN', () => {
    expect(firstMaximum([Number.NaN, -1, Number.NaN, -0.5])).toBe(3);
    expect(firstMaximum([0.5, Number.NaN])).toBe(0);
  });
});
