import type { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { DistinctPairs, TripleList, type Triples } from './batch.ts';
import { randomOf, SamplingError } from './sampler.ts';

/** A part of the training set with triples among its pairs: what one micro-batch of a prompt search looks at. */
export interface TripletBatch {
  /** Distinct pairs. */
  readonly pairs: readonly WordPair[];
  /** Places among the pairs. */
  readonly triples: Triples;
  /** For each triple the relation of its anchor, from 0 to `relations` - 1. */
  readonly relationOf: Int32Array;
  readonly relations: number;
}

/** Where a triple's negative comes from (paper, section 3.3): its relation, another relation, another category. */
export type TripleKind = 'relation' | 'in-batch' | 'category';
const tripleKinds: readonly TripleKind[] = ['relation', 'in-batch', 'category'];

export interface TripletBatchOptions {
  readonly relations: readonly RelationSet[];
  readonly seed: number;
  /** Each round groups the pairs differently. Default 0. */
  readonly round?: number;
  /** Default: all three. */
  readonly kinds?: readonly TripleKind[];
  /** About how many relations a batch has: categories stay whole, and a relation runs out of pairs. Default 32. */
  readonly relationsPerBatch?: number;
}

/** Positives of one relation in a batch; a third where the number is odd. */
const positivesPerBatch = 2;

/**
 * The training set cut into batches, in the order in which candidates see them: two whole categories or more go
 * together, and of each relation two positives with their share of the negatives, so that a batch can hold triples of
 * all three kinds: for each ordered pair of positives (a, p) of a relation
 *
 * - its negatives of the batch (`relation`),
 * - as many positives of other relations (`in-batch`),
 * - and, with p from another relation of the category, positives of other categories (`category`).
 *
 * Where relations differ in size, the last batches hold the largest relations alone, which may be of one category.
 *
 * A function of data, seed and round.
 *
 * @throws SamplingError where no relation has two positives, or the data give no triples
 */
export function tripletBatches(options: TripletBatchOptions): TripletBatch[] {
  const { relations, seed, round = 0, kinds = tripleKinds, relationsPerBatch = 32 } = options;
  const usable = relations.filter(({ positives }) => positives.length >= positivesPerBatch);
  if (usable.length === 0) {
    throw new SamplingError('there is nothing to search a prompt with: no relation has two positive pairs');
  }
  const random = randomOf(seed, 21, round);
  const batches: TripletBatch[] = [];
  for (const group of categoryGroups(usable, Math.max(1, Math.floor(usable.length / relationsPerBatch)), random)) {
    const shares = group.map((set) => sharesOf(set, random));
    const slots = Math.max(...shares.map(({ length }) => length));
    for (let slot = 0; slot < slots; slot++) {
      const batch = batchOf(
        shares.flatMap((all) => all[slot] ?? []),
        kinds,
        random,
      );
      if (batch.relationOf.length > 0) batches.push(batch);
    }
  }
  if (batches.length === 0) {
    throw new SamplingError(
      'there is no triple to search a prompt with: give the relations negatives, or name two relations or more',
    );
  }
  return random.shuffle(batches);
}

/** A relation's pairs in one batch. */
interface Share {
  readonly category: string;
  readonly positives: readonly WordPair[];
  readonly negatives: readonly WordPair[];
}

/**
 * Relations in groups of about the same size that do not split a category. A group of one category has no stranger to
 * be a negative, and joins the smallest other group, as long as there is one.
 */
function categoryGroups(relations: readonly RelationSet[], count: number, random: Random): RelationSet[][] {
  const categories = new Map<string, RelationSet[]>();
  for (const set of relations) {
    const name = categoryOf(set);
    categories.set(name, [...(categories.get(name) ?? []), set]);
  }
  const groups: RelationSet[][] = Array.from({ length: count }, () => []);
  for (const category of random.shuffle([...categories.values()])) {
    smallestOf(groups).push(...category);
  }
  const joined = groups.filter(({ length }) => length > 0);
  for (let at = joined.findIndex(isOneCategory); at >= 0 && joined.length > 1; at = joined.findIndex(isOneCategory)) {
    const [group = []] = joined.splice(at, 1);
    smallestOf(joined).push(...group);
  }
  return joined;
}

function smallestOf(groups: readonly RelationSet[][]): RelationSet[] {
  return groups.reduce((least, group) => (group.length < least.length ? group : least));
}

function isOneCategory(group: readonly RelationSet[]): boolean {
  return new Set(group.map(categoryOf)).size === 1;
}

/** A relation without a parent counts as a category. */
function categoryOf({ relation, parent }: RelationSet): string {
  return parent === undefined ? `relation ${relation}` : `category ${parent}`;
}

function sharesOf(set: RelationSet, random: Random): Share[] {
  const positives = random.shuffle([...set.positives]);
  const negatives = random.shuffle([...set.negatives]);
  const slots = Math.floor(positives.length / positivesPerBatch);
  return Array.from({ length: slots }, (_, slot) => {
    const end = slot === slots - 1 ? positives.length : (slot + 1) * positivesPerBatch;
    const [from, to] = [slot, slot + 1].map((at) => Math.floor((at * negatives.length) / slots)) as [number, number];
    const drawn = negatives.slice(from, to);
    const spare = negatives.length > 0 ? [negatives[slot % negatives.length] as WordPair] : [];
    return {
      category: categoryOf(set),
      positives: positives.slice(slot * positivesPerBatch, end),
      negatives: drawn.length > 0 ? drawn : spare,
    };
  });
}

function batchOf(shares: readonly Share[], kinds: readonly TripleKind[], random: Random): TripletBatch {
  const pairs = new DistinctPairs();
  const positives = shares.map((share) => share.positives.map((pair) => pairs.place(pair)));
  const negatives = shares.map((share) => share.negatives.map((pair) => pairs.place(pair)));
  const triples = new TripleList();
  const relationOf: number[] = [];
  const add = (relation: number, anchor: number, positive: number, negative: number): void => {
    if (anchor === positive || negative === anchor || negative === positive) return;
    triples.add(anchor, positive, negative);
    relationOf.push(relation);
  };
  const among = (numbers: readonly number[]) => random.choice(positives[random.choice(numbers)] as number[]);
  for (const [relation, { category }] of shares.entries()) {
    const ofRelation = positives[relation] as number[];
    const drawn = Math.max(1, negatives[relation]?.length ?? 0);
    const others = [...shares.keys()].filter((other) => other !== relation);
    const siblings = others.filter((other) => shares[other]?.category === category);
    const strangers = others.filter((other) => shares[other]?.category !== category);
    for (const anchor of ofRelation) {
      for (const positive of ofRelation) {
        if (positive === anchor) continue;
        if (kinds.includes('relation')) {
          for (const negative of negatives[relation] as number[]) add(relation, anchor, positive, negative);
        }
        for (let i = 0; i < drawn; i++) {
          if (kinds.includes('in-batch') && others.length > 0) add(relation, anchor, positive, among(others));
          if (kinds.includes('category') && siblings.length > 0 && strangers.length > 0) {
            add(relation, anchor, among(siblings), among(strangers));
          }
        }
      }
    }
  }
  return {
    pairs: pairs.all,
    triples: triples.finish(),
    relationOf: Int32Array.from(relationOf),
    relations: shares.length,
  };
}
