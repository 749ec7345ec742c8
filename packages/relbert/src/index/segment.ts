/** A segment that is open for searching. What it reads it checks, once, against the checksums of the segment. */
import { halfDot, halfToFloat } from '../formats/half-float.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { parseJson } from '../text/json.ts';
import { BytesReader } from './bytes.ts';
import { IndexError } from './error.ts';
import type { IndexFile } from './index-folder.ts';
import { codeWidth, Scorer } from './kernel/scorer.ts';
import { columnPrefix } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import {
  checksumText,
  damaged,
  footerSchema,
  listRowBytes,
  magic,
  metadataBlock,
  recordBytes,
  type SegmentFooter,
  type SegmentTables,
  tablesBytes,
  tablesOver,
  trailerBytes,
} from './segment-format.ts';
import { TopScores } from './top-scores.ts';

export class Segment {
  readonly name: string;
  readonly #file: IndexFile;
  readonly #footer: SegmentFooter;
  readonly #tables: SegmentTables;
  readonly #scorer: Scorer;
  /** Holds the codes of the centroids. */
  readonly #centroids: Scorer;
  /** A record of a row at a time. */
  readonly #room: Uint8Array;
  readonly #checkedLists: RowSet;
  readonly #checkedMetadata: RowSet;
  /** Rows that were removed after the segment had been written. */
  readonly removed: RowSet | undefined;

  /**
   * @param name For messages: the path of the file.
   * @param checksum Of the footer, from the manifest.
   * @throws IndexError where the file is cut or damaged
   */
  static async open(
    file: IndexFile,
    {
      name,
      checksum,
      scorer,
      removed,
    }: {
      readonly name: string;
      readonly checksum: string;
      readonly scorer: Scorer;
      readonly removed?: RowSet | undefined;
    },
  ): Promise<Segment> {
    const cut = (): IndexError =>
      new IndexError(`${name}: the file is cut or is not a segment of an index; restore it, or build the index again`);
    if (file.size < magic.byteLength + trailerBytes) throw cut();
    const trailer = await file.read(file.size - trailerBytes, file.size);
    const view = new DataView(trailer.buffer, trailer.byteOffset, trailerBytes);
    const start = view.getFloat64(0, true);
    const length = view.getUint32(8, true);
    if (!Number.isInteger(start) || start < 0 || start + length + trailerBytes !== file.size) throw cut();
    const bytes = await file.read(start, start + length);
    if (checksumText(scorer.checksum(bytes)) !== checksum) throw damaged(name, 'its footer');
    const json = parseJson(new TextDecoder().decode(bytes), () => damaged(name, 'its footer'));
    const parsed = footerSchema.safeParse(json);
    if (!parsed.success) throw damaged(name, 'its footer');
    const footer = parsed.data;
    const [tablesStart, tablesEnd] = footer.tables.region;
    if (tablesEnd - tablesStart !== tablesBytes(footer.rows, footer.lists, footer.dimension)) throw cut();
    const tables = new Uint8Array(tablesEnd - tablesStart);
    tables.set(await file.read(tablesStart, tablesEnd));
    if (checksumText(scorer.checksum(tables)) !== footer.tables.checksum) throw damaged(name, 'its tables');
    return new Segment(name, file, footer, tablesOver(tables.buffer, footer), scorer, removed);
  }

  private constructor(
    name: string,
    file: IndexFile,
    footer: SegmentFooter,
    tables: SegmentTables,
    scorer: Scorer,
    removed: RowSet | undefined,
  ) {
    this.name = name;
    this.#file = file;
    this.#footer = footer;
    this.#tables = tables;
    this.#scorer = scorer;
    this.#centroids = new Scorer(footer.dimension);
    this.#centroids.codes(footer.lists).set(tables.centroidCodes);
    this.#centroids.scales(footer.lists).set(tables.centroidScales);
    this.#room = new Uint8Array(recordBytes(footer.dimension));
    this.removed = removed;
    this.#checkedLists = new RowSet(footer.lists);
    this.#checkedMetadata = new RowSet(tables.metadataChecksums.length);
  }

  get rows(): number {
    return this.#footer.rows;
  }

  get lists(): number {
    return this.#footer.lists;
  }

  get bytes(): number {
    return this.#file.size;
  }

