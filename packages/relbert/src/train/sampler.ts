import { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import type { TrainingBatch } from './batch.ts';

/**
 * Draws the batch of a step. A batch is a function of the seed and the step's number alone, so the number is all the
 * state that a checkpoint needs, and a resumed run draws what an undisturbed one would.
 */
export interface Sampler {
  /** @param step From 0 on, without end. */
  batch(step: number): TrainingBatch;
  /** Steps after which, on average, every training example came once. */
  readonly stepsPerEpoch: number;
}

/** A mistake in what is to be sampled: too little data for the batch asked for. */
export class SamplingError extends Error {
  override readonly name = 'SamplingError';
}

/** A generator for one purpose of one step: independent of how much was drawn elsewhere. */
export function randomOf(...words: readonly number[]): Random {
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ (word >>> 0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 13;
  }
  return new Random(hash >>> 0);
}

/** Numbers for relations and categories over several lists: the same name is the same number. */
export class RelationNumbers {
  readonly #relations = new Map<string, number>();
  readonly #categories = new Map<string, number>();

  /** Numbers all at once, so that they do not depend on what is drawn first. */
  addAll(sets: readonly RelationSet[]): void {
    for (const set of sets) {
      this.relation(set);
      this.category(set);
    }
  }

  relation({ relation }: RelationSet): number {
    return numberOf(this.#relations, relation);
  }

  category({ parent }: RelationSet): number {
    return parent === undefined ? -1 : numberOf(this.#categories, parent);
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}

/** `count` different elements of a list, in the order drawn; all of them, shuffled, where there are no more. */
export function drawDistinct<T>(random: Random, list: readonly T[], count: number): T[] {
  if (count >= list.length) return random.shuffle([...list]);
  if (count * 3 < list.length) {
    const places = new Set<number>();
    while (places.size < count) places.add(random.integer(list.length));
    return [...places].map((place) => list[place] as T);
  }
  return Array.from(random.permutation(list.length).subarray(0, count), (place) => list[place] as T);
}

/**
 * Takes relations in turns: within one round every relation comes once, in an order that the seed gives.
 * A function of the position alone.
 */
export class Rounds {
  readonly #count: number;
  readonly #key: readonly number[];
  #round = -1;
  #order: Uint32Array = new Uint32Array();

  /** @param key Words that the order depends on. */
  constructor(count: number, key: readonly number[]) {
    this.#count = count;
    this.#key = key;
  }

  /** `count` different elements from position `start` on; where a round ends, the next one's that are not yet taken. */
  take(start: number, count: number): number[] {
    const taken = new Set<number>();
    for (let position = start; taken.size < Math.min(count, this.#count); position++) {
      taken.add(this.#at(position));
    }
    return [...taken];
  }

  #at(position: number): number {
    const round = Math.floor(position / this.#count);
    if (round !== this.#round) {
      this.#round = round;
      this.#order = randomOf(...this.#key, round).permutation(this.#count);
    }
    return this.#order[position - round * this.#count] as number;
  }
}
