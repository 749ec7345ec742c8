import { describe, expect, it } from 'vitest';
import type { RelationSet } from '../../src/data/relation-set.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';
import type { TrainingBatch } from '../../src/train/batch.ts';
import { RelationSampler } from '../../src/train/relation-sampler.ts';
import { Rounds, randomOf } from '../../src/train/sampler.ts';
import { TripleSampler } from '../../src/train/triple-sampler.ts';
import { tinyRelations } from './tiny.ts';

const key = ({ head, tail }: { head: string; tail: string }) => `${head}:${tail}`;

function expectDistinct({ pairs, items }: TrainingBatch): void {
  expect(new Set(pairs.map(key)).size).toBe(pairs.length);
  expect(new Set(items.map(({ pair }) => pair)).size).toBe(pairs.length);
}

describe('Rounds', () => {
  it('takes every element once a round at any step', () => {
    const rounds = new Rounds(10, [1]);
    const taken = [0, 1, 2, 3, 4].flatMap((step) => rounds.take(step * 2, 2));
    expect([...taken].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let start = 0; start < 40; start += 3) expect(new Set(rounds.take(start, 7)).size).toBe(7);
  });

  it('takes every one of very many once a round, mixed, without writing their order down', () => {
    const count = 100_003;
    const rounds = new Rounds(count, [1, 2]);
    const order = Array.from({ length: count }, (_, place) => rounds.take(place, 1)[0] as number);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    const steps = order.slice(1).map((value, i) => value - (order[i] as number));
    expect(new Set(steps).size).toBeGreaterThan(count / 2);
    expect(order.slice(0, 1000).reduce((sum, value) => sum + value, 0) / 1000 / count).toBeCloseTo(0.5, 1);
    const next = Array.from({ length: 100 }, (_, place) => rounds.take(count + place, 1)[0] as number);
    expect(next).not.toEqual(order.slice(0, 100));
    const [huge = -1] = new Rounds(3000 * 2999 * 500, [1]).take(7, 1);
    expect(huge).toBeGreaterThanOrEqual(0);
    expect(huge).toBeLessThan(3000 * 2999 * 500);
  });
});

