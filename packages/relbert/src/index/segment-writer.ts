/** Writes the rows that were gathered for a segment: lists, metadata, keys, tables. */
import { floatToHalf, halfToFloat } from '../formats/half-float.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { Runtime } from '../runtime/session.ts';
import { GrowingBytes } from './bytes.ts';
import { CoarseLists, listCount, sampleSize } from './coarse-lists.ts';
import { DraftKeys } from './draft-keys.ts';
import type { NewIndexFile } from './index-folder.ts';
import { codeWidth, quantiseRow, Scorer } from './kernel/scorer.ts';
import { encodeList } from './kernel/sign-codes.ts';
import { centroidOf } from './segment-codes.ts';
import {
  checksumText,
  magic,
  metadataBlock,
  recordBytes,
  type SegmentFooter,
  tablesBytes,
  tablesOver,
  trailerBytes,
} from './segment-format.ts';

/** Rows that are gathered, quantised and written at once. */
const writtenAtOnce = 2048;

export interface SegmentProgress {
  readonly kind: 'centroids' | 'assigning' | 'writing';
  readonly done: number;
  readonly total: number;
}

export interface SegmentOptions {
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  /** Gives the event loop a turn where one is due. */
  readonly turn: () => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: SegmentProgress) => void) | undefined;
}

/** The rows of a segment that is being written: vectors in a temporary file, everything else in memory (about 60 bytes a row, and the codes). */
export class SegmentDraft {
  readonly #vectors: NewIndexFile;
  readonly #dimension: number;
  readonly #metadata = new GrowingBytes();
  readonly #metadataEnds: number[] = [];
  readonly #keys = new DraftKeys();
  #rows = 0;

  /** @param vectors A temporary file: unit vectors as binary16 [n, D]. */
  constructor(vectors: NewIndexFile, dimension: number) {
    this.#vectors = vectors;
    this.#dimension = dimension;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds rows. @param vectors Unit vectors float32 [n, D]. */
  async append(pairs: readonly WordPair[], vectors: Float32Array): Promise<void> {
    const encoder = new TextEncoder();
    for (const pair of pairs) {
      const { head, tail, columns } = pair;
      this.#metadata.append(encoder.encode(JSON.stringify(columns ? [head, tail, columns] : [head, tail])));
      this.#metadataEnds.push(this.#metadata.size);
      this.#keys.add(pair, this.#rows);
      this.#rows++;
    }
    const half = floatToHalf(vectors);
    await this.#vectors.append(new Uint8Array(half.buffer, half.byteOffset, half.byteLength));
  }

  /** Writes the segment and gives the checksum of its footer. */
  async write(file: NewIndexFile, options: SegmentOptions): Promise<bigint> {
    const rows = this.#rows;
    const dimension = this.#dimension;
    const scorer = new Scorer(dimension);
    await file.append(magic);
    const { centroids, assigned } = await this.#assign(options);
    const lists = centroids.length / dimension;
    const tables = new ArrayBuffer(tablesBytes(rows, lists, dimension));
    const table = tablesOver(tables, { rows, lists, dimension });
    const width = codeWidth(dimension);
    for (let list = 0; list < lists; list++) {
      table.centroidScales[list] = quantiseRow(
        centroids.subarray(list * dimension, (list + 1) * dimension),
        table.centroidCodes.subarray(list * width, list * width + dimension),
      );
    }
    const order = orderByList(assigned, table.listStarts);
    const recordStart = file.size;
    const codes = await this.#writeRecords(file, scorer, order, table, options);
    const codeStart = file.size;
    await file.append(codes);
    const metadataStart = file.size;
    await this.#writeMetadata(file, scorer, order, table, options.turn);
    const metadataEnd = file.size;
    const keyBlocks = await this.#keys.write(file, scorer, order, options.turn);
    const tablesStart = file.size;
    await file.append(new Uint8Array(tables));
    const footer: SegmentFooter = {
      rows,
      dimension,
      lists,
      recordRegion: [recordStart, codeStart],
      codeRegion: [codeStart, metadataStart],
      metadataRegion: [metadataStart, metadataEnd],
      tables: { region: [tablesStart, file.size], checksum: checksumText(scorer.checksum(new Uint8Array(tables))) },
      keyBlocks,
    };
    const bytes = new TextEncoder().encode(JSON.stringify(footer));
    const trailer = new DataView(new ArrayBuffer(trailerBytes));
    trailer.setFloat64(0, file.size, true);
    trailer.setUint32(8, bytes.byteLength, true);
    await file.append(bytes);
    await file.append(new Uint8Array(trailer.buffer));
    await file.finish();
    return scorer.checksum(bytes);
  }

  /** Unit vectors of rows [first, last) in the order in which they came: float32 [last − first, D]. */
  async #read(first: number, last: number): Promise<Float32Array> {
    const rowBytes = this.#dimension * 2;
    const bytes = new Uint8Array((last - first) * rowBytes);
    await this.#vectors.read(first * rowBytes, last * rowBytes, bytes);
    return halfToFloat(new Uint16Array(bytes.buffer));
  }

