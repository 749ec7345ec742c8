import { describe, expect, it } from 'vitest';
import { contradictions, dealFolds } from '../../src/classify/folds.ts';

describe('dealFolds', () => {
  const labelled = (head: string, tail: string, label: string) => ({ head, tail, label });

  it('deals each label evenly, by the seed', () => {
    const examples = ['a', 'b'].flatMap((label) =>
      Array.from({ length: 20 }, (_, i) => labelled(`${label}${i}`, `t${i}`, label)),
    );
    const folds = dealFolds(examples, 5, 1);
    for (const label of ['a', 'b']) {
      const counts = [0, 0, 0, 0, 0];
      for (const [i, example] of examples.entries()) {
        if (example.label === label) counts[folds[i] as number] = (counts[folds[i] as number] as number) + 1;
      }
      expect(counts).toEqual([4, 4, 4, 4, 4]);
    }
    expect(dealFolds(examples, 5, 1)).toEqual(folds);
    expect(dealFolds(examples, 5, 2)).not.toEqual(folds);
  });

  it('keeps a pair in one fold whatever its case and direction, and holds out no only or contradicting pair', () => {
    const twins = Array.from({ length: 12 }, (_, i) => [
      labelled(`Head${i}`, `tail${i}`, 'a'),
      labelled(`Tail${i}`, `head${i}`, 'a'),
    ]).flat();
    const examples = [
      ...twins,
      labelled('only', 'this', 'b'),
      labelled('both', 'ways', 'a'),
      labelled('both', 'ways', 'c'),
      labelled('more', 'of c', 'c'),
    ];
    const folds = dealFolds(examples, 4, 0);
    for (let i = 0; i < twins.length; i += 2) expect(folds[i]).toBe(folds[i + 1]);
    expect([...folds.slice(twins.length)]).toEqual([-1, -1, -1, -1]);
  });

  it('holds out pairs that also stand reversed with the inverse label, both at once', () => {
    const examples = Array.from({ length: 24 }, (_, i) => [
      labelled(`a${i}`, `b${i}`, 'part'),
      labelled(`B${i}`, `a${i}`, 'whole'),
    ]).flat();
    const folds = dealFolds(examples, 5, 0);
    expect([0, 1, 2, 3, 4].map((fold) => folds.filter((each) => each === fold).length)).toEqual([10, 10, 10, 10, 8]);
    for (let i = 0; i < examples.length; i += 2) expect(folds[i]).toBe(folds[i + 1]);
  });

  it('leaves something of each label to learn from', () => {
    // `whole` stands only beside two reversed pairs of `part`, which may be dealt into the same fold.
    const examples = [
      ...Array.from({ length: 8 }, (_, i) => labelled(`a${i}`, `b${i}`, 'part')),
      labelled('b0', 'a0', 'whole'),
      labelled('b1', 'a1', 'whole'),
    ];
    for (let seed = 0; seed < 30; seed++) {
      const folds = dealFolds(examples, 4, seed);
      expect([folds[8], folds[9]]).toEqual([folds[0], folds[1]]);
      for (let fold = 0; fold < 4; fold++) {
        const learnt = examples.filter((_, i) => folds[i] !== fold).map(({ label }) => label);
        expect(new Set(learnt)).toEqual(new Set(['part', 'whole']));
      }
    }
  });

  it('takes the same pair with two labels, in any case, as a contradiction', () => {
    const examples = [
      ...Array.from({ length: 8 }, (_, i) => labelled(`a${i}`, `b${i}`, i % 2 ? 'part' : 'whole')),
      labelled('A0', 'b0', 'part'),
      labelled('b0', 'a0', 'part'),
    ];
    expect(contradictions(examples)).toEqual([examples[0]]);
    const folds = dealFolds(examples, 2, 0);
    expect([folds[0], folds[8], folds[9]]).toEqual([-1, -1, -1]);
  });
});
