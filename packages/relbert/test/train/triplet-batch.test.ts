import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RelationSet } from '../../src/data/relation-set.ts';
import { readRelations } from '../../src/run/read-data.ts';
import { hingeLosses } from '../../src/search/hinge.ts';
import { Race } from '../../src/search/race.ts';
import { type TripletBatch, tripletBatches } from '../../src/train/triplet-batch.ts';

/** Words tell where a pair comes from: `r3+` is a positive of relation 3, in category `c1`. */
function relations(count: number, { positives = 8, negatives = 8, perCategory = 3 } = {}): RelationSet[] {
  return Array.from({ length: count }, (_, i) => ({
    relation: `r${i}`,
    parent: `c${Math.floor(i / perCategory)}`,
    aliases: [],
    positives: Array.from({ length: positives }, (_, at) => ({ head: `r${i}+`, tail: `${at}` })),
    negatives: Array.from({ length: negatives }, (_, at) => ({ head: `r${i}-`, tail: `${at}` })),
  }));
}

const relationOf = (head: string) => Number(/\d+/.exec(head)?.[0]);
const categoryOf = (head: string) => Math.floor(relationOf(head) / 3);

describe('tripletBatches', () => {
  const batches = tripletBatches({ relations: relations(79), seed: 4 });

  it('cuts the training set into parts: every pair stands in one of them', () => {
    const pairs = batches.flatMap((batch) => batch.pairs.map(({ head, tail }) => `${head}${tail}`));
    expect(pairs.length).toBe(79 * 16);
    expect(new Set(pairs).size).toBe(79 * 16);
    expect(batches.length).toBe(8);
  });

  it('holds triples of the three kinds only', () => {
    const counts = { relation: 0, category: 0, inBatch: 0 };
    for (const { pairs, triples, relationOf: unit } of batches) {
      for (const [i, place] of triples.anchors.entries()) {
        const [anchor, positive, negative] = [place, triples.positives[i], triples.negatives[i]].map(
          (at) => pairs[at as number]?.head as string,
        ) as [string, string, string];
        expect(anchor.endsWith('+') && positive.endsWith('+')).toBe(true);
        expect(place).not.toBe(triples.positives[i]);
        if (relationOf(anchor) !== relationOf(positive)) {
          counts.category++;
          expect(categoryOf(positive)).toBe(categoryOf(anchor));
          expect(categoryOf(negative)).not.toBe(categoryOf(anchor));
          expect(negative.endsWith('+')).toBe(true);
        } else if (relationOf(negative) === relationOf(anchor)) {
          counts.relation++;
          expect(negative.endsWith('-')).toBe(true);
        } else {
          counts.inBatch++;
          expect(negative.endsWith('+')).toBe(true);
        }
        const first = triples.anchors[unit.indexOf(unit[i] as number)] as number;
        expect(relationOf(pairs[first]?.head as string)).toBe(relationOf(anchor));
      }
    }
    // 79 relations x 4 batches x 2 ordered pairs x 2 negatives; the last relation is alone in its category.
    expect(counts).toEqual({ relation: 1264, inBatch: 1264, category: 78 * 16 });
  });

  it('depends on seed and round alone', () => {
    expect(tripletBatches({ relations: relations(79), seed: 4 })).toEqual(batches);
    expect(tripletBatches({ relations: relations(79), seed: 5 })).not.toEqual(batches);
    expect(tripletBatches({ relations: relations(79), seed: 4, round: 1 })).not.toEqual(batches);
  });

  it('takes relations of all sizes, and says what it cannot take', () => {
    const odd = tripletBatches({ relations: relations(6, { positives: 5, negatives: 1 }), seed: 1 });
    expect(odd.flatMap(({ pairs }) => pairs).filter(({ head }) => head.endsWith('+'))).toHaveLength(30);
    expect(() => tripletBatches({ relations: [], seed: 1 })).toThrow(/no relation has two positive pairs/);
    expect(() => tripletBatches({ relations: relations(1, { negatives: 0 }), seed: 1 })).toThrow(/there is no triple/);
  });
});

/** How many triples have a positive of another relation, and how many a negative of another category. */
function categoryLevel(batches: readonly TripletBatch[], perCategory: number) {
  const categoryOf = (head: string) => Math.floor(relationOf(head) / perCategory);
  const counts = { triples: 0, siblings: 0, strangers: 0 };
  for (const { pairs, triples } of batches) {
    const heads = (places: Int32Array) => Array.from(places, (at) => pairs[at]?.head as string);
    const [positives, negatives] = [heads(triples.positives), heads(triples.negatives)];
    for (const [i, anchor] of heads(triples.anchors).entries()) {
      counts.triples++;
      if (relationOf(positives[i] as string) !== relationOf(anchor)) counts.siblings++;
      if (categoryOf(negatives[i] as string) !== categoryOf(anchor)) counts.strangers++;
    }
  }
  return counts;
}

