import { describe, expect, it } from 'vitest';
import { input } from '../../src/graph/index.ts';
import type { TripletSettings } from '../../src/loss/hinge.ts';
import { flattenedTripletLoss, inBatchTripletLoss } from '../../src/loss/in-batch.ts';
import { feedsOf, integers, LossGraph, type Matrix, rowInputs, tripletSettingsOf } from './run-loss.ts';

type Rows = { anchors: Matrix; positives: Matrix };

/** Two triples: anchors and their positives. */
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

describe('in-batch triplet loss', () => {
  async function inBatch(triples: Rows, relations: readonly number[], settings?: Partial<TripletSettings>) {
    const inputs = rowInputs(['anchors', 'positives'], triples.anchors[0]?.length ?? 0);
    const relation = input('relations', 'int64', ['M']);
    const loss = inBatchTripletLoss({ ...inputs, relations: relation }, tripletSettingsOf(settings));
    await using graph = await LossGraph.load(loss, Object.values(inputs));
    return await graph.run({ ...feedsOf(triples), relations: integers(relations) });
  }

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
    const inputs = rowInputs(['anchors', 'positives'], 2);
    const loss = flattenedTripletLoss(inputs, tripletSettingsOf({ hinge: 'code', margin: 0.5, reduction: 'sum' }));
    await using graph = await LossGraph.load(loss, Object.values(inputs));
    const together = Math.sqrt(9 + 4);
    // from all anchors to positive 1: √(3² + 5²), to positive 2: √(6² + 2²)
    const hinges = [Math.sqrt(34), Math.sqrt(40)].map((far) => Math.max(0, together - far - 0.5));
    expect((await graph.run(feedsOf(rows))).loss).toBeCloseTo((hinges[0] as number) + (hinges[1] as number), 5);
    const paper = flattenedTripletLoss(inputs, tripletSettingsOf({ margin: 3, reduction: 'mean' }));
    await using other = await LossGraph.load(paper, Object.values(inputs));
    expect((await other.run(feedsOf(rows))).loss).toBeCloseTo(together - (Math.sqrt(34) + Math.sqrt(40)) / 2 + 3, 5);
  });
});