describe('RelationSampler', () => {
  const relations = tinyRelations(8);

  it('draws R relations with P positives and N negatives, each distinct pair once', () => {
    const sampler = new RelationSampler({
      parts: [{ relations, relationsPerStep: 4, positives: 3, negatives: 2 }],
      seed: 1,
    });
    for (let step = 0; step < 10; step++) {
      const batch = sampler.batch(step);
      expectDistinct(batch);
      expect(batch.items.length).toBe(4 * 5);
      expect(new Set(batch.items.map(({ relation }) => relation)).size).toBe(4);
      for (const { relation, positive, pair } of batch.items) {
        const set = relations.find(({ positives, negatives }) =>
          (positive ? positives : negatives).some(
            (other) => key(other) === key(batch.pairs[pair] as { head: string; tail: string }),
          ),
        );
        expect(set).toBeDefined();
        expect(relation).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('draws pairs that share a word: of other relations for each positive, and of its own', () => {
    const set = (relation: string, pairs: string) => ({
      ...{ relation, parent: 'p', aliases: [], negatives: [] },
      positives: pairs.split(' ').map((pair) => ({ head: pair[0] as string, tail: pair[1] as string })),
    });
    const sets = [set('x', 'ab ac de'), set('y', 'af bg hd'), set('z', 'ai jb kl')];
    const sampler = new RelationSampler({
      parts: [{ relations: sets, relationsPerStep: 1, positives: 1, sharing: 2 }],
      seed: 3,
    });
    for (let step = 0; step < 30; step++) {
      const { pairs, items } = sampler.batch(step);
      const [first, ...rest] = items.map(({ pair, relation, positive }) => ({ pair: pairs[pair], relation, positive }));
      const words = Object.values(first?.pair ?? {});
      const shares = ({ head, tail }: { head: string; tail: string }, [a, b] = words) =>
        [head, tail].some((word) => word === a || word === b);
      expect(rest.every(({ pair, positive }) => positive && shares(pair as { head: string; tail: string }))).toBe(true);
      const all = sets.map(({ positives }) =>
        positives.filter((pair) => key(pair) !== words.join(':') && shares(pair)),
      );
      const own = sets.findIndex(({ positives }) => positives.some((pair) => key(pair) === words.join(':')));
      const others = all.reduce((sum, { length }, i) => sum + (i === own ? 0 : length), 0);
      expect(rest.filter(({ relation }) => relation !== first?.relation)).toHaveLength(Math.min(2, others));
      expect(rest.filter(({ relation }) => relation === first?.relation)).toHaveLength(
        Math.min(1, all[own]?.length ?? 0),
      );
    }
  });

  it('draws relation by relation without the relation, for a teacher', () => {
    const sampler = new RelationSampler({
      parts: [{ relations, relationsPerStep: 2, positives: 3, negatives: 1, labelled: false }],
      seed: 1,
    });
    const labelled = new RelationSampler({
      parts: [{ relations, relationsPerStep: 2, positives: 3, negatives: 1 }],
      seed: 1,
    });
    const { pairs, items } = sampler.batch(0);
    expect(pairs).toEqual(labelled.batch(0).pairs);
    expect(items.map(({ relation, category }) => [relation, category])).toEqual(pairs.map(() => [-1, -1]));
  });

  it('is a function of seed and step', () => {
    const make = (seed: number) =>
      new RelationSampler({ parts: [{ relations, relationsPerStep: 4, positives: 3, negatives: 1 }], seed });
    const forwards = make(1);
    const batches = [0, 1, 2, 3].map((step) => forwards.batch(step));
    const other = make(1);
    // Relations get their numbers when they are first met; pairs and roles are what must be the same.
    for (const step of [3, 1, 2, 0]) {
      expect(other.batch(step).pairs).toEqual(batches[step]?.pairs);
      expect(other.batch(step).items).toEqual(batches[step]?.items);
    }
    expect(make(2).batch(0).pairs).not.toEqual(batches[0]?.pairs);
  });

  it('draws every relation equally often, or by its size', () => {
    const sets = tinyRelations(4).map((set, i) =>
      i === 0 ? { ...set, positives: tinyRelations(1, { positives: 50, seed: 9 })[0]?.positives ?? [] } : set,
    );
    const share = (balance: number) => {
      const sampler = new RelationSampler({
        parts: [{ relations: sets, relationsPerStep: 1, positives: 2, balance }],
        seed: 1,
      });
      let first = 0;
      for (let step = 0; step < 400; step++) {
        const [pair] = sampler.batch(step).pairs;
        if (sets[0]?.positives.some((other) => key(other) === key(pair as { head: string; tail: string }))) first++;
      }
      return first / 400;
    };
    expect(share(0)).toBe(0.25);
    expect(share(1)).toBeGreaterThan(0.65);
  });

  it('mixes parts, fractions of relations and pairs without relation', () => {
    const sampler = new RelationSampler({
      parts: [
        { relations: relations.slice(0, 4), relationsPerStep: 0.5, positives: 2 },
        { relations: relations.slice(4), relationsPerStep: 6, positives: 1, mixed: true },
      ],
      seed: 1,
    });
    const counts = [0, 1, 2, 3].map((step) => sampler.batch(step).items.filter(({ relation }) => relation >= 0).length);
    expect(counts).toEqual([0, 2, 0, 2]);
    const mixed = sampler.batch(0).items;
    expect(mixed.length).toBeGreaterThan(3);
    expect(mixed.every(({ relation, category }) => relation === -1 && category === -1)).toBe(true);
  });

  it('mixes pairs, not relations: each pair is drawn equally often', () => {
    const set = (relation: string, positives: number, negatives: number): RelationSet => {
      const pairs = (kind: string, count: number) =>
        Array.from({ length: count }, (_, i) => ({ head: relation, tail: `${kind}${i}` }));
      const sizes = { positives: pairs('p', positives), negatives: pairs('n', negatives) };
      return { relation, parent: undefined, aliases: [], ...sizes };
    };
    const part = { relationsPerStep: 1, positives: 1, mixed: true };
    const drawn = (sets: RelationSet[], steps: number) => {
      const sampler = new RelationSampler({ parts: [{ relations: sets, ...part }], seed: 1 });
      return Array.from({ length: steps }, (_, step) => sampler.batch(step).pairs[0] as WordPair);
    };
    // 2 of 100 pairs, which is 2 %, and 50 of 100.
    const pairs = drawn([set('few', 2, 0), set('many', 48, 50)], 20_000);
    const share = (of: (pair: WordPair) => boolean) => pairs.filter(of).length / pairs.length;
    expect(Math.abs(share(({ head }) => head === 'few') - 0.02)).toBeLessThan(0.01);
    expect(Math.abs(share(({ tail }) => tail.startsWith('n')) - 0.5)).toBeLessThan(0.01);
    // Of a single set the second number of a step decides: runs that were published are repeated.
    const one = set('one', 40, 60);
    const expected = Array.from({ length: 50 }, (_, step) => {
      const random = randomOf(1, 3, step, 0);
      random.uint32();
      return [...one.positives, ...one.negatives][random.integer(100)];
    });
    expect(drawn([one], 50)).toEqual(expected);
    const parts = [{ relations: [one], ...part, balance: 0.5 }];
    expect(() => new RelationSampler({ parts, seed: 1 })).toThrow('part 0 has balance 0.5 and is mixed');
  });

  it('refuses a batch larger than the data', () => {
    const make = (relationsPerStep: number, sets = relations) =>
      new RelationSampler({ parts: [{ relations: sets, relationsPerStep, positives: 2 }], seed: 1 });
    expect(() => make(9)).toThrow('part 0 draws 9 relations a step, and its data have 8: lower');
    expect(() => make(1, [])).toThrow('no relations to sample from');
    expect(() => new RelationSampler({ parts: [], seed: 1 })).toThrow('no relations to sample from');
  });
});

describe('TripleSampler', () => {
  const relations = tinyRelations(8);

  it('draws triples as the paper does, at both levels', () => {
    const sampler = new TripleSampler({ relations, relationsPerStep: 6, seed: 1 });
    expect(sampler.stepsPerEpoch).toBe(10 * 3);
    for (let step = 0; step < 12; step++) {
      const batch = sampler.batch(step);
      expectDistinct(batch);
      const { relation, category } = batch.triples ?? expect.fail('no triples');
      expect(relation.anchors.length).toBe(6);
      const at = (place: number | undefined) => batch.items[place as number] ?? expect.fail('no item');
      for (let i = 0; i < relation.anchors.length; i++) {
        const [a, p, n] = [at(relation.anchors[i]), at(relation.positives[i]), at(relation.negatives[i])];
        expect([a.positive, p.positive, n.positive]).toEqual([true, true, false]);
        expect([p.relation, n.relation]).toEqual([a.relation, a.relation]);
        expect(p.pair).not.toBe(a.pair);
      }
      for (let i = 0; i < category.anchors.length; i++) {
        const [a, p, n] = [at(category.anchors[i]), at(category.positives[i]), at(category.negatives[i])];
        expect(p.relation).not.toBe(a.relation);
        expect(p.category).toBe(a.category);
        expect(n.category).not.toBe(a.category);
      }
    }
  });

  it('has the authors\u2019 epoch of 224 steps for 8 positives and 8 negatives, and shows every triple once in it', () => {
    const eight = tinyRelations(4, { positives: 8, negatives: 8 });
    const sampler = new TripleSampler({ relations: eight, relationsPerStep: 4, category: false, seed: 2 });
    expect(sampler.stepsPerEpoch).toBe(224);
    const seen = new Set<string>();
    for (let step = 0; step < 224; step++) {
      const { pairs, items, triples } = sampler.batch(step);
      const { anchors, positives, negatives } = triples?.relation ?? expect.fail('no triples');
      const text = (place: number | undefined) =>
        key(pairs[items[place as number]?.pair as number] as { head: string; tail: string });
      anchors.forEach((anchor, i) => {
        seen.add([...[text(anchor), text(positives[i])].sort(), text(negatives[i])].join());
      });
    }
    expect(seen.size).toBe(4 * 224);
  });

  it('names what is missing', () => {
    const [first, second] = relations as [(typeof relations)[0], (typeof relations)[0]];
    const make =
      (sets: typeof relations, category = false) =>
      () =>
        new TripleSampler({ relations: sets, relationsPerStep: sets.length, category, seed: 1 });
    expect(make([{ ...first, negatives: [] }])).toThrow("relation 'r0' gives no triple");
    expect(make([first, second], true)).toThrow('at least two categories');
    expect(make([])).toThrow('no relations to sample from');
  });
});
