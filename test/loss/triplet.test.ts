import { describe, expect, it } from 'vitest';
import { input, reduceSum } from '../../src/graph/index.ts';
import { type Distance, distanceMatrix, rowDistances } from '../../src/loss/distance.ts';
import { flattenedTripletLoss } from '../../src/loss/flattened.ts';
import type { TripletOptions } from '../../src/loss/hinge.ts';
import { inBatchTripletLoss } from '../../src/loss/in-batch.ts';
import { tripletLoss } from '../../src/loss/triplet.ts';
import { integers, LossGraph, type Matrix, matrix, rowInputs, runObjective } from './run-loss.ts';

type Rows = { anchors: Matrix; positives: Matrix; negatives: Matrix };
const feedsOf = (rows: Partial<Rows>) =>
  Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, matrix(value)]));

async function triplet(rows: Rows, options?: TripletOptions) {
  const inputs = rowInputs(['anchors', 'positives', 'negatives'], rows.anchors[0]?.length ?? 0);
  await using graph = await LossGraph.load(tripletLoss(inputs, options), Object.values(inputs));
  return await graph.run(feedsOf(rows));
}

describe('triplet loss', () => {
  // d(a, p) = 5, d(a, n) = 13
  const rows: Rows = { anchors: [[0, 0]], positives: [[3, 4]], negatives: [[5, 12]] };

  it('is max(0, 5 − 13 + ε)', async () => {
    expect((await triplet(rows)).loss).toBe(0);
    expect((await triplet(rows, { margin: 10 })).loss).toBeCloseTo(2, 5);
    expect((await triplet({ ...rows, positives: rows.negatives, negatives: rows.positives })).loss).toBeCloseTo(9, 5);
  });

  it('has unit vectors as gradients where the hinge is open, and none where it is shut', async () => {
    const open = (await triplet(rows, { margin: 10 })).gradients.map((gradient) => [...gradient]);
    expect(open[1]?.[0]).toBeCloseTo(0.6, 5);
    expect(open[1]?.[1]).toBeCloseTo(0.8, 5);
    expect(open[2]?.[0]).toBeCloseTo(-5 / 13, 5);
    expect(open[0]?.[1]).toBeCloseTo(-0.8 + 12 / 13, 5);
    for (const gradient of (await triplet(rows)).gradients) expect([...gradient].map(Math.abs)).toEqual([0, 0]);
  });

  it('adds the margin; the authors’ program takes it off', async () => {
    const exchanged = { ...rows, positives: rows.negatives, negatives: rows.positives };
    expect((await triplet(exchanged, { margin: 3, hinge: 'paper' })).loss).toBeCloseTo(11, 5);
    expect((await triplet(exchanged, { margin: 3, hinge: 'code' })).loss).toBeCloseTo(5, 5);
  });

  it('is a mean or a sum over triples', async () => {
    const two: Rows = {
      anchors: [
        [0, 0],
        [0, 0],
      ],
      positives: [
        [3, 4],
        [0, 1],
      ],
      negatives: [
        [5, 12],
        [0, 3],
      ],
    };
    expect((await triplet(two, { margin: 10 })).loss).toBeCloseTo((2 + 8) / 2, 5);
    expect((await triplet(two, { margin: 10, reduction: 'sum' })).loss).toBeCloseTo(10, 5);
  });

  it('uses 1 − cosine', async () => {
    const angles: Rows = { anchors: [[2, 0]], positives: [[0, 5]], negatives: [[-3, 0]] };
    expect((await triplet(angles, { distance: 'cosine', margin: 1.5 })).loss).toBeCloseTo(1 - 2 + 1.5, 5);
  });

  it.each(['euclidean', 'cosine'] as const)(
    'falls as the positive comes closer, rises as the negative does (%s)',
    async (distance) => {
      const at = async (positive: number, negative: number) => {
        const turned = (angle: number) => [3 * Math.cos(angle), 3 * Math.sin(angle)];
        const moved: Rows = { anchors: [[3, 0]], positives: [turned(positive)], negatives: [turned(-negative)] };
        return (await triplet(moved, { distance, margin: 1 })).loss;
      };
      expect(await at(0.5, 0.6)).toBeLessThan(await at(0.6, 0.6));
      expect(await at(0.6, 0.5)).toBeGreaterThan(await at(0.6, 0.6));
    },
  );

  it('scales with the vectors and the margin when Euclidean, and not at all with the vectors when by cosine', async () => {
    const scaled = (factor: number): Rows => ({
      anchors: [[factor, 0.5 * factor]],
      positives: [[-factor, 2 * factor]],
      negatives: [[0.3 * factor, factor]],
    });
    const [one, three] = [await triplet(scaled(1), { margin: 1 }), await triplet(scaled(3), { margin: 3 })];
    expect(three.loss).toBeCloseTo(3 * one.loss, 4);
    const cosine = { distance: 'cosine', margin: 0.4 } as const;
    expect((await triplet(scaled(100), cosine)).loss).toBeCloseTo((await triplet(scaled(1), cosine)).loss, 5);
  });

  it('has a finite gradient where anchor, positive and negative are one point', async () => {
    for (const distance of ['euclidean', 'cosine'] as const) {
      const same: Rows = { anchors: [[1, 2]], positives: [[1, 2]], negatives: [[1, 2]] };
      const { loss, gradients } = await triplet(same, { distance });
      expect(loss).toBeCloseTo(1, 5);
      expect(gradients.flatMap((gradient) => [...gradient]).every((value) => Math.abs(value) < 1e-6)).toBe(true);
    }
  });

  it('is 0 without triples', async () => {
    const none = { dtype: 'float32', shape: [0, 2], data: new Float32Array() } as const;
    const inputs = rowInputs(['anchors', 'positives', 'negatives'], 2);
    await using graph = await LossGraph.load(tripletLoss(inputs), Object.values(inputs));
    expect((await graph.run({ anchors: none, positives: none, negatives: none })).loss).toBe(0);
  });
});

