import { describe, expect, it } from 'vitest';
import type { TripletSettings } from '../../src/loss/hinge.ts';
import { tripletLoss } from '../../src/loss/triplet.ts';
import { feedsOf, LossGraph, type Matrix, rowInputs, tripletSettingsOf } from './run-loss.ts';

type Rows = { anchors: Matrix; positives: Matrix; negatives: Matrix };

async function triplet(rows: Rows, settings?: Partial<TripletSettings>) {
  const inputs = rowInputs(['anchors', 'positives', 'negatives'], rows.anchors[0]?.length ?? 0);
  await using graph = await LossGraph.load(tripletLoss(inputs, tripletSettingsOf(settings)), Object.values(inputs));
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
    await using graph = await LossGraph.load(tripletLoss(inputs, tripletSettingsOf()), Object.values(inputs));
    expect((await graph.run({ anchors: none, positives: none, negatives: none })).loss).toBe(0);
  });
});
