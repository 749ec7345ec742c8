/** Adds to an index, removes from it and compacts it. What is not committed is never seen, and is gone at the next start. */

import type { VectorBlock } from '../formats/vector-block.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { Runtime } from '../runtime/session.ts';
import { IndexError } from './error.ts';
import type { NewIndexFile, WritableIndexFolder } from './index-folder.ts';
import { Scorer } from './kernel/scorer.ts';
import {
  formatManifest,
  isManifest,
  type Manifest,
  type ModelIdentity,
  manifestName,
  writtenFile,
} from './manifest.ts';
import { RelationIndex } from './relation-index.ts';
import { rowKey } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import { checksumText } from './segment-format.ts';
import { SegmentDraft, type SegmentProgress } from './segment-writer.ts';
import { unitVector } from './unit-vector.ts';

export interface IndexWriterOptions {
  /** Assigns rows to lists. */
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: IndexWriteEvent) => void) | undefined;
}

export type IndexWriteEvent = SegmentProgress | { readonly kind: 'adding'; readonly done: number };

/** Pairs with their vectors [n, D], of any length but 0: what is stored has length 1. */
export type IndexedBlock = Pick<VectorBlock, 'pairs' | 'data'>;

export interface AddedRows {
  readonly added: number;
  /** Rows that were there already: the same pair with the same columns. */
  readonly repeated: number;
}

/** The only writer of an index, until it is disposed. */
export class IndexWriter implements AsyncDisposable {
  readonly #folder: WritableIndexFolder;
  readonly #options: IndexWriterOptions;
  readonly #lock: { release(): Promise<void> };
  readonly #turn = eventLoopTurns();
  #manifest: Manifest;
  /** Files of the index that is being replaced: it is readable until the first commit. */
  #replaced: ReadonlySet<string> = new Set();

