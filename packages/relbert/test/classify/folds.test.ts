import { describe, expect, it } from 'vitest';
import { dealFolds } from '../../src/classify/folds.ts';

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
});
