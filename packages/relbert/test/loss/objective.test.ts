import { describe, expect, it } from 'vitest';
import { lossFeeds } from '../../src/loss/loss-inputs.ts';
import { LOSS_NAMES, lossTermSchema, needsTeacher } from '../../src/loss/losses.ts';
import { objective } from '../../src/loss/objective.ts';
import { buildObjective, LossGraph, objectiveFeeds, runObjective } from './run-loss.ts';

const item = (pair: number, relation: number, category: number, positive = true) => ({
  pair,
  relation,
  category,
  positive,
});
const items = [item(0, 0, 0), item(1, 0, 0), item(2, 0, 0, false), item(3, 1, 0), item(4, 2, 1)];
const embeddings = [
  [1, 0.2],
  [0.8, 0.7],
  [-0.3, 1],
  [-1, 0.1],
  [0.3, -0.9],
];
const teacher = [
  [1, 0, 0],
  [0.5, 0.5, 0],
  [0, 1, 0.2],
  [0, 0, 1],
  [-1, 0, 0.3],
];
const head = { weight: [0.1, 0.2, -0.3, 0.4, 0.5, -0.6], bias: [0.05] };

describe('objective', () => {
  it('is the weighted sum of its losses, each reported by name', async () => {
    const terms = [
      { name: 'infonce' as const, temperature: 0.2, weight: 0.5 },
      { name: 'classification' as const, weight: 2 },
      { name: 'similarity' as const },
      { name: 'infonce' as const, temperature: 1, weight: 0 },
    ];
    const given = { terms, triples: 'all' as const, batch: { items }, embeddings, teacher, head };
    const built = buildObjective(given);
    expect(Object.keys(built.parts)).toEqual(['infonce', 'classification', 'similarity', 'infonce-2']);
    const all = await runObjective(given);
    let sum = 0;
    for (const term of terms) {
      const alone = await runObjective({ ...given, terms: [{ ...term, weight: 1 }] });
      sum += (term.weight ?? 1) * alone.loss;
    }
    expect(all.loss).toBeCloseTo(sum, 4);
    const [, weightGradient] = all.gradients;
    const [, alone] = (await runObjective({ ...given, terms: [{ name: 'classification' }] })).gradients;
    weightGradient?.forEach((value, i) => {
      expect(value).toBeCloseTo(2 * (alone?.[i] as number), 4);
    });
  });

  it('has the head’s parameters only where there is a classification', () => {
    const build = (name: 'infonce' | 'classification', bias = true) =>
      objective({
        terms: [lossTermSchema.parse(name === 'classification' ? { name, bias } : { name })],
        size: 8,
        triples: 'all',
      }).head.map(({ shape }) => shape);
    expect(build('infonce')).toEqual([]);
    expect(build('classification')).toEqual([[24], [1]]);
    expect(build('classification', false)).toEqual([[24]]);
  });

  it('takes batches of any size without being built again', async () => {
    const given = { terms: [{ name: 'infonce' as const }], triples: 'all' as const, batch: { items }, embeddings };
    const built = buildObjective(given);
    await using graph = await LossGraph.load(built.loss, [built.embeddings]);
    const small = { ...given, batch: { items: items.slice(0, 4) }, embeddings: embeddings.slice(0, 4) };
    expect((await graph.run(objectiveFeeds(given))).gradients[0]).toHaveLength(10);
    expect((await graph.run(objectiveFeeds(small))).gradients[0]).toHaveLength(8);
  });

  it('refuses no loss at all, and a similarity without a teacher', () => {
    expect(() => objective({ terms: [], size: 2, triples: 'all' })).toThrow('needs one loss or more');
    const terms = [lossTermSchema.parse({ name: 'similarity' })];
    expect(() => objective({ terms, size: 2, triples: 'all' })).toThrow("the loss 'similarity' needs a teacher");
  });
});

describe('loss terms', () => {
  it('get their defaults, and refuse what they do not know', () => {
    expect(lossTermSchema.parse({ name: 'triplet' })).toEqual({
      name: 'triplet',
      weight: 1,
      margin: 1,
      distance: 'euclidean',
      hinge: 'paper',
      reduction: 'mean',
      symmetric: false,
    });
    expect(() => lossTermSchema.parse({ name: 'triplets' })).toThrow();
    expect(() => lossTermSchema.parse({ name: 'infonce', margin: 1 })).toThrow(/margin/);
    expect(() => lossTermSchema.parse({ name: 'infonce', temperature: -1 })).toThrow(/temperature/);
    expect(() => lossTermSchema.parse({ name: 'infonce', weight: -1 })).toThrow(/weight/);
    expect(LOSS_NAMES).toEqual([
      'triplet',
      'in-batch',
      'category',
      'classification',
      'infonce',
      'infoloob',
      'similarity',
    ]);
  });

  it('say whether they need a teacher', () => {
    const needs = (...names: (typeof LOSS_NAMES)[number][]) =>
      needsTeacher(names.map((name) => lossTermSchema.parse({ name })));
    expect(needs('triplet', 'infonce')).toBe(false);
    expect(needs('infonce', 'similarity')).toBe(true);
  });
});

describe('lossFeeds', () => {
  it('lists all ordered pairs', () => {
    const feeds = lossFeeds({ items }, 'all');
    const list = (name: string) => [...(feeds[name]?.data ?? [])].map(Number);
    expect([list('relation.anchors'), list('relation.positives')]).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect([list('contrast.anchors'), list('contrast.negatives')]).toEqual([
      [0, 1],
      [2, 2],
    ]);
    expect([list('category.anchors'), list('category.positives')]).toEqual([
      [0, 1, 3, 3],
      [3, 3, 0, 1],
    ]);
    expect(list('items.positive')).toEqual([1, 1, 0, 1, 1]);
  });

  it('gives drawn triples as they are, and refuses a batch without', () => {
    const none = { anchors: [], positives: [], negatives: [] };
    const relation = { anchors: Int32Array.of(0), positives: [1], negatives: [2] };
    const feeds = lossFeeds({ items, triples: { relation, category: none } }, 'drawn');
    expect(feeds['relation.negatives']?.data).toEqual(BigInt64Array.of(2n));
    expect(feeds['category.anchors']?.shape).toEqual([0]);
    expect(() => lossFeeds({ items }, 'drawn')).toThrow('no drawn triples');
  });
});
