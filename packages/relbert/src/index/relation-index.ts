/**
 * @file Search among the relation embeddings of many pairs. An inverted file (see coarse-lists.ts) over int8 codes finds
 * candidates, and the vectors themselves (binary16) put them in order. Files are read by position: memory holds about 12
 * bytes a pair.
 */
import type { VectorBlock } from '../formats/vector-block.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { IndexError } from './error.ts';
import type { IndexFolder } from './index-folder.ts';
import { Scorer } from './kernel/scorer.ts';
import { type Manifest, type ModelIdentity, manifestName, parseManifest } from './manifest.ts';
import type { IndexNeighbour, IndexQuery, IndexSearchOptions, PairIndex } from './pair-index.ts';
import { columnKey } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import { Segment } from './segment.ts';
import { checksumText, damaged } from './segment-format.ts';
import { rowsOf, type SegmentSearchOptions, searchSegment, withoutWords } from './segment-search.ts';
import { parseWhere } from './where.ts';

export interface IndexInfo {
  readonly origin: string;
  readonly rows: number;
  readonly removed: number;
  readonly dimension: number;
  readonly segments: number;
  readonly bytes: number;
  readonly columns: readonly string[];
  readonly model: ModelIdentity;
}

/** What {@link RelationIndex.verify} does, part by part. */
export interface VerifyEvent {
  readonly kind: 'verify';
  readonly done: number;
  readonly total: number;
}

/** An index as it is on the disk or on a web server; writers do not disturb it. */
export class RelationIndex implements PairIndex {
  readonly origin: string;
  readonly #manifest: Manifest;
  readonly #segments: readonly Segment[];
  readonly #scorer: Scorer;
  /** Searches share the scorer's memory: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws IndexError where there is no index, or it is damaged or cut */
  static async open(folder: IndexFolder): Promise<RelationIndex> {
    const scorerOfText = new Scorer(16);
    const checksum = (text: string): string => checksumText(scorerOfText.checksum(new TextEncoder().encode(text)));
    const name = `${folder.origin}/${manifestName}`;
    const readManifest = () => readWhole(folder, manifestName);
    for (let bytes = await readManifest(); ; ) {
      if (bytes === undefined) {
        throw new IndexError(
          `${folder.origin}: there is no index here (no ${manifestName}); make one with 'relbert index build'`,
        );
      }
      const text = new TextDecoder().decode(bytes);
      const manifest = parseManifest(text, name, checksum);
      const scorer = new Scorer(manifest.dimension);
      try {
        return new RelationIndex(folder.origin, manifest, await openSegments(folder, manifest, scorer), scorer);
      } catch (error) {
        // A writer may have replaced the manifest since, and removed the files that this one names.
        bytes = await readManifest();
        if (bytes === undefined || new TextDecoder().decode(bytes) === text) throw error;
      }
    }
  }

  private constructor(origin: string, manifest: Manifest, segments: readonly Segment[], scorer: Scorer) {
    this.origin = origin;
    this.#manifest = manifest;
    this.#segments = segments;
    this.#scorer = scorer;
  }

  get dimension(): number {
    return this.#manifest.dimension;
  }

  get model(): ModelIdentity {
    return this.#manifest.model;
  }

  get columns(): readonly string[] {
    return this.#manifest.columns;
  }

