import { instantiate, type Kernel, pageBytes } from './kernel.ts';

/** Bytes of a row of int8 codes: the dimension, rounded up to what the kernel takes at once. */
export function codeWidth(dimension: number): number {
  return Math.ceil(dimension / 16) * 16;
}

/** query[i] is about codes[i] * scale. */
export interface QuantisedQuery {
  readonly codes: Int16Array;
  readonly scale: number;
}

/**
 * Dot products of one query with quantised rows, and checksums, by WebAssembly SIMD. Rows are written into
 * {@link codes} and {@link scales}, then {@link score} gives one number a row.
 */
export class Scorer {
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: Kernel;
  readonly #width: number;
  readonly #query: number;
  readonly #room: number;
  #capacity = 0;
  #queryScale = 0;

  /** @param dimension Of the vectors. @throws Error where the machine has no WebAssembly SIMD */
  constructor(dimension: number) {
    ({ memory: this.#memory, kernel: this.#kernel } = instantiate(pageBytes));
    this.#width = codeWidth(dimension);
    this.#query = 0;
    this.#room = aligned(this.#width * 2);
    this.reserve(64);
  }

  /** Makes room for n rows. Views that were taken before are void. */
  reserve(n: number): void {
    if (n <= this.#capacity) return;
    this.#capacity = Math.ceil(n / 64) * 64;
    const bytes = this.#codesAt + this.#capacity * this.#width;
    const missing = Math.ceil(bytes / pageBytes) - this.#memory.buffer.byteLength / pageBytes;
    if (missing > 0) this.#memory.grow(missing);
  }

  /** Room for int8 codes [n, width]. */
  codes(n: number): Int8Array<ArrayBuffer> {
    this.reserve(n);
    return new Int8Array(this.#memory.buffer, this.#codesAt, n * this.#width);
  }

  /** Room for the scales of n rows. */
  scales(n: number): Float32Array<ArrayBuffer> {
    this.reserve(n);
    return new Float32Array(this.#memory.buffer, this.#scalesAt, n);
  }

  /** A query rounded to 15 bits. */
  quantise(query: Float32Array): QuantisedQuery {
    // 127 * width * limit stays below 2^31, the most that the kernel's sums hold.
    const limit = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * this.#width)));
    let largest = 0;
    for (const value of query) largest = Math.max(largest, Math.abs(value));
    const scale = largest / limit;
    const codes = new Int16Array(this.#width);
    if (largest > 0) for (let i = 0; i < query.length; i++) codes[i] = Math.round((query[i] as number) / scale);
    return { codes, scale };
  }

  /** Sets the query that {@link score} compares with. */
  setQuery({ codes, scale }: QuantisedQuery): void {
    new Int16Array(this.#memory.buffer, this.#query, this.#width).set(codes);
    this.#queryScale = scale;
  }

  /** Dot products of the query with the first n rows; a view that the next call overwrites. */
  score(n: number): Float32Array<ArrayBuffer> {
    this.#kernel.scores(this.#codesAt, n, this.#width, this.#query, this.#scalesAt, this.#queryScale, this.#scoresAt);
    return new Float32Array(this.#memory.buffer, this.#scoresAt, n);
  }

  /** Checksum of any bytes, zeros added up to a multiple of 8. Overwrites the rows. */
  checksum(bytes: Uint8Array): bigint {
    const padded = Math.ceil(bytes.byteLength / 8) * 8;
    this.reserve(Math.ceil(padded / this.#width));
    const room = new Uint8Array(this.#memory.buffer, this.#codesAt, padded);
    room.set(bytes);
    room.fill(0, bytes.byteLength);
    return BigInt.asUintN(64, this.#kernel.checksum(this.#codesAt, padded / 8));
  }

  get #scalesAt(): number {
    return this.#room;
  }

  get #scoresAt(): number {
    return this.#room + this.#capacity * 4;
  }

  get #codesAt(): number {
    return this.#room + this.#capacity * 8;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** A row as int8 codes with one scale: codes[i] * scale is within scale / 2 of row[i]. Returns the scale. */
export function quantiseRow(row: Float32Array, codes: Int8Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i] as number));
  const scale = largest / 127;
  if (scale === 0) codes.fill(0);
  else for (let i = 0; i < row.length; i++) codes[i] = Math.round((row[i] as number) / scale);
  return scale;
}
