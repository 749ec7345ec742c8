import { describe, expect, it } from 'vitest';
import type { MappingProblem } from '../../src/data/mapping.ts';
import { Random } from '../../src/data/random.ts';
import { evaluateMapping } from '../../src/evaluate/mapping.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

/** Embeds (x, y) by a table of word vectors as y − x, and counts what it is asked for. */
function differenceEmbedder(vectors: Readonly<Record<string, readonly number[]>>) {
  const asked: WordPair[] = [];
  const embed = async (pairs: readonly WordPair[]) => {
    asked.push(...pairs);
    const rows = pairs.map(({ head, tail }) =>
      (vectors[tail] ?? []).map((value, d) => value - (vectors[head]?.[d] ?? 0)),
    );
    return { data: Float32Array.from(rows.flat()), shape: [pairs.length, rows[0]?.length ?? 0] };
  };
  return { embed, asked };
}

const problem = (source: readonly string[], target: readonly string[]): MappingProblem => ({
  source,
  target,
  kind: undefined,
  line: 1,
});

/** Four terms of the source in a plane, and the same figure moved: the right mapping has coherence 1. */
const plane = {
  ...{ sun: [0, 0, 0], planet: [1, 0, 0], moon: [1, 3, 0], comet: [-2, 1, 1] },
  ...{ nucleus: [5, 5, 1], electron: [6, 5, 1], spin: [6, 8, 1], photon: [3, 6, 2] },
};
const figure = problem(['sun', 'planet', 'moon', 'comet'], ['nucleus', 'electron', 'spin', 'photon']);

describe('evaluateMapping', () => {
  it.each(['coherence', 'reference'] as const)(
    'finds the mapping under which relations are alike (%s)',
    async (objective) => {
      const { embed, asked } = differenceEmbedder(plane);
      const { results, ...means } = await evaluateMapping([figure], embed, { objective });
      expect(results[0]).toMatchObject({ mapping: figure.target, correct: 4, accuracy: 1, optimal: true });
      expect(results[0]?.score).toBeCloseTo(1, objective === 'reference' ? 3 : 6);
      expect(results[0]?.score).toBe(results[0]?.rightScore);
      expect(means).toEqual({ objective, accuracy: 1, termAccuracy: 1, solved: 1 });
      expect(asked).toHaveLength(2 * 4 * 3);
    },
  );

  it('scores by hand-worked values', async () => {
    // x(a,b) = (1,0), x(b,a) = (-1,0); x(c,d) = (3,4), x(d,c) = (-3,-4): cos .6 in the right order, -.6 in the wrong one.
    const { embed } = differenceEmbedder({ a: [0, 0], b: [1, 0], c: [0, 0], d: [3, 4] });
    const two = problem(['a', 'b'], ['c', 'd']);
    const coherent = await evaluateMapping([two], embed);
    expect(coherent.results[0]?.score).toBeCloseTo(0.6, 6);
    const reference = await evaluateMapping([two], embed, { objective: 'reference' });
    expect(reference.results[0]?.score).toBeCloseTo(3 / (5 + 1e-4), 6);
  });

  it('does not let the order of the terms, which is the answer, break a tie', async () => {
    // All relations equal: every mapping is optimal.
    const embed = async (pairs: readonly WordPair[]) => ({
      data: new Float32Array(2 * pairs.length).fill(1),
      shape: [pairs.length, 2],
    });
    const random = new Random(2);
    const [source, target] = [
      ['d', 'b', 'a', 'c', 'e'],
      ['z', 'v', 'y', 'x', 'w'],
    ];
    for (const objective of ['coherence', 'reference'] as const) {
      const seen = new Set<string>();
      let right = 0;
      for (let round = 0; round < 40; round++) {
        const order = [...random.permutation(5)];
        const shuffled = problem(
          source,
          order.map((i) => target[i] as string),
        );
        const { results } = await evaluateMapping([shuffled], embed, { objective });
        seen.add(JSON.stringify(results[0]?.mapping));
        right += results[0]?.correct ?? 0;
      }
      expect(seen.size).toBe(1);
      // A gold-ordered tie-break would give 5 of 5 each time; chance gives 1.
      expect(right / 40).toBeLessThan(2);
    }
  });

  it('averages over problems and over terms, and counts what is also right', async () => {
    const { embed, asked } = differenceEmbedder({ ...plane, a: [0, 0, 0], b: [0, 1, 0], c: [0, 0, 0], d: [0, -1, 0] });
    const wrong = problem(['a', 'b'], ['c', 'd']);
    const evaluation = await evaluateMapping([figure, wrong, { ...wrong, alsoRight: [['a', 'd']] }], embed);
    expect(evaluation.results.map(({ correct }) => correct)).toEqual([4, 0, 1]);
    expect(evaluation.results[1]?.mapping).toEqual(['d', 'c']);
    expect(evaluation.accuracy).toBeCloseTo((1 + 0 + 0.5) / 3, 12);
    expect(evaluation.termAccuracy).toBeCloseTo(5 / 8, 12);
    expect(evaluation.solved).toBeCloseTo(1 / 3, 12);
    expect(asked).toHaveLength(2 * 12 + 4);
  });

  it('ends at maxNodes with a mapping that is marked as not proven', async () => {
    const { embed } = differenceEmbedder(plane);
    const { results } = await evaluateMapping([figure], embed, { maxNodes: 1 });
    expect(results[0]?.optimal).toBe(false);
    expect([...(results[0]?.mapping ?? [])].sort()).toEqual([...figure.target].sort());
  });

  it('can be aborted between two problems and in a search', async () => {
    const { embed } = differenceEmbedder(plane);
    const between = new AbortController();
    const options = { signal: between.signal, onProgress: () => between.abort(new Error('enough')) };
    await expect(evaluateMapping([figure, figure], embed, options)).rejects.toThrow('enough');
    // A search over relations without any order takes far longer than the timer.
    const random = new Random(1);
    const noise = async (pairs: readonly WordPair[]) => ({
      data: Float32Array.from({ length: pairs.length * 8 }, () => random.normal()),
      shape: [pairs.length, 8],
    });
    const side = (letter: string) => Array.from({ length: 12 }, (_, i) => `${letter}${i}`);
    const within = AbortSignal.timeout(200);
    await expect(evaluateMapping([problem(side('s'), side('t'))], noise, { signal: within })).rejects.toThrow(
      'timeout',
    );
  });

  it('refuses an empty list, unequal sides and a repeated term', async () => {
    const { embed } = differenceEmbedder(plane);
    await expect(evaluateMapping([], embed)).rejects.toThrow('no mapping problem');
    await expect(evaluateMapping([problem(['a', 'b'], ['c'])], embed)).rejects.toThrow('2 source and 1 target terms');
    await expect(evaluateMapping([problem(['a', 'a'], ['c', 'd'])], embed)).rejects.toThrow("'a' occurs twice");
  });
});