  /**
   * Starts a new index. One that it replaces stays readable until the first pairs are added.
   * @throws IndexError where there is one already (`overwrite` replaces it), or the manifest of something else; Error where
   *   there is another writer
   */
  static async create(
    folder: WritableIndexFolder,
    about: { readonly dimension: number; readonly model: ModelIdentity; readonly overwrite?: boolean | undefined },
    options: IndexWriterOptions,
  ): Promise<IndexWriter> {
    const { dimension, model, overwrite = false } = about;
    return IndexWriter.#locked(folder, options, async () => {
      const names = await folder.list();
      const written = names.filter((name) => writtenFile.test(name));
      const replaced = names.includes(manifestName) ? written.filter((name) => !name.startsWith('draft')) : [];
      if (names.includes(manifestName) && !(await holdsIndex(folder))) {
        throw new IndexError(
          `${folder.origin}: its ${manifestName} is not that of an index of relbert, and would be replaced: name another folder`,
        );
      }
      if (names.includes(manifestName) && !overwrite) {
        throw new IndexError(`${folder.origin}: there is an index already; add to it, or replace it with --overwrite`);
      }
      const next = 1 + Math.max(0, ...written.map((name) => Number.parseInt(writtenFile.exec(name)?.[1] ?? '0', 36)));
      return {
        manifest: { format: 'relbert-index', version: 2, dimension, model, columns: [], next, segments: [] },
        replaced,
      };
    });
  }

  /** Goes on with an index. @throws IndexError where there is none, or it is damaged; Error where there is another writer */
  static async open(folder: WritableIndexFolder, options: IndexWriterOptions): Promise<IndexWriter> {
    return IndexWriter.#locked(folder, options, async () => {
      await using index = await RelationIndex.open(folder);
      return { manifest: index.manifest, replaced: [] };
    });
  }

  static async #locked(
    folder: WritableIndexFolder,
    options: IndexWriterOptions,
    start: () => Promise<{ readonly manifest: Manifest; readonly replaced: readonly string[] }>,
  ): Promise<IndexWriter> {
    const lock = await folder.lock();
    try {
      const { manifest, replaced } = await start();
      const writer = new IndexWriter(folder, options, lock, manifest);
      writer.#replaced = new Set(replaced);
      await writer.#sweep();
      return writer;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(
    folder: WritableIndexFolder,
    options: IndexWriterOptions,
    lock: { release(): Promise<void> },
    manifest: Manifest,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#lock = lock;
    this.#manifest = manifest;
  }

  get model(): ModelIdentity {
    return this.#manifest.model;
  }

  /**
   * Adds pairs as one segment: all of them are there when this returns, or none. A pair that is there already with the
   * same columns is not added again.
   *
   * @throws IndexError for vectors of another dimension, of zeros or not finite, naming the row from 1; and for a column
   *   `id` whose value occurs twice
   */
  async add(blocks: AsyncIterable<IndexedBlock> | Iterable<IndexedBlock>): Promise<AddedRows> {
    const { dimension } = this.#manifest;
    const { signal, onProgress } = this.#options;
    const temporary = await this.#folder.create(this.#fileName('draft'));
    const draft = new SegmentDraft(temporary, dimension);
    const columns = new Set(this.#manifest.columns);
    const seen = await this.#identities();
    let row = 0;
    let repeated = 0;
    try {
      for await (const block of blocks) {
        signal?.throwIfAborted();
        if (block.data.length !== block.pairs.length * dimension) {
          throw new IndexError(
            `row ${row + 1}: the vectors have ${block.data.length / block.pairs.length} dimensions, the index ${this.#folder.origin} has ${dimension}: it was built with ${this.model.name}`,
          );
        }
        const pairs: WordPair[] = [];
        const vectors = new Float32Array(block.data.length);
        for (const [i, pair] of block.pairs.entries()) {
          row++;
          const vector = unitVector(
            block.data.subarray(i * dimension, (i + 1) * dimension),
            () => `row ${row}, ${pairText(pair)}`,
          );
          if (!seen.take(pair, row)) {
            repeated++;
            continue;
          }
          for (const name of Object.keys(pair.columns ?? {})) columns.add(name);
          vectors.set(vector, pairs.length * dimension);
          pairs.push(pair);
        }
        await draft.append(pairs, vectors.subarray(0, pairs.length * dimension));
        onProgress?.({ kind: 'adding', done: row });
        await this.#turn();
      }
      await this.#commitDraft(draft, { ...this.#manifest, columns: [...columns] });
      return { added: draft.rows, repeated };
    } finally {
      await this.#drop(temporary);
    }
  }

  /** Removes the rows that pass a condition; how many. They take space until {@link compact}. */
  async remove(where: string): Promise<number> {
    const scorer = new Scorer(this.#manifest.dimension);
    await using index = await RelationIndex.open(this.#folder);
    const removed = await index.rowsWhere(where);
    const segments: Manifest['segments'] = [];
    let count = 0;
    let { next } = this.#manifest;
    for (const [i, segment] of this.#manifest.segments.entries()) {
      const rows = removed[i] as RowSet;
      const more = rows.size;
      if (more === 0) {
        segments.push(segment);
        continue;
      }
      count += more;
      if (segment.removed) {
        const before = await this.#folder.open(segment.removed.file);
        if (before) {
          rows.unite(new RowSet(segment.rows, (await before.read(0, before.size)).slice()));
          await before.close();
        }
      }
      if (rows.size === segment.rows) continue;
      const file = `removed-${(next++).toString(36)}.bin`;
      await this.#folder.replace(file, rows.bits);
      segments.push({
        ...segment,
        removed: { file, rows: rows.size, checksum: checksumText(scorer.checksum(rows.bits)) },
      });
    }
    if (count > 0) await this.#commit({ ...this.#manifest, segments, next });
    return count;
  }

  /** Writes all segments as one, without the rows that were removed. */
  async compact(): Promise<void> {
    const { segments, dimension } = this.#manifest;
    if (segments.length === 0 || (segments.length === 1 && !segments[0]?.removed)) return;
    const temporary = await this.#folder.create(this.#fileName('draft'));
    try {
      const draft = new SegmentDraft(temporary, dimension);
      await using index = await RelationIndex.open(this.#folder);
      for await (const { pairs, data } of index.blocks({ signal: this.#options.signal })) {
        await draft.append(pairs, data);
        this.#options.onProgress?.({ kind: 'adding', done: draft.rows });
      }
      await this.#commitDraft(draft, { ...this.#manifest, segments: [] });
    } finally {
      await this.#drop(temporary);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }

  async #commitDraft(draft: SegmentDraft, manifest: Manifest): Promise<void> {
    if (draft.rows === 0) return this.#commit(manifest);
    const name = this.#fileName('segment');
    const file = await this.#folder.create(name);
    const checksum = await draft.write(file, { ...this.#options, turn: this.#turn }).catch(async (error: unknown) => {
      await file.finish().catch(() => {}); // closes it
      throw error;
    });
    const segment = { file: name, rows: draft.rows, checksum: checksumText(checksum) };
    await this.#commit({ ...manifest, segments: [...manifest.segments, segment], next: this.#manifest.next + 1 });
  }

  /** Makes a manifest the one that counts, and removes the files that no longer do. */
  async #commit(manifest: Manifest): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const scorer = new Scorer(16);
    const checksum = (text: string): string => checksumText(scorer.checksum(new TextEncoder().encode(text)));
    await this.#folder.replace(manifestName, new TextEncoder().encode(formatManifest(manifest, checksum)));
    this.#manifest = manifest;
    this.#replaced = new Set();
    await this.#sweep();
  }

  /** Removes what an earlier writer left that was killed, and what the last commit made needless. */
  async #sweep(): Promise<void> {
    const needed = new Set(this.#manifest.segments.flatMap(({ file, removed }) => [file, removed?.file]));
    for (const name of await this.#folder.list()) {
      if (writtenFile.test(name) && !needed.has(name) && !this.#replaced.has(name)) await this.#folder.remove(name);
    }
  }

  #fileName(kind: 'segment' | 'draft'): string {
    return `${kind}-${this.#manifest.next.toString(36)}.bin`;
  }

  async #drop(temporary: NewIndexFile): Promise<void> {
    await temporary.finish();
    await this.#folder.remove(this.#fileName('draft')).catch(() => {});
    await this.#sweep();
  }

  /** Which pairs are there already. */
  async #identities(): Promise<Identities> {
    const identities = new Identities();
    if (this.#manifest.segments.length === 0) return identities;
    await using index = await RelationIndex.open(this.#folder);
    for await (const pair of index.pairs({ signal: this.#options.signal })) identities.take(pair, 0);
    return identities;
  }
}

/** Whether the manifest of a folder is an index's, even a damaged one: `--overwrite` is what mends it. */
async function holdsIndex(folder: WritableIndexFolder): Promise<boolean> {
  const file = await folder.open(manifestName);
  if (!file) return false;
  try {
    return isManifest(new TextDecoder().decode(await file.read(0, file.size)));
  } finally {
    await file.close();
  }
}

/** Rows by pair and columns, and by their column `id`. */
class Identities {
  readonly #rows = new Set<string>();
  readonly #ids = new Map<string, number>();

  /** false where the row is there already. @throws IndexError where another row has its id */
  take(pair: WordPair, row: number): boolean {
    const key = rowKey(pair);
    if (this.#rows.has(key)) return false;
    this.#rows.add(key);
    const id = pair.columns?.['id'];
    if (id === undefined || id === null) return true;
    const before = this.#ids.get(String(id));
    if (before !== undefined) {
      throw new IndexError(
        `row ${row}, ${pairText(pair)}: the id ${JSON.stringify(id)} is taken by ${before === 0 ? 'a pair of the index' : `row ${before}`}; ids must differ`,
      );
    }
    this.#ids.set(String(id), row);
    return true;
  }
}