  async #assign({ signal, onProgress, turn, ...runtime }: SegmentOptions) {
    const rows = this.#rows;
    const dimension = this.#dimension;
    const count = listCount(rows);
    const size = count === 1 ? 1 : sampleSize(rows);
    const sample = new Float32Array(size * dimension);
    for (let i = 0; i < size; i++) {
      // Spread evenly over all rows.
      const row = Math.floor((i * rows) / size);
      sample.set(await this.#read(row, row + 1), i * dimension);
      await turn();
    }
    await using lists = await CoarseLists.train(sample, {
      ...runtime,
      dimension,
      count,
      signal,
      onIteration: (done, total) => onProgress?.({ kind: 'centroids', done, total }),
    });
    const assigned = new Int32Array(rows);
    const step = 8192;
    for (let first = 0; first < rows; first += step) {
      signal?.throwIfAborted();
      const last = Math.min(rows, first + step);
      assigned.set(await lists.assign(await this.#read(first, last), signal), first);
      onProgress?.({ kind: 'assigning', done: last, total: rows });
      await turn();
    }
    return { centroids: lists.centroids, assigned };
  }

  /** Writes a record a row, and gives the codes of all lists. */
  async #writeRecords(
    file: NewIndexFile,
    scorer: Scorer,
    order: Uint32Array,
    table: ReturnType<typeof tablesOver>,
    { turn, signal, onProgress }: SegmentOptions,
  ): Promise<Uint8Array> {
    const dimension = this.#dimension;
    const record = recordBytes(dimension);
    const codes = new GrowingBytes();
    for (let list = 0; list < table.listChecksums.length; list++) {
      const start = table.listStarts[list] as number;
      const end = table.listStarts[list + 1] as number;
      const records = new Uint8Array((end - start) * record);
      const vectors = new Float32Array((end - start) * dimension);
      for (let row = start; row < end; row++) {
        const at = row - start;
        const bytes = records.subarray(at * record, at * record + dimension * 2);
        const from = order[row] as number;
        await this.#vectors.read(from * dimension * 2, (from + 1) * dimension * 2, bytes);
        vectors.set(halfToFloat(new Uint16Array(records.buffer, at * record, dimension)), at * dimension);
        const sum = scorer.checksum(records.subarray(at * record, (at + 1) * record - 8));
        new DataView(records.buffer).setBigUint64((at + 1) * record - 8, sum, true);
        if (at % 64 === 63) await turn();
      }
      const { bytes, spread } = encodeList(vectors, centroidOf(table, list, dimension));
      table.spreads[list] = spread;
      table.listChecksums[list] = scorer.checksum(bytes);
      codes.append(bytes);
      await file.append(records);
      signal?.throwIfAborted();
      if (end % writtenAtOnce < end - start) onProgress?.({ kind: 'writing', done: end, total: order.length });
      await turn();
    }
    return codes.view();
  }

  async #writeMetadata(
    file: NewIndexFile,
    scorer: Scorer,
    order: Uint32Array,
    table: ReturnType<typeof tablesOver>,
    turn: SegmentOptions['turn'],
  ): Promise<void> {
    const comma = new Uint8Array([0x2c]);
    const block = new GrowingBytes();
    for (let number = 0; number < table.metadataChecksums.length; number++) {
      block.clear();
      block.append(new Uint8Array([0x5b]));
      const first = number * metadataBlock;
      for (let row = first; row < Math.min(order.length, first + metadataBlock); row++) {
        if (row > first) block.append(comma);
        const from = order[row] as number;
        block.append(this.#metadata.view(this.#metadataEnds[from - 1] ?? 0, this.#metadataEnds[from]));
      }
      block.append(new Uint8Array([0x5d]));
      table.metadataStarts[number] = file.size;
      table.metadataChecksums[number] = scorer.checksum(block.view());
      await file.append(block.view());
      await turn();
    }
    table.metadataStarts[table.metadataChecksums.length] = file.size;
  }
}

/** The rows sorted by list; fills in where each list starts. */
function orderByList(assigned: Int32Array, starts: Uint32Array): Uint32Array {
  for (const list of assigned) starts[list + 1] = (starts[list + 1] as number) + 1;
  for (let list = 1; list < starts.length; list++) {
    starts[list] = (starts[list] as number) + (starts[list - 1] as number);
  }
  const next = starts.slice();
  const order = new Uint32Array(assigned.length);
  for (let row = 0; row < assigned.length; row++) {
    const list = assigned[row] as number;
    order[next[list] as number] = row;
    next[list] = (next[list] as number) + 1;
  }
  return order;
}