  /** @internal What a writer goes on from. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  info(): IndexInfo {
    const { dimension, columns, model, segments } = this.#manifest;
    const removed = segments.reduce((sum, { removed }) => sum + (removed?.rows ?? 0), 0);
    return {
      origin: this.origin,
      rows: segments.reduce((sum, { rows }) => sum + rows, 0) - removed,
      removed,
      dimension,
      segments: segments.length,
      bytes: this.#segments.reduce((sum, { bytes }) => sum + bytes, 0),
      columns,
      model,
    };
  }

  async search(queries: readonly IndexQuery[], options: IndexSearchOptions = {}): Promise<IndexNeighbour[][]> {
    const { top = 10, where } = options;
    if (!Number.isInteger(top) || top < 1) throw new IndexError(`top must be a whole number from 1 upward, got ${top}`);
    const units = queries.map(({ vector }, i) => this.#unit(vector, i));
    const condition = where === undefined ? undefined : parseWhere(where, this.#manifest.columns);
    // Most searches take less: a turn costs a millisecond.
    const turn = eventLoopTurns(10);
    // An exact search reads everything, once for several questions.
    const together = options.exact ? exactTogether : 1;
    return this.#alone(async () => {
      const filters = await Promise.all(
        this.#segments.map((segment) => (condition ? rowsOf(segment, condition) : undefined)),
      );
      const results: IndexNeighbour[][] = [];
      for (let first = 0; first < queries.length; first += together) {
        options.signal?.throwIfAborted();
        const some = queries.slice(first, first + together);
        const asked: Asked[] = [];
        for (const [i, { pairs = [] }] of some.entries()) {
          const allowed = this.#segments.map((segment, s) =>
            allowedRows(segment, pairs, filters[s], options.distinctWords),
          );
          asked.push({ unit: units[first + i] as Float32Array, pairs, allowed: await Promise.all(allowed) });
        }
        results.push(...(await this.#answer(asked, { ...options, top, scorer: this.#scorer, turn })));
        await turn();
      }
      return results;
    });
  }

  async #answer(
    asked: readonly Asked[],
    options: Omit<SegmentSearchOptions, 'limit'> & { readonly top: number },
  ): Promise<IndexNeighbour[][]> {
    const { top } = options;
    const answers = new Map<Asked, IndexNeighbour[]>();
    // A question's pairs are taken out of the answers, so there is room for them, and for more rows of the same pairs.
    for (let limit = top + Math.max(...asked.map(({ pairs }) => pairs.length)); ; limit *= 2) {
      const open = asked.filter((question) => !answers.has(question));
      if (open.length === 0) return asked.map((question) => answers.get(question) as IndexNeighbour[]);
      const found: FoundRow[][] = open.map(() => []);
      for (const [s, segment] of this.#segments.entries()) {
        const questions = open.map(({ unit, allowed }) => ({ unit, allowed: allowed[s] }));
        for (const [q, rows] of (await searchSegment(segment, questions, { ...options, limit })).entries())
          for (const { row, score } of rows) found[q]?.push({ segment, row, score });
      }
      for (const [q, question] of open.entries()) {
        const best = (found[q] as FoundRow[]).sort((a, b) => b.score - a.score).slice(0, limit);
        const neighbours = await neighboursOf(best, question.pairs);
        if (neighbours.length >= top || best.length < limit) answers.set(question, neighbours.slice(0, top));
      }
    }
  }

  async vectorOf(pair: WordPair): Promise<Float32Array | undefined> {
    return this.#alone(async () => {
      for (const segment of this.#segments) {
        const heads = await segment.rowsOf(columnKey('head', pair.head));
        const tails = heads && (await segment.rowsOf(columnKey('tail', pair.tail)));
        if (!tails) continue;
        for (const row of heads.copy().intersect(tails)) {
          if (!segment.removed?.has(row)) return segment.vector(row);
        }
      }
      return undefined;
    });
  }

  /** The rows that pass a condition, segment by segment, without those that were removed. */
  async rowsWhere(where: string): Promise<RowSet[]> {
    const condition = parseWhere(where, this.#manifest.columns);
    return this.#alone(() =>
      Promise.all(
        this.#segments.map(async (segment) => {
          const rows = await rowsOf(segment, condition);
          return segment.removed ? rows.intersect(segment.removed.copy().invert()) : rows;
        }),
      ),
    );
  }

  /** All pairs with their unit vectors, list by list, in constant memory; removed ones are left out. */
  async *blocks({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<VectorBlock> {
    const turn = eventLoopTurns();
    for (const segment of this.#segments) {
      for (let list = 0; list < segment.lists; list++) {
        signal?.throwIfAborted();
        const [first, last] = segment.listRows(list);
        const kept = Array.from({ length: last - first }, (_, i) => first + i).filter(
          (row) => !segment.removed?.has(row),
        );
        if (kept.length === 0) continue;
        const { dimension } = this;
        const { all, pairs } = await this.#alone(async () => ({
          all: await segment.listVectors(list),
          pairs: await segment.pairs(kept),
        }));
        const vectors = new Float32Array(kept.length * dimension);
        for (const [i, row] of kept.entries()) {
          vectors.set(all.subarray((row - first) * dimension, (row - first + 1) * dimension), i * dimension);
        }
        yield { pairs, data: vectors, shape: [kept.length, dimension] };
        await turn();
      }
    }
  }

  async count(): Promise<number> {
    return this.info().rows;
  }

  /** The unit vectors of about `count` pairs spread evenly over the index, or of all where they are fewer: float32 [n, D]. */
  async sample(count: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Float32Array> {
    const turn = eventLoopTurns();
    const step = Math.max(1, this.info().rows / count);
    const vectors: Float32Array[] = [];
    let place = 0;
    for (const segment of this.#segments) {
      for (let row = 0; row < segment.rows; row++) {
        if (segment.removed?.has(row)) continue;
        if (place++ < vectors.length * step) continue;
        signal?.throwIfAborted();
        vectors.push(await this.#alone(() => segment.vector(row)));
        await turn();
      }
    }
    const sample = new Float32Array(vectors.length * this.dimension);
    for (const [i, vector] of vectors.entries()) sample.set(vector, i * this.dimension);
    return sample;
  }

  /** All pairs without their vectors; removed ones are left out. */
  async *pairs({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<WordPair> {
    const turn = eventLoopTurns();
    for (const segment of this.#segments) {
      let row = 0;
      for (let block = 0; block < segment.metadataBlocks; block++) {
        signal?.throwIfAborted();
        for (const pair of await this.#alone(() => segment.pairBlock(block))) {
          if (!segment.removed?.has(row++)) yield pair;
        }
        await turn();
      }
    }
  }

  /** Reads every byte and compares it with the checksums. @throws IndexError naming the file and the part that is damaged */
  async *verify({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<VerifyEvent> {
    const turn = eventLoopTurns();
    const total = this.#segments.reduce((sum, { rows }) => sum + rows, 0);
    let done = 0;
    for (const segment of this.#segments) {
      for (let list = 0; list < segment.lists; list++) {
        signal?.throwIfAborted();
        await this.#alone(() => segment.checkList(list));
        const [first, last] = segment.listRows(list);
        done += last - first;
        yield { kind: 'verify', done, total };
        await turn();
      }
      for (let block = 0; block < segment.metadataBlocks; block++) {
        await this.#alone(() => segment.pairBlock(block));
        await turn();
      }
      for (let block = 0; block < segment.keyBlocks; block++) {
        await this.#alone(() => segment.keyBlock(block));
        await turn();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => {});
    for (const segment of this.#segments) await segment.close();
  }

  /** One search at a time: they share the scorer's memory. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work, work);
    this.#turn = run.catch(() => {});
    return run;
  }

  #unit(vector: Float32Array, query: number): Float32Array {
    if (vector.length !== this.dimension) {
      throw new IndexError(
        `question ${query + 1} has ${vector.length} dimensions, the index ${this.origin} has ${this.dimension}: it was built with ${this.model.name}`,
      );
    }
    return unitVector(vector, () => `question ${query + 1}`);
  }
}

/** Questions that an exact search answers in one pass. */
const exactTogether = 16;

/** A question with the rows of each segment that may be answers. */
interface Asked {
  readonly unit: Float32Array;
  readonly pairs: readonly WordPair[];
  readonly allowed: readonly (RowSet | undefined)[];
}

/** A row that a search found. */
interface FoundRow {
  readonly segment: Segment;
  readonly row: number;
  readonly score: number;
}

/** The rows of a segment that may be answers; undefined: all. */
async function allowedRows(
  segment: Segment,
  pairs: readonly WordPair[],
  filter: RowSet | undefined,
  distinctWords = false,
): Promise<RowSet | undefined> {
  const allowed = distinctWords ? await withoutWords(segment, pairs, filter) : filter;
  if (!segment.removed) return allowed;
  return (allowed?.copy() ?? RowSet.all(segment.rows)).intersect(segment.removed.copy().invert());
}

/** The pairs of rows with their scores, without those of the question. */
async function neighboursOf(best: readonly FoundRow[], without: readonly WordPair[]): Promise<IndexNeighbour[]> {
  const pairsOf = new Map<Segment, WordPair[]>();
  for (const segment of new Set(best.map(({ segment }) => segment))) {
    pairsOf.set(segment, await segment.pairs(best.filter((row) => row.segment === segment).map(({ row }) => row)));
  }
  const question = new Set(without.map(pairKey));
  return best.flatMap(({ segment, score }) => {
    // The pairs of a segment stand in the order of its rows in `best`.
    const pair = pairsOf.get(segment)?.shift();
    return pair && !question.has(pairKey(pair)) ? [{ pair, score }] : [];
  });
}

/** A vector of length 1 with the same direction. @throws IndexError for one of zeros or with a value that is not finite */
export function unitVector(vector: Float32Array, name: () => string): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) throw new IndexError(`${name()}: its vector holds NaN or an infinity`);
  if (squares === 0) throw new IndexError(`${name()}: its vector is all zeros, which has no direction`);
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}

async function readWhole(folder: IndexFolder, name: string): Promise<Uint8Array | undefined> {
  const file = await folder.open(name);
  if (!file) return undefined;
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

async function openSegments(folder: IndexFolder, manifest: Manifest, scorer: Scorer): Promise<Segment[]> {
  const segments: Segment[] = [];
  try {
    for (const { file, checksum, removed, rows } of manifest.segments) {
      const opened = await folder.open(file);
      if (!opened) throw new IndexError(`${folder.origin}/${file}: the segment is missing; restore it, or build anew`);
      const gone = removed && (await readRemoved(folder, removed, rows, scorer));
      segments.push(await Segment.open(opened, { name: `${folder.origin}/${file}`, checksum, scorer, removed: gone }));
    }
    return segments;
  } catch (error) {
    for (const segment of segments) await segment.close();
    throw error;
  }
}

async function readRemoved(
  folder: IndexFolder,
  { file, checksum }: { readonly file: string; readonly checksum: string },
  rows: number,
  scorer: Scorer,
): Promise<RowSet> {
  const bytes = await readWhole(folder, file);
  const set = bytes && new RowSet(rows, bytes.slice());
  if (!bytes || bytes.byteLength !== new RowSet(rows).bits.byteLength) {
    throw new IndexError(`${folder.origin}/${file}: the list of removed rows is missing or cut; restore it`);
  }
  if (checksumText(scorer.checksum(bytes)) !== checksum)
    throw damaged(`${folder.origin}/${file}`, 'the list of removed rows');
  return set as RowSet;
}
