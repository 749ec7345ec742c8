import { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import { RelbertError } from '../text/relbert-error.ts';
import type { TrainingBatch } from './batch.ts';

/**
 * Draws the batch of a step. A batch depends on the seed and the step's number alone: a checkpoint needs no other
 * state, and a resumed run draws the same batches as a run without interruption.
 */
export interface Sampler {
  /** @param step From 0, without limit. */
  batch(step: number): TrainingBatch;
  /** Steps in which every training example comes once on average. */
  readonly stepsPerEpoch: number;
}

/** The data cannot fill the batches asked for. */
export class SamplingError extends RelbertError {
  override readonly name = 'SamplingError';
}

/** A random generator for a purpose and a step, independent of all other draws. */
export function randomOf(...words: readonly number[]): Random {
  return new Random(hashOf(words));
}

/** 32 bits that depend on every word. */
function hashOf(words: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ (word >>> 0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

/** Orders of more elements than this are not written down. Smaller ones stay as they were: runs are repeated with them. */
const mostWritten = 2 ** 16;

/**
 * The element at a place of an order of 0 … count − 1 that the key decides, without writing the order down: a Feistel network
 * of four rounds over the next power of four, repeated until it gives an element (cycle walking; Black and Rogaway 2002).
 */
function elementAt(place: number, count: number, key: readonly number[]): number {
  const half = 2 ** Math.ceil(Math.log2(count) / 2);
  let value = place;
  do {
    let [left, right] = [Math.floor(value / half), value % half];
    for (let round = 0; round < 4; round++) {
      [left, right] = [right, (left + hashOf([...key, round, right])) % half];
    }
    value = left * half + right;
  } while (value >= count);
  return value;
}

/** Numbers for relations and categories over several lists: the same name is the same number. */
export class RelationNumbers {
  readonly #relations = new Map<string, number>();
  readonly #categories = new Map<string, number>();

  /** Numbers all names at once, so that the order of drawing does not matter. */
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
  const existing = numbers.get(name);
  if (existing !== undefined) return existing;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}

/** `count` different elements of a list, in the order drawn; a shorter list gives all its elements, shuffled. */
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
 * Takes relations in turns: in a round every relation comes once, in an order that the seed decides.
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

  /** `count` different elements from position `start` on; at the end of a round it goes on with the next, without repeats. */
  take(start: number, count: number): number[] {
    const taken = new Set<number>();
    for (let position = start; taken.size < Math.min(count, this.#count); position++) {
      taken.add(this.#at(position));
    }
    return [...taken];
  }

  #at(position: number): number {
    const round = Math.floor(position / this.#count);
    if (this.#count > mostWritten) return elementAt(position - round * this.#count, this.#count, [...this.#key, round]);
    if (round !== this.#round) {
      this.#round = round;
      this.#order = randomOf(...this.#key, round).permutation(this.#count);
    }
    return this.#order[position - round * this.#count] as number;
  }
}
