/**
 * @file The codes of a segment, which find candidates. A list's are read when a search first needs them, checked, and kept in
 * memory, unless all of them together would take too much.
 */
import type { IndexFile } from './index-folder.ts';
import { codeWidth, Scorer } from './kernel/scorer.ts';
import { CodeScanner, listCodeBytes } from './kernel/sign-codes.ts';
import { RowSet } from './row-set.ts';
import { damaged, type SegmentFooter, type SegmentTables } from './segment-format.ts';
import { TopScores } from './top-scores.ts';

/** Of more than two million pairs of 384 dimensions. */
export const defaultCodeMemory = 128 * 2 ** 20;
/** Lists that stand beside each other are read together, up to this. */
const readAtOnce = 256 * 1024;
/** Reads from a server that are in flight. */
const inFlight = 8;

export class SegmentCodes {
  readonly #name: string;
  readonly #file: IndexFile;
  readonly #tables: SegmentTables;
  readonly #region: number;
  readonly #centroids: Scorer;
  /** |c|² of each centroid. */
  readonly #squares: Float32Array;
  readonly #scanner: CodeScanner;
  /** Where the codes of each list begin in the region, and the end: [K + 1]. */
  readonly #starts: Float64Array;
  readonly #kept: boolean;
  readonly #loaded: RowSet;
  /** Products of the question and the centroids. */
  #products: Float32Array = new Float32Array();

  /** @param memory Bytes of codes that are kept: all, or none where all are more. */
  constructor(name: string, file: IndexFile, footer: SegmentFooter, tables: SegmentTables, memory: number) {
    const { dimension, lists } = footer;
    this.#name = name;
    this.#file = file;
    this.#tables = tables;
    this.#region = footer.codeRegion[0];
    this.#centroids = new Scorer(dimension);
    this.#centroids.codes(lists).set(tables.centroidCodes);
    this.#centroids.scales(lists).set(tables.centroidScales);
    this.#squares = new Float32Array(lists);
    const width = codeWidth(dimension);
    for (let list = 0; list < lists; list++) {
      let squares = 0;
      for (let i = list * width; i < (list + 1) * width; i++) squares += (tables.centroidCodes[i] as number) ** 2;
      this.#squares[list] = squares * (tables.centroidScales[list] as number) ** 2;
    }
    this.#starts = codeStarts(tables.listStarts, dimension);
    const total = this.#starts[lists] as number;
    this.#kept = total <= memory;
    let longest = 0;
    for (let list = 0; list < lists; list++) longest = Math.max(longest, this.#rows(list));
    const bytes = this.#kept ? total : listCodeBytes(longest, dimension);
    this.#scanner = new CodeScanner({ dimension, bytes, longest });
    this.#loaded = new RowSet(lists);
  }

  /** Sets the question of the calls after it. @param unit Of length 1. */
  ask(unit: Float32Array): void {
    this.#centroids.setQuery(this.#centroids.quantise(unit));
    this.#products = this.#centroids.score(this.#tables.centroidScales.length).slice();
    this.#scanner.setQuery(unit);
  }

  /** The lists whose centroids are nearest to the question, the nearest first. */
  nearest(count: number): number[] {
    const products = this.#products;
    const nearest = new TopScores(Math.min(count, products.length));
    for (let list = 0; list < products.length; list++) nearest.add(products[list] as number, list);
    return nearest.sorted().map(({ item }) => item);
  }

  /** Reads lists that are not in memory yet. */
  async load(lists: readonly number[]): Promise<void> {
    if (!this.#kept) return;
    const missing = lists.filter((list) => !this.#loaded.has(list)).sort((a, b) => a - b);
    const pending: Promise<void>[] = [];
    for (let at = 0; at < missing.length; ) {
      const first = missing[at++] as number;
      let last = first + 1;
      while (missing[at] === last && this.#bytes(first, last + 1) <= readAtOnce) {
        last++;
        at++;
      }
      const reading = this.#read(first, last);
      if (reading) pending.push(reading);
      if (pending.length === inFlight) await Promise.all(pending.splice(0));
    }
    await Promise.all(pending);
  }

  /**
   * Gives the rows of lists whose cosine to the question may exceed `least()`, with that bound: the estimate by the codes and
   * `errors` standard errors. The lists are in memory, or are read one by one.
   */
  async scan(
    lists: readonly number[],
    errors: number,
    least: () => number,
    found: (row: number, bound: number) => void,
  ): Promise<void> {
    for (const list of lists) {
      if (!this.#kept) await this.#read(list, list + 1);
      const base = this.#products[list] as number;
      const distance = Math.sqrt(Math.max(0, 1 + (this.#squares[list] as number) - 2 * base));
      const margin = errors * (this.#tables.spreads[list] as number) * distance;
      const { rows, scores } = this.#scanner;
      const count = this.#scanner.scan(this.#place(list), this.#rows(list), base, margin, least());
      if (count === 0) continue;
      const first = this.#tables.listStarts[list] as number;
      for (let i = 0; i < count; i++) found(first + (rows[2 * i] as number), scores[2 * i + 1] as number);
    }
  }

  /** Reads a list from the file although it is in memory. @throws IndexError where it is damaged */
  async check(list: number): Promise<void> {
    await this.#read(list, list + 1);
  }

  /** Reads lists [first, last) to their place and checks them; at once from a disk. */
  #read(first: number, last: number): Promise<void> | undefined {
    const start = this.#starts[first] as number;
    const length = this.#bytes(first, last);
    const room = (): Uint8Array => this.#scanner.room(this.#place(first), this.#place(first) + length);
    const check = (): void => {
      for (let list = first; list < last; list++) {
        const place = this.#place(list);
        this.#loaded.delete(list);
        if (this.#scanner.checksum(place, place + this.#bytes(list, list + 1)) !== this.#tables.listChecksums[list])
          throw damaged(this.#name, `list ${list}`);
        this.#loaded.add(list);
      }
    };
    const bytes = this.#file.read(this.#region + start, this.#region + start + length, room());
    if (bytes instanceof Promise) return bytes.then(check);
    check();
    return undefined;
  }

  /** Where a list's codes begin in the scanner's room. */
  #place(list: number): number {
    return this.#kept ? (this.#starts[list] as number) : 0;
  }

  #rows(list: number): number {
    return (this.#tables.listStarts[list + 1] as number) - (this.#tables.listStarts[list] as number);
  }

  #bytes(first: number, last: number): number {
    return (this.#starts[last] as number) - (this.#starts[first] as number);
  }
}

/** Where the codes of each list begin in their region, and the region's length. @param starts The first row of each list, and the number of rows. */
export function codeStarts(starts: Uint32Array, dimension: number): Float64Array {
  const places = new Float64Array(starts.length);
  for (let list = 1; list < starts.length; list++) {
    const rows = (starts[list] as number) - (starts[list - 1] as number);
    places[list] = (places[list - 1] as number) + listCodeBytes(rows, dimension);
  }
  return places;
}

/** A centroid as it is stored. */
export function centroidOf(tables: SegmentTables, list: number, dimension: number): Float32Array {
  const start = list * codeWidth(dimension);
  const scale = tables.centroidScales[list] as number;
  return Float32Array.from(tables.centroidCodes.subarray(start, start + dimension), (code) => code * scale);
}
