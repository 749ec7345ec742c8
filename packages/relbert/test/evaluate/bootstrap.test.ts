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

  it('is the same for the same seed', () => {
    const scores = answers(17, 9);
    expect(bootstrapInterval(scores, { seed: 4 })).toEqual(bootstrapInterval(scores, { seed: 4 }));
    expect(bootstrapInterval(scores, { resamples: 50, seed: 4 })).not.toEqual(
      bootstrapInterval(scores, { resamples: 50, seed: 5 }),
    );
  });

  it("is Wilson's where all answers agree", () => {
    // 8 / (8 + 1.96²) to 1, and of 0 of 5: 0 to 1.96² / (5 + 1.96²)
    const all = bootstrapInterval(answers(8, 0));
    expect([all.low, all.high]).toEqual([expect.closeTo(0.67559, 4), 1]);
    const none = bootstrapInterval(answers(0, 5));
    expect([none.low, none.high]).toEqual([0, expect.closeTo(0.43448, 4)]);
    // z of 99 %: 2.5758
    expect(bootstrapInterval(answers(8, 0), { level: 0.99 }).low).toBeCloseTo(8 / (8 + 2.575829 ** 2), 6);
    expect(bootstrapInterval([0.5, 0.5])).toEqual({ low: 0.5, high: 0.5 });
  });

  it('of a macro average knows that a set in which all answers agree is a sample, too', () => {
    const { low, high } = bootstrapMacroInterval([answers(8, 0), answers(0, 5)]);
    expect(low).toBeCloseTo(0.5 - (1 - 0.67559) / 2, 4);
    expect(high).toBeCloseTo(0.5 + 0.43448 / 2, 4);
    const half = bootstrapMacroInterval([answers(8, 0), answers(50, 50)]);
    const alone = bootstrapInterval(answers(50, 50));
    expect(half.low).toBeCloseTo(0.75 - Math.hypot((0.5 - alone.low) / 2, (1 - 0.67559) / 2), 2);
    expect(half.high).toBeCloseTo(0.75 + (alone.high - 0.5) / 2, 2);
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
