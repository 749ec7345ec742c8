import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { bootstrapInterval, bootstrapMacroInterval } from '../../src/evaluate/bootstrap.ts';

const answers = (right: number, wrong: number) => [
  ...new Array<number>(right).fill(1),
  ...new Array<number>(wrong).fill(0),
];

describe('bootstrapInterval', () => {
  it('lies where the normal approximation puts it', () => {
    const { low, high } = bootstrapInterval(answers(300, 200));
    const half = 1.96 * Math.sqrt((0.6 * 0.4) / 500);
    expect(low).toBeCloseTo(0.6 - half, 2);
    expect(high).toBeCloseTo(0.6 + half, 2);
  });

  it('holds the true share in about 95 of 100 samples', () => {
    const random = new Random(5);
    let held = 0;
    for (let sample = 0; sample < 300; sample++) {
      const scores = Array.from({ length: 200 }, () => (random.uniform() < 0.7 ? 1 : 0));
      const { low, high } = bootstrapInterval(scores, { resamples: 1000, seed: sample });
      if (low <= 0.7 && 0.7 <= high) held++;
    }
    expect(held / 300).toBeGreaterThan(0.91);
    expect(held / 300).toBeLessThan(0.985);
  });

  it('is the same for the same seed and shrinks to a point where all answers agree', () => {
    const scores = answers(17, 9);
    expect(bootstrapInterval(scores, { seed: 4 })).toEqual(bootstrapInterval(scores, { seed: 4 }));
    expect(bootstrapInterval(scores, { resamples: 50, seed: 4 })).not.toEqual(
      bootstrapInterval(scores, { resamples: 50, seed: 5 }),
    );
    expect(bootstrapInterval(answers(8, 0))).toEqual({ low: 1, high: 1 });
  });

  it('narrows as the level falls', () => {
    const wide = bootstrapInterval(answers(30, 30), { level: 0.99 });
    const narrow = bootstrapInterval(answers(30, 30), { level: 0.5 });
    expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
  });

  it('of a macro average weighs every set alike', () => {
    const { low, high } = bootstrapMacroInterval([answers(1000, 0), answers(500, 500)]);
    const half = (1.96 * Math.sqrt(0.25 / 1000)) / 2;
    expect(low).toBeCloseTo(0.75 - half, 2);
    expect(high).toBeCloseTo(0.75 + half, 2);
  });

  it('refuses an empty set and senseless options', () => {
    expect(() => bootstrapInterval([])).toThrow('at least one score');
    expect(() => bootstrapMacroInterval([[1], []])).toThrow('at least one score');
    expect(() => bootstrapInterval([1], { level: 95 })).toThrow('got 95');
    expect(() => bootstrapInterval([1], { resamples: 0 })).toThrow('got 0');
  });
});
