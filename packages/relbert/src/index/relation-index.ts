/**
 * @file Search among the relation embeddings of many pairs. An inverted file (see coarse-lists.ts) over codes of one bit a
 * dimension finds candidates, and the vectors themselves (binary16) put them in order. Files are read by position: memory
 * holds the codes that were needed (D / 8 + 8 bytes a pair), 4 bytes a pair, and the centroids.
 */
import { checkCount } from '../encoder/option-error.ts';
import type { VectorBlock } from '../formats/vector-block.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { IndexFolder } from './index-folder.ts';
import { unitsOf } from './index-question.ts';
import type { Manifest, ModelIdentity } from './manifest.ts';
import { type OpenIndexOptions, type OpenSegments, openSegments } from './open-segments.ts';
import type { IndexNeighbour, IndexQuery, IndexSearchOptions, PairIndex } from './pair-index.ts';
import { columnKey } from './row-keys.ts';
import type { RowSet } from './row-set.ts';
import { searchSegments } from './search-segments.ts';
import type { Segment } from './segment.ts';
import { rowsOf } from './segment-search.ts';
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
  /** Searches share memory: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws IndexError where there is no index, or it is damaged or cut */
  static async open(folder: IndexFolder, options: OpenIndexOptions = {}): Promise<RelationIndex> {
    return new RelationIndex(folder.origin, await openSegments(folder, options));
  }

  private constructor(origin: string, { manifest, segments }: OpenSegments) {
    this.origin = origin;
    this.#manifest = manifest;
    this.#segments = segments;
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
    const { top = 10, where, probes } = options;
    checkCount('top', top);
    if (probes !== undefined) checkCount('probes', probes);
    const units = unitsOf(queries, this);
    const condition = where === undefined ? undefined : parseWhere(where, this.columns);
    return this.#alone(() => searchSegments(this.#segments, queries, units, condition, { ...options, top }));
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
        signal?.throwIfAborted();
        await this.#alone(() => segment.checkPairs(block));
        await turn();
      }
      for (let block = 0; block < segment.keyBlocks; block++) {
        signal?.throwIfAborted();
        await this.#alone(() => segment.keyBlock(block));
        await turn();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => {});
    for (const segment of this.#segments) await segment.close();
  }

  /** One search at a time: they share memory. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work, work);
    this.#turn = run.catch(() => {});
    return run;
  }
}
