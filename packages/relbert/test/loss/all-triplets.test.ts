import { describe, expect, it } from 'vitest';
import type { TripletSettings } from '../../src/loss/hinge.ts';
import { type Matrix, runObjective } from './run-loss.ts';

describe('all triples among the items of a step', () => {
  const item = (pair: number, relation: number, category: number, positive = true) => ({
    pair,
    relation,
    category,
    positive,
  });
  // points on a line
  const embeddings = [[0], [1], [4], [10], [12], [20]];
  const items = [item(0, 0, 0), item(1, 0, 0), item(2, 0, 0, false), item(3, 1, 0), item(4, 1, 0), item(5, 2, 1)];
  const run = async (name: 'triplet' | 'in-batch' | 'category', margin: number) =>
    (await runObjective({ terms: [{ name, margin, reduction: 'sum' }], triples: 'all', batch: { items }, embeddings }))
      .loss;
  const total = (margin: number, triples: readonly (readonly [number, number, number])[]) =>
    triples.reduce((sum, [a, p, n]) => {
      const x = (i: number) => embeddings[i]?.[0] as number;
      return sum + Math.max(0, Math.abs(x(a) - x(p)) - Math.abs(x(a) - x(n)) + margin);
    }, 0);

  it('within relations: the relation’s own negatives', async () => {
    expect(await run('triplet', 5)).toBeCloseTo(
      total(5, [
        [0, 1, 2],
        [1, 0, 2],
      ]),
      4,
    );
  });

  it('in the batch: the positives of other relations', async () => {
    const pairs = [
      [0, 1],
      [1, 0],
      [3, 4],
      [4, 3],
    ] as const;
    const triples = pairs.flatMap(([a, p]) => (a < 2 ? [3, 4, 5] : [0, 1, 5]).map((n) => [a, p, n] as const));
    expect(await run('in-batch', 12)).toBeCloseTo(total(12, triples), 3);
  });

  it('between relations of a category: the positives of other categories', async () => {
    const triples = [0, 1].flatMap((a) =>
      [3, 4].flatMap(
        (p) =>
          [
            [a, p, 5],
            [p, a, 5],
          ] as const,
      ),
    );
    expect(await run('category', 12)).toBeCloseTo(total(12, triples), 3);
  });

  const levels = ['triplet', 'in-batch', 'category'] as const;
  const at = async (name: (typeof levels)[number], settings: Partial<TripletSettings>, points: Matrix) =>
    (
      await runObjective({
        terms: [{ name, reduction: 'sum', ...settings }],
        triples: 'all',
        batch: { items },
        embeddings: points,
      })
    ).loss;
  const moved = (place: number, x: number) => embeddings.map((row, i) => (i === place ? [x] : row));
  /** Of each level: an item that is a positive and no negative there, and one that is a negative only, with its move outward. */
  const places = {
    triplet: { positive: [1, 1.5], negative: [2, 4.5] },
    'in-batch': { positive: [1, 1.5], negative: [5, 20.5] },
    category: { positive: [3, 10.5], negative: [5, 20.5] },
  } as const;

  it.each(levels)('%s: rises as a positive moves away, falls as a negative does', async (name) => {
    const { positive, negative } = places[name];
    // A margin that leaves every hinge open: nothing is lost in a corner.
    const before = await at(name, { margin: 100 }, embeddings);
    expect(await at(name, { margin: 100 }, moved(positive[0], positive[1]))).toBeGreaterThan(before + 0.1);
    expect(await at(name, { margin: 100 }, moved(negative[0], negative[1]))).toBeLessThan(before - 0.1);
  });

  it.each(levels)(
    '%s: scales with the vectors and the margin, and takes the margin off as the program does',
    async (name) => {
      const three = embeddings.map(([x = 0]) => [3 * x]);
      const one = await at(name, { margin: 12 }, embeddings);
      expect(one).toBeGreaterThan(1);
      expect(await at(name, { margin: 36 }, three)).toBeCloseTo(3 * one, 2);
      expect(await at(name, { margin: -12, hinge: 'code' }, embeddings)).toBeCloseTo(one, 3);
      expect(await at(name, { margin: 12, hinge: 'code' }, embeddings)).toBeLessThan(one - 1);
    },
  );

  it.each(levels)('%s: by cosine does not depend on the length of the vectors', async (name) => {
    const angles = [0, 40, 70, 95, 150, 200].map((degrees) => (degrees * Math.PI) / 180);
    const rows = (factor: number) =>
      angles.map((angle, i) => [Math.cos(angle), Math.sin(angle)].map((x) => x * factor * (i + 1)));
    const one = await at(name, { distance: 'cosine', margin: 0.6 }, rows(1));
    expect(one).toBeGreaterThan(0.05);
    expect(await at(name, { distance: 'cosine', margin: 0.6 }, rows(100))).toBeCloseTo(one, 4);
  });

  it('are none where no item fits', async () => {
    const lone = {
      terms: [{ name: 'triplet' as const }],
      triples: 'all' as const,
      embeddings: [
        [1, 2],
        [3, 4],
      ],
    };
    const { loss, gradients } = await runObjective({ ...lone, batch: { items: [item(0, 0, 0), item(1, 1, 0)] } });
    expect(loss).toBe(0);
    expect([...(gradients[0] as Float32Array)]).toEqual([0, 0, 0, 0]);
  });
});
