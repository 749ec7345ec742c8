import type { RelationSet } from '../data/relation-set.ts';
import { BatchBuilder, type TrainingBatch, TripleList } from './batch.ts';
import { RelationNumbers, Rounds, randomOf, type Sampler, SamplingError } from './sampler.ts';

export interface TripleSamplerOptions {
  readonly relations: readonly RelationSet[];
  /** Relations a step, one triple each. The paper: 64. */
  readonly relationsPerStep: number;
  /** Draw a category-level triple for each too: the positive from another relation of the category, the negative from another category. Default true. */
  readonly category?: boolean | undefined;
  readonly seed: number;
}

/**
 * Triples as the paper draws them (section 3.2 and appendix): of each relation of the step two positives and one
 * negative, and at the category level two further pairs for the same anchor; with 64 relations 320 prompts. A prompt that
 * comes twice is encoded once.
 *
 * An epoch has as many steps as the largest relation has triples of two positives (in either order) and a negative:
 * 28 x 8 = 224 for 8 positives and 8 negatives, the length of the authors' epoch.
 */
export class TripleSampler implements Sampler {
  readonly stepsPerEpoch: number;
  readonly #relations: readonly RelationSet[];
  readonly #count: number;
  readonly #category: boolean;
  readonly #rounds: Rounds;
  readonly #numbers = new RelationNumbers();
  readonly #seed: number;

  constructor({ relations, relationsPerStep, category = true, seed }: TripleSamplerOptions) {
    if (relations.length === 0) throw new SamplingError('there are no relations to sample from');
    if (!Number.isInteger(relationsPerStep) || relationsPerStep < 1) {
      throw new SamplingError(`a batch needs at least one relation, got ${relationsPerStep}`);
    }
    if (relationsPerStep > relations.length) {
      throw new SamplingError(
        `a step draws ${relationsPerStep} relations, and the data have ${relations.length}: lower the relations a step to ${relations.length} or less (sampling.relations of a recipe, --batch), or use more data`,
      );
    }
    for (const { relation, positives, negatives } of relations) {
      if (positives.length < 2 || negatives.length === 0) {
        throw new SamplingError(
          `relation '${relation}' gives no triple: it has ${positives.length} positives and ${negatives.length} negatives, at least 2 and 1 are needed; leave it out, or use a loss that needs no negatives`,
        );
      }
    }
    if (category) checkCategories(relations);
    this.#relations = relations;
    this.#numbers.addAll(relations);
    this.#count = relationsPerStep;
    this.#category = category;
    this.#seed = seed;
    this.#rounds = new Rounds(relations.length, [seed, 11]);
    this.stepsPerEpoch = Math.max(...relations.map(tripleCount));
  }

  batch(step: number): TrainingBatch {
    const builder = new BatchBuilder();
    const relation = new TripleList();
    const category = new TripleList();
    for (const place of this.#rounds.take(step * this.#count, this.#count)) {
      const set = this.#relations[place] as RelationSet;
      // Each step has a place in shuffled rounds of the relation's triples. Steps that draw other relations skip theirs, so
      // that some triples come again before all have come.
      const n = set.negatives.length;
      const [index] = new Rounds(tripleCount(set), [this.#seed, 12, place]).take(step, 1) as [number];
      const [first, second] = pairOf(Math.floor(index / n));
      // A draw decides which of the two is the anchor.
      const random = randomOf(this.#seed, 13, step, place);
      const flip = random.integer(2) === 1;
      const membership = { relation: this.#numbers.relation(set), category: this.#numbers.category(set) };
      const add = (pairIndex: number) =>
        builder.add(set.positives[pairIndex] as RelationSet['positives'][number], { ...membership, positive: true });
      const anchor = add(flip ? second : first);
      const positive = add(flip ? first : second);
      const negative = set.negatives[index % n] as RelationSet['negatives'][number];
      relation.add(anchor, positive, builder.add(negative, { ...membership, positive: false }));
      if (this.#category && set.parent !== undefined) {
        const siblings = this.#relations.filter((other) => other !== set && other.parent === set.parent);
        const strangers = this.#relations.filter((other) => other.parent !== set.parent);
        if (siblings.length === 0) continue;
        const addFrom = (sets: readonly RelationSet[]) => {
          const other = random.choice(sets);
          return builder.add(random.choice(other.positives), {
            relation: this.#numbers.relation(other),
            category: this.#numbers.category(other),
            positive: true,
          });
        };
        category.add(anchor, addFrom(siblings), addFrom(strangers));
      }
    }
    return builder.finish({ relation: relation.finish(), category: category.finish() });
  }
}

function tripleCount({ positives, negatives }: RelationSet): number {
  return ((positives.length * (positives.length - 1)) / 2) * negatives.length;
}

/** The pair (first < second) with this number: 0 → (0, 1), 1 → (0, 2), 2 → (1, 2), 3 → (0, 3) … */
function pairOf(index: number): [first: number, second: number] {
  let second = 1;
  let rest = index;
  while (rest >= second) {
    rest -= second;
    second++;
  }
  return [rest, second];
}

/** Whether there are two categories, and two relations in one of them. */
export function haveCategoryTriples(relations: readonly RelationSet[]): boolean {
  const categories = new Set(relations.map(({ parent }) => parent));
  const sizes = new Map<string, number>();
  for (const { parent } of relations) if (parent !== undefined) sizes.set(parent, (sizes.get(parent) ?? 0) + 1);
  return categories.size >= 2 && [...sizes.values()].some((size) => size > 1);
}

function checkCategories(relations: readonly RelationSet[]): void {
  if (!haveCategoryTriples(relations)) {
    throw new SamplingError(
      'category-level triples need at least two categories, and at least two relations in one of them: give the relations a parent, or switch the category level off',
    );
  }
}