describe('in-batch triplet loss', () => {
  async function inBatch(rows: Omit<Rows, 'negatives'>, relations: readonly number[], options?: TripletOptions) {
    const inputs = rowInputs(['anchors', 'positives'], rows.anchors[0]?.length ?? 0);
    const relation = input('relations', 'int64', ['M']);
    const loss = inBatchTripletLoss({ ...inputs, relations: relation }, options);
    await using graph = await LossGraph.load(loss, Object.values(inputs));
    return await graph.run({ ...feedsOf(rows), relations: integers(relations) });
  }
  const rows = {
    anchors: [
      [0, 0],
      [0, 4],
    ],
    positives: [
      [3, 0],
      [0, 6],
    ],
  };

  it('takes anchors and positives of the other triples as negatives: 2 m (m − 1) triples', async () => {
    // triple 1: d = 3 against 4 and 6; triple 2: d = 2 against 4 and 5
    const hinges = [3 - 4, 3 - 6, 2 - 4, 2 - 5].map((value) => Math.max(0, value + 2.5));
    const sum = hinges.reduce((a, b) => a + b, 0);
    expect((await inBatch(rows, [0, 1], { margin: 2.5, reduction: 'sum' })).loss).toBeCloseTo(sum, 5);
    expect((await inBatch(rows, [0, 1], { margin: 2.5 })).loss).toBeCloseTo(sum / 4, 5);
  });

  it.each(['euclidean', 'cosine'] as const)(
    'falls as the positive comes closer, rises as another triple does (%s)',
    async (distance) => {
      const turned = (degrees: number) => [
        3 * Math.cos((degrees * Math.PI) / 180),
        3 * Math.sin((degrees * Math.PI) / 180),
      ];
      const at = async (positive: number, other: number) =>
        (
          await inBatch(
            { anchors: [turned(0), turned(other)], positives: [turned(positive), turned(other + 20)] },
            [0, 1],
            { distance, margin: 2 },
          )
        ).loss;
      expect(await at(20, 60)).toBeLessThan(await at(25, 60));
      expect(await at(20, 55)).toBeGreaterThan(await at(20, 60));
    },
  );

  it('adds the margin; the authors’ program takes it off', async () => {
    const far = {
      anchors: rows.anchors,
      positives: [
        [30, 0],
        [0, 60],
      ],
    };
    // 30 and 56 against 4 and 60, 4 and 30
    const sum = (margin: number) =>
      [30 - 4, 30 - 60, 56 - 4, 56 - Math.hypot(30, 4)].reduce((total, x) => total + Math.max(0, x + margin), 0);
    const options = { margin: 3, reduction: 'sum' } as const;
    expect((await inBatch(far, [0, 1], { ...options, hinge: 'paper' })).loss).toBeCloseTo(sum(3), 3);
    expect((await inBatch(far, [0, 1], { ...options, hinge: 'code' })).loss).toBeCloseTo(sum(-3), 3);
  });

  it('scales with the vectors and the margin when Euclidean, and not at all with the vectors when by cosine', async () => {
    const scaled = (factor: number) => ({
      anchors: [
        [factor, 0.5 * factor],
        [0.4 * factor, factor],
      ],
      positives: [
        [-factor, 2 * factor],
        [0.3 * factor, -factor],
      ],
    });
    const [one, three] = [
      await inBatch(scaled(1), [0, 1], { margin: 1 }),
      await inBatch(scaled(3), [0, 1], { margin: 3 }),
    ];
    expect(one.loss).toBeGreaterThan(0.1);
    expect(three.loss).toBeCloseTo(3 * one.loss, 4);
    const cosine = { distance: 'cosine', margin: 0.4 } as const;
    const unit = await inBatch(scaled(1), [0, 1], cosine);
    expect(unit.loss).toBeGreaterThan(0.1);
    expect((await inBatch(scaled(100), [0, 1], cosine)).loss).toBeCloseTo(unit.loss, 5);
  });

  it('is 0 for a single triple, and does not set triples of one relation against each other', async () => {
    expect((await inBatch({ anchors: [[0, 0]], positives: [[3, 0]] }, [0])).loss).toBe(0);
    expect((await inBatch(rows, [5, 5], { margin: 100 })).loss).toBe(0);
  });
});

