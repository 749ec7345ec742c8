import type { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { BatchBuilder, type TrainingBatch } from './batch.ts';
import { drawDistinct, RelationNumbers, Rounds, randomOf, type Sampler, SamplingError } from './sampler.ts';

/** Relations and how many of their pairs each step draws. */
export interface SamplingPart {
  readonly relations: readonly RelationSet[];
  /** Relations a step (R). May be a fraction: 0.5 draws a relation every second step. */
  readonly relationsPerStep: number;
  /** Positives of each relation drawn (P); a relation with fewer gives all it has. */
  readonly positives: number;
  /** Negatives of each relation drawn (N). Default 0. */
  readonly negatives?: number | undefined;
  /** Relations are drawn with a probability proportional to (number of positives)^balance. Default 0: in turns, all equally often. */
  readonly balance?: number | undefined;
  /**
   * For each positive drawn, so many pairs that share a word with it and stand in other relations of the part, and one
   * that shares a word and stands in its relation: neither who follows words nor who avoids them is right. Default 0.
   */
  readonly sharing?: number | undefined;
  /** The pairs drawn keep their relation; false: a relation's pairs come together without it, for a teacher. Default true. */
  readonly labelled?: boolean | undefined;
  /**
   * Draw pairs, each equally likely, without regard to relations and give them no relation: for distillation from a
   * teacher. Goes without `balance`. Default false.
   */
  readonly mixed?: boolean | undefined;
}

export interface RelationSamplerOptions {
  readonly parts: readonly SamplingPart[];
  readonly seed: number;
}

/**
 * Relation batches: R relations × (P positives + N negatives). Losses use all triples (or contrasts) among them, so
 * that a step of R (P + N) prompts stands for far more triples than the paper's step, which encodes five prompts for
 * each of its triples.
 *
 * @throws SamplingError where a part has no relations, or fewer than it draws in a step
 */
export class RelationSampler implements Sampler {
  readonly stepsPerEpoch: number;
  readonly #parts: readonly (SamplingPart & { readonly rounds: Rounds; readonly withWord: WithWord })[];
  readonly #numbers = new RelationNumbers();
  readonly #seed: number;

  constructor({ parts, seed }: RelationSamplerOptions) {
    if (parts.length === 0) throw new SamplingError('there are no relations to sample from');
    this.#seed = seed;
    this.#parts = parts.map((part, index) => {
      checkPart(part, index);
      const rounds = new Rounds(part.relations.length, [seed, 1, index]);
      return { ...part, rounds, withWord: part.sharing ? membersByWord(part.relations) : new Map() };
    });
    for (const { relations } of parts) this.#numbers.addAll(relations);
    this.stepsPerEpoch = Math.max(
      ...parts.map((part) => {
        const pairs = part.relations.reduce((sum, { positives }) => sum + positives.length, 0);
        return Math.max(1, Math.ceil(pairs / (part.relationsPerStep * part.positives)));
      }),
    );
  }

  batch(step: number): TrainingBatch {
    const builder = new BatchBuilder();
    for (const [index, part] of this.#parts.entries()) {
      if (part.mixed) this.#addMixed(builder, part, step, index);
      else
        for (const place of this.#relationsOf(part, step, index)) {
          const random = randomOf(this.#seed, 2, step, index, place);
          this.#addRelation(builder, part, random, part.relations[place] as RelationSet);
        }
    }
    return builder.finish();
  }

  #addRelation(
    builder: BatchBuilder,
    part: SamplingPart & { readonly withWord: WithWord },
    random: Random,
    set: RelationSet,
  ): void {
    const { positives, negatives = 0, sharing = 0, labelled = true } = part;
    const add = (of: RelationSet, pair: WordPair, positive: boolean) => {
      const names = { relation: this.#numbers.relation(of), category: this.#numbers.category(of) };
      builder.add(pair, { ...(labelled ? names : { relation: -1, category: -1 }), positive });
    };
    const drawn = drawDistinct(random, set.positives, positives);
    for (const pair of drawn) add(set, pair, true);
    for (const pair of drawDistinct(random, set.negatives, negatives)) add(set, pair, false);
    if (sharing === 0) return;
    for (const { head, tail } of drawn) {
      const members = [head, tail].flatMap((word) => part.withWord.get(word) ?? []);
      const others = members.filter((member) => member.set !== set);
      const same = members.filter(
        (member) => member.set === set && !(member.pair.head === head && member.pair.tail === tail),
      );
      for (const member of [...drawDistinct(random, others, sharing), ...drawDistinct(random, same, 1)]) {
        if (!builder.has(member.pair)) add(member.set, member.pair, true);
      }
    }
  }

  #addMixed(builder: BatchBuilder, part: SamplingPart, step: number, index: number): void {
    const random = randomOf(this.#seed, 3, step, index);
    const [from, to] = share(part.relationsPerStep * (part.positives + (part.negatives ?? 0)), step);
    const sizes = part.relations.map(({ positives, negatives }) => positives.length + negatives.length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    for (let i = from; i < to; i++) {
      // One number chooses the relation by its size, another the pair in it: pairs of a single set stay the ones that
      // published weights were trained on.
      let rest = (random.uint32() / 2 ** 32) * total;
      const at = sizes.findIndex((size) => {
        rest -= size;
        return rest < 0;
      });
      const { positives, negatives } = part.relations[at] as RelationSet;
      const place = random.integer(positives.length + negatives.length);
      const pair = (positives[place] ?? negatives[place - positives.length]) as WordPair;
      if (!builder.has(pair)) builder.add(pair, { relation: -1, category: -1, positive: true });
    }
  }

  #relationsOf(part: SamplingPart & { readonly rounds: Rounds }, step: number, index: number): number[] {
    const [from, to] = share(part.relationsPerStep, step);
    const { balance = 0 } = part;
    if (balance === 0) return part.rounds.take(from, to - from);
    // Sampling without replacement by exponential keys (Efraimidis & Spirakis 2006).
    const random = randomOf(this.#seed, 4, step, index);
    return part.relations
      .map(({ positives }, place) => ({ place, key: -Math.log(1 - random.uniform()) / positives.length ** balance }))
      .sort((a, b) => a.key - b.key)
      .slice(0, to - from)
      .map(({ place }) => place);
  }
}

/** Positives by each of their words, with their relation. */
type WithWord = ReadonlyMap<string, readonly { readonly set: RelationSet; readonly pair: WordPair }[]>;

function membersByWord(relations: readonly RelationSet[]): WithWord {
  const members = new Map<string, { set: RelationSet; pair: WordPair }[]>();
  for (const set of relations) {
    for (const pair of set.positives) {
      for (const word of [pair.head, pair.tail]) {
        const list = members.get(word);
        if (list) list.push({ set, pair });
        else members.set(word, [{ set, pair }]);
      }
    }
  }
  return members;
}

/** The range [from, to) of an endless sequence that a step takes, at `rate` elements a step. */
function share(rate: number, step: number): [from: number, to: number] {
  return [Math.floor(rate * step + 1e-9), Math.floor(rate * (step + 1) + 1e-9)];
}

function checkPart(
  { relations, relationsPerStep, positives, negatives = 0, balance = 0, mixed = false }: SamplingPart,
  index: number,
): void {
  if (relations.length === 0) throw new SamplingError('there are no relations to sample from');
  const positive = (value: number) => Number.isFinite(value) && value > 0;
  if (!positive(relationsPerStep) || !Number.isInteger(positives) || positives < 1 || !(negatives >= 0)) {
    throw new SamplingError(
      `part ${index} should draw relations and whole numbers of pairs, got ${relationsPerStep} relations x (${positives} positives + ${negatives} negatives)`,
    );
  }
  if (mixed && balance !== 0) {
    throw new SamplingError(
      `part ${index} has balance ${balance} and is mixed, which draws every pair equally often: leave one of the two out (sampling.parts.${index}.balance of a recipe)`,
    );
  }
  if (!mixed && relationsPerStep > relations.length) {
    throw new SamplingError(
      `part ${index} draws ${relationsPerStep} relations a step, and its data have ${relations.length}: lower the relations of that part to ${relations.length} or less (sampling.parts.${index}.relations of a recipe, or --batch for all parts together), or use more data`,
    );
  }
}
