/**
 * @file Codes of one bit a dimension (RaBitQ; Gao & Long, SIGMOD 2024, without its random rotation). With c the centroid of
 * a list, r = x − c for a row x and s = sign(r), a unit question q has
 *
 *     q · x = q · c + q · r,   q · r = c · r + (q − c) · r ≈ c · r + f (q − c) · s,   f = |r|² / |r|₁
 *
 * so that a row needs its signs, the factor f and the term c · r − f c · s; q · s comes from tables of 4 dimensions each. The
 * error of the estimate is about normal, with deviation f |q − c| √(1 − |r|₁² / (D |r|²)): the last is the list's spread.
 */
import { instantiate, type Kernel } from './kernel.ts';

/** Rows whose codes are scanned together. */
const blockRows = 16;

/** Bytes of a row's signs. */
function signBytes(dimension: number): number {
  return Math.ceil(dimension / 8);
}

/** Bytes of the codes of a list: signs in blocks of 16 rows, factors float32, terms float32. */
export function listCodeBytes(rows: number, dimension: number): number {
  return Math.ceil(rows / blockRows) * blockRows * (signBytes(dimension) + 8);
}

/** Where a row's byte of 8 dimensions stands among those of its block: see kernel.wat. */
function placeInBlock(row: number): number {
  const at = row % blockRows;
  return at < 8 ? at * 2 : (at - 8) * 2 + 1;
}

/** Codes of the rows of a list. @param rows float32 [n, D]. @param centroid float32 [D], as a reader has it. */
export function encodeList(rows: Float32Array, centroid: Float32Array): { bytes: Uint8Array; spread: number } {
  const dimension = centroid.length;
  const n = rows.length / dimension;
  const padded = Math.ceil(n / blockRows) * blockRows;
  const width = signBytes(dimension);
  const bytes = new Uint8Array(listCodeBytes(n, dimension));
  const factors = new Float32Array(bytes.buffer, padded * width, padded);
  const terms = new Float32Array(bytes.buffer, padded * (width + 4), padded);
  let spread = 0;
  for (let row = 0; row < n; row++) {
    const start = (row - (row % blockRows)) * width + placeInBlock(row);
    let [absolute, squares, along, signed] = [0, 0, 0, 0];
    for (let i = 0; i < dimension; i++) {
      const c = centroid[i] as number;
      const r = (rows[row * dimension + i] as number) - c;
      squares += r * r;
      along += c * r;
      if (r > 0) {
        absolute += r;
        signed += c;
        const at = start + (i >> 3) * blockRows;
        bytes[at] = (bytes[at] as number) | (1 << (i & 7));
      } else {
        absolute -= r;
        signed -= c;
      }
    }
    if (absolute === 0) continue;
    const factor = squares / absolute;
    factors[row] = factor;
    terms[row] = along - factor * signed;
    spread = Math.max(spread, Math.sqrt(Math.max(0, 1 - absolute ** 2 / (dimension * squares))));
  }
  return { bytes, spread };
}

/** Scans codes of lists that lie in its memory. */
export class CodeScanner {
  readonly #kernel: Kernel;
  readonly #memory: WebAssembly.Memory;
  readonly #dimension: number;
  readonly #found: number;
  readonly #codes: number;
  /** Rows that {@link scan} found, at even places. */
  readonly rows: Uint32Array;
  /** Their scores, at odd places. */
  readonly scores: Float32Array;
  #unit = 0;
  #least = 0;

  /** @param options.bytes Room for codes. @param options.longest Rows of the longest list. */
  constructor({
    dimension,
    bytes,
    longest,
  }: { readonly dimension: number; readonly bytes: number; readonly longest: number }) {
    this.#dimension = dimension;
    this.#found = 64 + signBytes(dimension) * 32;
    this.#codes = Math.ceil((this.#found + longest * 8) / 64) * 64;
    ({ kernel: this.#kernel, memory: this.#memory } = instantiate(this.#codes + bytes));
    this.rows = new Uint32Array(this.#memory.buffer, this.#found, longest * 2);
    this.scores = new Float32Array(this.#memory.buffer, this.#found, longest * 2);
  }

  /** Room for codes, [start, end). */
  room(start: number, end: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#codes + start, end - start);
  }

  /** Checksum of bytes in the room; their number is a multiple of 8. */
  checksum(start: number, end: number): bigint {
    return BigInt.asUintN(64, this.#kernel.checksum(this.#codes + start, (end - start) / 8));
  }

  /** Sets the question: a table of the 16 sums ±q₁ ±q₂ ±q₃ ±q₄ for every 4 dimensions. */
  setQuery(query: Float32Array): void {
    const count = signBytes(this.#dimension) * 2;
    const spans = Float64Array.from({ length: count }, (_, t) =>
      query.subarray(t * 4, t * 4 + 4).reduce((sum, value) => sum + Math.abs(value), 0),
    );
    // Two tables are added in a byte, all of them in 16 bits.
    const limit = Math.min(127, Math.floor(65_535 / count));
    this.#unit = (2 * spans.reduce((largest, span) => Math.max(largest, span), 0)) / limit || 1;
    this.#least = -spans.reduce((sum, span) => sum + span, 0);
    const tables = new Uint8Array(this.#memory.buffer, 64, count * 16);
    for (let t = 0; t < count; t++) {
      for (let bits = 0; bits < 16; bits++) {
        let sum = spans[t] as number;
        for (let i = 0; i < 4; i++) sum += (bits & (1 << i) ? 1 : -1) * (query[t * 4 + i] ?? 0);
        tables[t * 16 + bits] = Math.round(sum / this.#unit);
      }
    }
  }

  /**
   * Finds the rows of a list whose score exceeds `least`; how many. They stand in {@link rows} and {@link scores} until the
   * next call. A question makes thousands of calls, so nothing is allocated.
   *
   * @param at Where its codes begin in the room.
   * @param base q · c.
   * @param margin Added to q · s: the error that is allowed for, in units of f.
   */
  scan(at: number, n: number, base: number, margin: number, least: number): number {
    const width = signBytes(this.#dimension);
    const padded = Math.ceil(n / blockRows) * blockRows;
    const codes = this.#codes + at;
    const factors = codes + padded * width;
    const terms = factors + padded * 4;
    const offset = this.#least + margin;
    const block = width * blockRows;
    return this.#kernel.scan(codes, n, block, factors, terms, 64, this.#unit, offset, base, least, this.#found);
  }
}