describe('the flattened in-batch loss of the authors’ program', () => {
  it('compares whole batches', async () => {
    const rows = {
      anchors: [
        [0, 0],
        [0, 4],
      ],
      positives: [
        [3, 0],
        [0, 6],
      ],
    };
    const inputs = rowInputs(['anchors', 'positives'], 2);
    const loss = flattenedTripletLoss(inputs, { hinge: 'code', margin: 0.5, reduction: 'sum' });
    await using graph = await LossGraph.load(loss, Object.values(inputs));
    const together = Math.sqrt(9 + 4);
    // from all anchors to positive 1: √(3² + 5²), to positive 2: √(6² + 2²)
    const hinges = [Math.sqrt(34), Math.sqrt(40)].map((far) => Math.max(0, together - far - 0.5));
    expect((await graph.run(feedsOf(rows))).loss).toBeCloseTo((hinges[0] as number) + (hinges[1] as number), 5);
    const paper = flattenedTripletLoss(inputs, { margin: 3, reduction: 'mean' });
    await using other = await LossGraph.load(paper, Object.values(inputs));
    expect((await other.run(feedsOf(rows))).loss).toBeCloseTo(together - (Math.sqrt(34) + Math.sqrt(40)) / 2 + 3, 5);
  });
});

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
  const at = async (name: (typeof levels)[number], settings: Partial<TripletOptions>, points: Matrix) =>
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

describe('drawn triples at the category level', () => {
  it('are judged as the others are: the sign of the hinge, and its scale', async () => {
    const member = (pair: number, relation: number, category: number) => ({ pair, relation, category, positive: true });
    const batch = {
      items: [member(0, 0, 0), member(1, 1, 0), member(2, 2, 1)],
      // Triples within relations, of which the category level must take none.
      triples: {
        relation: { anchors: [2], positives: [0], negatives: [1] },
        category: { anchors: [0], positives: [1], negatives: [2] },
      },
    };
    const at = async (margin: number, hinge: 'paper' | 'code', [a, p, n]: readonly [number, number, number]) =>
      (
        await runObjective({
          terms: [{ name: 'category', margin, hinge }],
          triples: 'drawn',
          batch,
          embeddings: [[a], [p], [n]],
        })
      ).loss;
    expect(await at(2, 'paper', [0, 4, 5])).toBeCloseTo(4 - 5 + 2, 5);
    expect(await at(2, 'code', [0, 7, 4])).toBeCloseTo(7 - 4 - 2, 5);
    expect(await at(2, 'paper', [0, 3, 5])).toBe(0);
    expect(await at(6, 'paper', [0, 12, 15])).toBeCloseTo(3 * (4 - 5 + 2), 5);
  });
});

describe('distances', () => {
  it.each(['euclidean', 'cosine'] as const)(
    'of rows and of matrices agree, far from the origin too (%s)',
    async (distance: Distance) => {
      const rows = (seed: number) =>
        Array.from({ length: 6 }, (_, i) => Array.from({ length: 8 }, (_, j) => 50 + Math.sin(seed * 31 + i * 8 + j)));
      const a = input('a', 'float32', ['M', 8]);
      const b = input('b', 'float32', ['M', 8]);
      await using byRow = await LossGraph.load(reduceSum(rowDistances(a, b, distance)), [a, b]);
      await using byMatrix = await LossGraph.load(reduceSum(distanceMatrix(a, b, distance)), [a, b]);
      for (let i = 0; i < 6; i++) {
        const feeds = { a: matrix(rows(1).slice(i, i + 1)), b: matrix(rows(2).slice(i, i + 1)) };
        const [row, all] = [await byRow.run(feeds), await byMatrix.run(feeds)];
        const exact = Math.hypot(...(rows(1)[i] as number[]).map((x, j) => x - (rows(2)[i]?.[j] as number)));
        if (distance === 'euclidean') expect(Math.abs(all.loss / exact - 1)).toBeLessThan(1e-4);
        expect(Math.abs(all.loss - row.loss)).toBeLessThan(1e-4);
        const gradient = all.gradients[0] as Float32Array;
        gradient.forEach((value, j) => {
          expect(Math.abs(value - (row.gradients[0]?.[j] as number))).toBeLessThan(1e-4);
        });
      }
    },
  );

  it('of equal rows have gradient 0', async () => {
    const a = input('a', 'float32', ['M', 2]);
    await using graph = await LossGraph.load(reduceSum(distanceMatrix(a, a, 'euclidean')), [a]);
    const { gradients } = await graph.run({
      a: matrix([
        [1, 2],
        [1, 2],
        [4, 6],
      ]),
    });
    expect([...(gradients[0] as Float32Array)].every(Number.isFinite)).toBe(true);
    // two ordered pairs each way: twice the unit vector (3, 4) / 5
    expect(gradients[0]?.[0]).toBeCloseTo(-1.2, 4);
    expect(gradients[0]?.[5]).toBeCloseTo(3.2, 4);
  });
});
