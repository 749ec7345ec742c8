import { describe, expect, it } from 'vitest';
import { runObjective } from './run-loss.ts';

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
