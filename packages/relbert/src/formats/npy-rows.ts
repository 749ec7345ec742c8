import { parseNpy } from './npy.ts';

/** Bytes that any header of a plain array fits in. */
const HEADER_LIMIT = 65_536;

/**
 * The rows of a .npy matrix that arrives in pieces, `blockSize` at a time, in memory proportional to one block.
 * @throws Error as {@link parseNpy} does, and where the array is no matrix
 */
export async function* npyRows(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  blockSize: number,
): AsyncGenerator<{ readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] }> {
  const pieces = new Pieces(chunks);
  const start = await pieces.take(12);
  const wide = (start[6] ?? 0) > 1;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = start.length < 12 ? 0 : wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const headerEnd = (wide ? 12 : 10) + length;
  if (start[0] !== 0x93 || headerEnd > HEADER_LIMIT) parseNpy(start, file);
  const header = new Uint8Array(headerEnd);
  header.set(start.subarray(0, Math.min(12, headerEnd)));
  const rest = await pieces.take(headerEnd - 12);
  header.set(rest, 12);
  const { rows, dimension, width } = matrixOf(header, rest.length + 12 < headerEnd, file);
  for (let row = 0; row < rows; row += blockSize) {
    const count = Math.min(blockSize, rows - row);
    const bytes = await pieces.take(count * dimension * width);
    if (bytes.length < count * dimension * width) {
      const whole = Math.floor(bytes.length / (dimension * width));
      throw new Error(`${file}: is cut off: its header says ${rows} rows, ${row + whole} are there`);
    }
    yield { data: floats(bytes, width), shape: [count, dimension] };
  }
  if ((await pieces.take(1)).length > 0)
    throw new Error(`${file}: holds more data than its header says (${rows} rows)`);
}

function matrixOf(header: Uint8Array, cut: boolean, file: string): { rows: number; dimension: number; width: number } {
  const text = new TextDecoder('latin1').decode(header);
  const dimensions = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]?.match(/\d+/g)?.map(Number);
  const type = /'descr'\s*:\s*'(<f[48])'/.exec(text)?.[1];
  const plain = /'fortran_order'\s*:\s*False/.test(text);
  if (cut || !dimensions || !type || !plain) {
    // With no data behind it, the reader of whole files says what is wrong.
    parseNpy(header, file);
    throw new Error(`${file}: the header is not one of a plain array`);
  }
  if (dimensions.length !== 2 || dimensions[1] === 0) {
    throw new Error(`${file}: holds an array of shape [${dimensions.join(', ')}]; expected a matrix, one row a pair`);
  }
  return { rows: dimensions[0] as number, dimension: dimensions[1] as number, width: type === '<f4' ? 4 : 8 };
}

function floats(bytes: Uint8Array, width: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(bytes.length / width);
  for (let i = 0; i < data.length; i++) {
    data[i] = width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
  }
  return data;
}

/** A stream of bytes, taken in amounts of one's own choice. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** As many bytes, fewer only at the end. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(count, 0));
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) return bytes.subarray(0, filled);
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }
}