describe('the category level', () => {
  it.each([
    [2, 16, 16],
    [2, 15, 16],
    [2, 32, 32],
    [4, 16, 16],
    [3, 16, 16],
  ])('has its third of the triples with %i categories of %i relations, %i a batch', (count, perCategory, perBatch) => {
    const sets = relations(count * perCategory, { positives: 2, negatives: 2, perCategory });
    const { triples, siblings, strangers } = categoryLevel(
      tripletBatches({ relations: sets, seed: 0, relationsPerBatch: perBatch }),
      perCategory,
    );
    // two ordered pairs of positives a relation, two negatives: four triples of each kind
    expect([triples, siblings]).toEqual([12 * sets.length, 4 * sets.length]);
    expect(strangers).toBeGreaterThan(siblings);
  });

  it('gives a relation without parent or negatives its triples beside one large category', () => {
    const [lone] = relations(1, { negatives: 0 });
    const sets = [
      ...relations(63, { perCategory: 63 }),
      { ...(lone as RelationSet), relation: 'lone', parent: undefined },
    ];
    const batches = tripletBatches({ relations: sets, seed: 0 });
    expect(batches.map((batch) => batch.relations)).toEqual([64, 64, 64, 64]);
    for (const { relationOf: relation } of batches) expect(new Set(relation).size).toBe(64);
  });

  it.each([
    [16, 'bd261e0ea9deee090831f48715c433fcd47b80096feb7b54697bdfb42d211f9e'],
    [32, 'e265dc66d3e460659537effb79f703e6df39cb86fe413376baa1b686308d6044'],
  ])('cuts SemEval into the batches of published runs, %i relations a batch', async (relationsPerBatch, expected) => {
    const sets = await readRelations(['semeval2012']);
    const hash = createHash('sha256');
    for (const { pairs, triples, relationOf: relation, relations: count } of tripletBatches({
      relations: sets,
      seed: 0,
      relationsPerBatch,
    })) {
      const places = [triples.anchors, triples.positives, triples.negatives, relation].map((list) => [...list]);
      hash.update(JSON.stringify([pairs.map(({ head, tail }) => [head, tail]), ...places, count]));
    }
    expect(hash.digest('hex')).toBe(expected);
  });
});

describe('hingeLosses', () => {
  const embeddings = Float32Array.of(0, 0, 3, 4, 0, 2, 1, 0);
  const triples = {
    anchors: Int32Array.of(0, 0, 3),
    positives: Int32Array.of(1, 2, 3),
    negatives: Int32Array.of(2, 1, 0),
  };

  it('is max(0, d(a, p) - d(a, n) + margin), worked by hand', () => {
    expect([...hingeLosses(embeddings, 2, triples)]).toEqual([4, 0, 0]);
    expect([...hingeLosses(embeddings, 2, triples, { margin: 4 })]).toEqual([7, 1, 3]);
  });

  it('takes cosine distances', () => {
    const [first] = hingeLosses(
      Float32Array.of(1, 0, 0, 2, 3, 3),
      2,
      { anchors: Int32Array.of(0), positives: Int32Array.of(1), negatives: Int32Array.of(2) },
      { distance: 'cosine', margin: 0 },
    );
    expect(first).toBeCloseTo(Math.SQRT1_2, 6);
  });
});

describe('Race', () => {
  const units = Int32Array.from({ length: 20 }, (_, i) => i);
  const noise = (contestant: number, unit: number) => Math.sin(unit * 7.1) + 0.01 * Math.sin(contestant * 3.3 + unit);

  it('drops who is clearly worse, keeps who may still win, and gives the mean of those that ran to the end', () => {
    const race = new Race({ count: 3, units: 40, deviations: 2 });
    const offsets = [0, 0.0005, 0.5];
    race.add(
      offsets.map((offset, contestant) => Float64Array.from(units, (unit) => offset + noise(contestant, unit))),
      units,
      20,
    );
    expect(race.running).toEqual([0, 1]);
    race.add(
      [0, 1].map((contestant) => Float64Array.from(units, () => contestant)),
      units,
      20,
    );
    // Everything has been seen: only the winner is left.
    expect(race.running).toEqual([0]);
    const first = [...units].reduce((sum, unit) => sum + noise(0, unit), 0);
    expect(race.mean(0)).toBeCloseTo(first / 40, 12);
  });

  it('keeps seeded contestants, and all contestants without a number of deviations', () => {
    const losses = [5, 0, 1].map((loss) => Float64Array.from(units, (unit) => loss + noise(0, unit)));
    const seeded = new Race({ count: 3, units: 20, deviations: 2, seeded: [0] });
    seeded.add(losses, units, 20);
    expect(seeded.running).toEqual([0, 1]);
    const all = new Race({ count: 3, units: 20, deviations: Number.POSITIVE_INFINITY });
    all.add(losses, units, 20);
    expect(all.running).toEqual([0, 1, 2]);
  });
});
