/** @file The keys of rows that are gathered for a segment. */
import type { WordPair } from '../pair/word-pair.ts';
import { BytesReader, GrowingBytes } from './bytes.ts';
import type { NewIndexFile } from './index-folder.ts';
import type { Scorer } from './kernel/scorer.ts';
import { keysOf } from './row-keys.ts';
import { checksumText, type SegmentFooter } from './segment-format.ts';

/** Bytes of a block of keys, about. */
const blockBytes = 16 * 1024;

export class DraftKeys {
  readonly #numbers = new Map<string, number>();
  /** Number of a key and row that it leads to, in turn. */
  readonly #rows = new GrowingBytes();

  /** Adds the keys of a row, whose number rises from call to call. */
  add(pair: WordPair, row: number): void {
    for (const key of keysOf(pair)) {
      let number = this.#numbers.get(key);
      if (number === undefined) {
        number = this.#numbers.size;
        this.#numbers.set(key, number);
      }
      this.#rows.appendInteger(number);
      this.#rows.appendInteger(row);
    }
  }

  /** Keys in order, each with its rows: their number, and the differences between them. */
  async write(
    file: NewIndexFile,
    scorer: Scorer,
    order: Uint32Array,
    turn: () => Promise<void> | undefined,
  ): Promise<SegmentFooter['keyBlocks']> {
    const rowsOfKey = await this.#rowsByKey(order, turn);
    const encoder = new TextEncoder();
    const blocks: SegmentFooter['keyBlocks'] = [];
    const block = new GrowingBytes();
    let firstKey = '';
    const flush = async (): Promise<void> => {
      if (block.size === 0) return;
      blocks.push([firstKey, file.size, file.size + block.size, checksumText(scorer.checksum(block.view()))]);
      await file.append(block.view());
      block.clear();
      await turn();
    };
    const postings = new GrowingBytes();
    for (const [key, number] of [...this.#numbers].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (block.size === 0) firstKey = key;
      const rows = rowsOfKey(number).sort();
      postings.clear();
      let before = 0;
      for (const row of rows) {
        postings.appendInteger(row - before);
        before = row;
      }
      const name = encoder.encode(key);
      block.appendInteger(name.byteLength);
      block.append(name);
      block.appendInteger(postings.size);
      block.append(postings.view());
      if (block.size >= blockBytes) await flush();
    }
    await flush();
    return blocks;
  }

  /** A counting sort of the (key, row) list by key. */
  async #rowsByKey(
    order: Uint32Array,
    turn: () => Promise<void> | undefined,
  ): Promise<(number: number) => Uint32Array> {
    const places = new Uint32Array(order.length);
    for (let row = 0; row < order.length; row++) places[order[row] as number] = row;
    const starts = new Uint32Array(this.#numbers.size + 1);
    for (const reader = new BytesReader(this.#rows.view()); !reader.done; ) {
      const number = reader.integer();
      reader.integer();
      starts[number + 1] = (starts[number + 1] as number) + 1;
    }
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
    await turn();
    const rows = new Uint32Array(starts.at(-1) as number);
    const next = starts.slice();
    for (const reader = new BytesReader(this.#rows.view()); !reader.done; ) {
      const number = reader.integer();
      rows[next[number] as number] = places[reader.integer()] as number;
      next[number] = (next[number] as number) + 1;
    }
    await turn();
    return (number) => rows.subarray(starts[number], starts[number + 1]);
  }
}