  /** The rows of a list: [first, last). */
  listRows(list: number): readonly [number, number] {
    return [this.#tables.listStarts[list] as number, this.#tables.listStarts[list + 1] as number];
  }

  /** The lists whose centroids are nearest to a unit vector, in the order of the file. */
  nearestLists(unit: Float32Array, count: number): number[] {
    const centroids = this.#centroids;
    centroids.setQuery(centroids.quantise(unit));
    const nearest = new TopScores(Math.min(count, this.lists));
    for (const [list, score] of centroids.score(this.lists).entries()) nearest.add(score, list);
    return nearest
      .sorted()
      .map(({ item }) => item)
      .sort((x, y) => x - y);
  }

  /** Loads codes and scales of a list into the scorer, and gives the number of its rows. The codes are checked once. */
  async loadList(list: number): Promise<number> {
    const [first, last] = this.listRows(list);
    const n = last - first;
    const scorer = this.#scorer;
    const width = codeWidth(this.#footer.dimension);
    const start = this.#footer.listRegion[0] + first * listRowBytes(this.#footer.dimension);
    const codes = scorer.codes(n);
    const target = new Uint8Array(codes.buffer, codes.byteOffset, n * width);
    const bytes = this.#file.read(start, start + n * width, target);
    if (bytes instanceof Promise) {
      // The memory may have grown, and another search have used it, before the bytes came.
      const arrived = await bytes;
      scorer.codes(n).set(new Int8Array(arrived.buffer, arrived.byteOffset, n * width));
    }
    if (!this.#checkedLists.has(list)) {
      if (scorer.codesChecksum(n) !== this.#tables.listChecksums[list]) throw damaged(this.name, `list ${list}`);
      this.#checkedLists.add(list);
    }
    scorer.scales(n).set(this.#tables.scales.subarray(first, last));
    return n;
  }

  /** Dot products of the scorer's query with single rows, given rising. */
  async rowScores(rows: readonly number[]): Promise<Float32Array> {
    const scorer = this.#scorer;
    const { dimension } = this.#footer;
    const width = codeWidth(dimension);
    const codes = new Int8Array(rows.length * width);
    let list = 0;
    for (const [i, row] of rows.entries()) {
      while ((this.#tables.listStarts[list + 1] as number) <= row) list++;
      const start = this.#codesOf(list, row);
      const bytes = await this.#file.read(start, start + width);
      codes.set(new Int8Array(bytes.buffer, bytes.byteOffset, width), i * width);
    }
    scorer.codes(rows.length).set(codes);
    const scales = scorer.scales(rows.length);
    for (const [i, row] of rows.entries()) scales[i] = this.#tables.scales[row] as number;
    return scorer.score(rows.length);
  }

  #codesOf(list: number, row: number): number {
    const [first] = this.listRows(list);
    const { dimension, listRegion } = this.#footer;
    return listRegion[0] + first * listRowBytes(dimension) + (row - first) * codeWidth(dimension);
  }

  /** The unit vector of a row, checked. */
  async vector(row: number): Promise<Float32Array> {
    const record = await this.#record(row);
    return halfToFloat(new Uint16Array(record.slice(0, this.#footer.dimension * 2).buffer));
  }

  /** The cosine of a row, checked, to a unit vector. */
  async cosine(row: number, unit: Float32Array): Promise<number> {
    const record = await this.#record(row, this.#room);
    return halfDot(new Uint16Array(record.buffer, record.byteOffset, unit.length), unit);
  }

  /** A row's vector and checksum as stored, checked. @param room What they are read into, to save memory for each. */
  async #record(row: number, room?: Uint8Array): Promise<Uint8Array> {
    const { dimension, listRegion } = this.#footer;
    const [first, last] = this.listRows(this.#listOf(row));
    const size = recordBytes(dimension);
    const start =
      listRegion[0] + first * listRowBytes(dimension) + (last - first) * codeWidth(dimension) + (row - first) * size;
    const record = await this.#file.read(start, start + size, room);
    this.#checkRecord(record, row);
    return record;
  }

  /** The unit vectors of a list: float32 [n, D], checked. */
  async listVectors(list: number): Promise<Float32Array> {
    const { dimension, listRegion } = this.#footer;
    const [first, last] = this.listRows(list);
    const size = recordBytes(dimension);
    const start = listRegion[0] + first * listRowBytes(dimension) + (last - first) * codeWidth(dimension);
    const records = await this.#file.read(start, start + (last - first) * size);
    const vectors = new Float32Array((last - first) * dimension);
    for (let row = first; row < last; row++) {
      const at = row - first;
      const record = records.subarray(at * size, (at + 1) * size);
      this.#checkRecord(record, row);
      vectors.set(halfToFloat(new Uint16Array(record.slice(0, dimension * 2).buffer)), at * dimension);
    }
    return vectors;
  }

  #checkRecord(record: Uint8Array, row: number): void {
    const { byteLength } = record;
    const sum = new DataView(record.buffer, record.byteOffset, byteLength).getBigUint64(byteLength - 8, true);
    if (this.#scorer.checksum(record.subarray(0, byteLength - 8)) !== sum) throw damaged(this.name, `row ${row}`);
  }

  #listOf(row: number): number {
    const starts = this.#tables.listStarts;
    let low = 0;
    let high = this.lists - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The pairs of rows, in the order of `rows`. */
  async pairs(rows: readonly number[]): Promise<WordPair[]> {
    const blocks = new Map<number, readonly WordPair[]>();
    for (const number of new Set(rows.map((row) => Math.floor(row / metadataBlock)))) {
      blocks.set(number, await this.pairBlock(number));
    }
    return rows.map((row) => {
      const block = blocks.get(Math.floor(row / metadataBlock));
      return block?.[row % metadataBlock] as WordPair;
    });
  }

  get metadataBlocks(): number {
    return this.#tables.metadataChecksums.length;
  }

  /** The pairs of one block of rows. */
  async pairBlock(number: number): Promise<readonly WordPair[]> {
    const start = this.#tables.metadataStarts[number] as number;
    const end = this.#tables.metadataStarts[number + 1] as number;
    const bytes = await this.#file.read(start, end);
    if (!this.#checkedMetadata.has(number)) {
      if (this.#scorer.checksum(bytes) !== this.#tables.metadataChecksums[number]) {
        throw damaged(this.name, `the metadata of rows ${number * metadataBlock} and after`);
      }
      this.#checkedMetadata.add(number);
    }
    const rows = JSON.parse(new TextDecoder().decode(bytes)) as [string, string, WordPair['columns']?][];
    return rows.map(([head, tail, columns]) => (columns ? { head, tail, columns } : { head, tail }));
  }

  /** The rows that a key leads to; undefined where the segment does not have the key. */
  async rowsOf(key: string): Promise<RowSet | undefined> {
    for await (const found of this.#keys(key, (other) => other === key)) return found.rows;
    return undefined;
  }

  /** The rows whose value of a column passes a test. */
  async rowsWhere(column: string, test: (value: string) => boolean): Promise<RowSet> {
    const prefix = columnPrefix(column);
    const rows = new RowSet(this.rows);
    const wanted = (key: string): boolean => key.startsWith(prefix) && test(key.slice(prefix.length));
    for await (const found of this.#keys(prefix, wanted)) rows.unite(found.rows);
    return rows;
  }

  /** Keys from `first` on, as long as they begin with it; only wanted ones are unpacked. */
  async *#keys(
    first: string,
    wanted: (key: string) => boolean,
  ): AsyncGenerator<{ readonly key: string; readonly rows: RowSet }> {
    const { keyBlocks } = this.#footer;
    const decoder = new TextDecoder();
    // The block before the first that begins after the key may hold it.
    const after = keyBlocks.findIndex(([key]) => key > first);
    const from = Math.max(0, (after === -1 ? keyBlocks.length : after) - 1);
    for (let number = from; number < keyBlocks.length; number++) {
      const [firstKey] = keyBlocks[number] as SegmentFooter['keyBlocks'][number];
      if (firstKey > first && !firstKey.startsWith(first)) return;
      const reader = new BytesReader(await this.keyBlock(number));
      while (!reader.done) {
        const key = decoder.decode(reader.take(reader.integer()));
        const postings = reader.take(reader.integer());
        if (wanted(key)) yield { key, rows: rowSetOf(postings, this.rows) };
      }
    }
  }

  get keyBlocks(): number {
    return this.#footer.keyBlocks.length;
  }

  /** The bytes of a block of keys, checked. */
  async keyBlock(number: number): Promise<Uint8Array> {
    const [, start, end, checksum] = this.#footer.keyBlocks[number] as SegmentFooter['keyBlocks'][number];
    const bytes = await this.#file.read(start, end);
    if (checksumText(this.#scorer.checksum(bytes)) !== checksum)
      throw damaged(this.name, `block ${number} of its keys`);
    return bytes;
  }

  /** Checks the codes and vectors of a list whatever was checked before. */
  async checkList(list: number): Promise<void> {
    this.#checkedLists.delete(list);
    await this.loadList(list);
    await this.listVectors(list);
  }

  /** The same of a block of pairs. */
  async checkPairs(block: number): Promise<void> {
    this.#checkedMetadata.delete(block);
    await this.pairBlock(block);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function rowSetOf(postings: Uint8Array, rows: number): RowSet {
  const set = new RowSet(rows);
  let row = 0;
  for (const reader = new BytesReader(postings); !reader.done; ) {
    row += reader.integer();
    set.add(row);
  }
  return set;
}
