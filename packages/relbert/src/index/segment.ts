/** A segment that is open for searching. What it reads it checks, once, against the checksums of the segment. */
import { halfDot, halfToFloat } from '../formats/half-float.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { parseJson } from '../text/json.ts';
import { BytesReader } from './bytes.ts';
import { IndexError } from './error.ts';
import type { IndexFile } from './index-folder.ts';
import type { Scorer } from './kernel/scorer.ts';
import { columnPrefix } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import { codeStarts, defaultCodeMemory, SegmentCodes } from './segment-codes.ts';
import {
  checksumText,
  damaged,
  footerSchema,
  magic,
  metadataBlock,
  recordBytes,
  type SegmentFooter,
  type SegmentTables,
  tablesBytes,
  tablesOver,
  trailerBytes,
} from './segment-format.ts';

/** Records of rows that stand this near to each other are read together. */
const rowsApart = 8;

export class Segment {
  readonly name: string;
  readonly #file: IndexFile;
  readonly #footer: SegmentFooter;
  readonly #tables: SegmentTables;
  readonly #scorer: Scorer;
  readonly codes: SegmentCodes;
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
      codeMemory = defaultCodeMemory,
    }: {
      readonly name: string;
      readonly checksum: string;
      readonly scorer: Scorer;
      readonly removed?: RowSet | undefined;
      readonly codeMemory?: number | undefined;
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
    const read = tablesOver(tables.buffer, footer);
    const codeBytes = codeStarts(read.listStarts, footer.dimension)[footer.lists];
    const has = ([start, end]: readonly [number, number], bytes: number | undefined): boolean => end - start === bytes;
    if (!has(footer.recordRegion, footer.rows * recordBytes(footer.dimension)) || !has(footer.codeRegion, codeBytes))
      throw cut();
    const codes = new SegmentCodes(name, file, footer, read, codeMemory);
    return new Segment(name, file, footer, read, scorer, codes, removed);
  }

  private constructor(
    name: string,
    file: IndexFile,
    footer: SegmentFooter,
    tables: SegmentTables,
    scorer: Scorer,
    codes: SegmentCodes,
    removed: RowSet | undefined,
  ) {
    this.name = name;
    this.#file = file;
    this.#footer = footer;
    this.#tables = tables;
    this.#scorer = scorer;
    this.codes = codes;
    this.removed = removed;
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

  /** The unit vector of a row, checked. */
  async vector(row: number): Promise<Float32Array> {
    return this.#vectors(row, row + 1);
  }

  /** Cosines of rows, checked, to a unit vector. */
  async cosines(rows: readonly number[], unit: Float32Array): Promise<Float64Array> {
    const cosines = new Float64Array(rows.length);
    const size = recordBytes(this.#footer.dimension);
    const places = [...rows.keys()].sort((a, b) => (rows[a] as number) - (rows[b] as number));
    const rowAt = (at: number): number => rows[places[at] as number] as number;
    const pending: Promise<void>[] = [];
    for (let at = 0; at < places.length; ) {
      const run = at++;
      while (at < places.length && rowAt(at) - rowAt(at - 1) <= rowsApart) at++;
      const [first, end] = [rowAt(run), at];
      const use = (records: Uint8Array): void => {
        for (let i = run; i < end; i++) {
          const start = records.byteOffset + (rowAt(i) - first) * size;
          this.#checkRecord(new Uint8Array(records.buffer, start, size), rowAt(i));
          cosines[places[i] as number] = halfDot(new Uint16Array(records.buffer, start, unit.length), unit);
        }
      };
      const records = this.#records(first, rowAt(end - 1) + 1);
      if (records instanceof Promise) pending.push(records.then(use));
      else use(records);
    }
    await Promise.all(pending);
    return cosines;
  }

  /** Records [first, last) as stored. */
  #records(first: number, last: number): Uint8Array | Promise<Uint8Array> {
    const size = recordBytes(this.#footer.dimension);
    const start = this.#footer.recordRegion[0];
    return this.#file.read(start + first * size, start + last * size, new Uint8Array((last - first) * size));
  }

  /** The unit vectors of a list: float32 [n, D], checked. */
  async listVectors(list: number): Promise<Float32Array> {
    return this.#vectors(...this.listRows(list));
  }

  /** The unit vectors of rows [first, last): float32 [n, D], checked. */
  async #vectors(first: number, last: number): Promise<Float32Array> {
    const { dimension } = this.#footer;
    const size = recordBytes(dimension);
    const records = await this.#records(first, last);
    const vectors = new Float32Array((last - first) * dimension);
    for (let at = 0; at < last - first; at++) {
      const record = records.subarray(at * size, (at + 1) * size);
      this.#checkRecord(record, first + at);
      vectors.set(halfToFloat(new Uint16Array(record.buffer, record.byteOffset, dimension)), at * dimension);
    }
    return vectors;
  }

  #checkRecord(record: Uint8Array, row: number): void {
    const { byteLength } = record;
    const sum = new DataView(record.buffer, record.byteOffset, byteLength).getBigUint64(byteLength - 8, true);
    if (this.#scorer.checksum(record.subarray(0, byteLength - 8)) !== sum) throw damaged(this.name, `row ${row}`);
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
    await this.codes.check(list);
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
