import { DataError } from '../text/data-error.ts';
import { ByteReader } from './byte-reader.ts';

/**
 * The NumPy array file: magic, version, a Python dictionary literal that says type and shape, then the data.
 * Source: NumPy Enhancement Proposal 1 and numpy/lib/format.py.
 */

/** Bytes of a header of {@link npyHeader}: the same for every shape, so that a stream can patch it at its end. */
export const NPY_HEADER_BYTES = 128;

/** Values that a vector has at most. */
export const MAX_DIMENSION = 1_000_000;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * The header (version 1.0) of a little-endian float32 array in C order, always {@link NPY_HEADER_BYTES} long:
 * write one for 0 rows, stream the rows, then overwrite it with the true shape.
 */
export function npyHeader(shape: readonly number[]): Uint8Array {
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`npy: ${size} is not the size of a dimension`);
  }
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const room = NPY_HEADER_BYTES - 10;
  if (dictionary.length >= room) throw new RangeError(`npy: the shape [${shape.join(', ')}] has too many dimensions`);
  const bytes = new Uint8Array(NPY_HEADER_BYTES).fill(0x20);
  bytes.set(magic);
  bytes.set([1, 0, room & 0xff, room >> 8], 6);
  bytes.set(new TextEncoder().encode(dictionary), 10);
  bytes[NPY_HEADER_BYTES - 1] = 0x0a;
  return bytes;
}

/** The bytes of float32 values as a .npy file holds them: little-endian. Without a copy where the machine agrees. */
export function littleEndianBytes(data: Float32Array): Uint8Array {
  if (machineIsLittleEndian) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const view = new DataView(new ArrayBuffer(data.byteLength));
  for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i] as number, true);
  return new Uint8Array(view.buffer);
}

const machineIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes that the header of any plain array fits in. */
const HEADER_LIMIT = 65_536;

/**
 * The rows of a .npy matrix that arrives in pieces, `blockSize` at a time, in memory proportional to one block: float32
 * or float64 (rounded to float32), little-endian, C order, versions 1 to 3.
 * @throws DataError that says what the file holds instead
 */
export async function* npyRows(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  blockSize: number,
): AsyncGenerator<{ readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] }> {
  const reader = new ByteReader(chunks);
  try {
    const { rows, dimension, width } = await readHeader(reader, file);
    for (let row = 0; row < rows; row += blockSize) {
      const count = Math.min(blockSize, rows - row);
      const bytes = await reader.take(count * dimension * width);
      if (bytes.length < count * dimension * width) {
        const whole = Math.floor(bytes.length / (dimension * width));
        throw new DataError(file, undefined, `cut off: its header says ${rows} rows, ${row + whole} are there`);
      }
      yield { data: floats(bytes, width), shape: [count, dimension] };
    }
    if ((await reader.take(1)).length > 0) {
      throw new DataError(file, undefined, `holds more data than its header says (${rows} rows)`);
    }
  } finally {
    await reader.close();
  }
}

async function readHeader(
  reader: ByteReader,
  file: string,
): Promise<{ rows: number; dimension: number; width: number }> {
  const fail = (problem: string): DataError => new DataError(file, undefined, problem);
  const start = await reader.take(10);
  if (!magic.every((byte, i) => start[i] === byte)) {
    throw fail('not a NumPy array file (its first bytes are not \\x93NUMPY)');
  }
  const high = (start[6] as number) > 1 ? await reader.take(2) : new Uint8Array(2);
  const length = (start[8] ?? 0) + 256 * (start[9] ?? 0) + 65_536 * ((high[0] ?? 0) + 256 * (high[1] ?? 0));
  if (length > HEADER_LIMIT) throw fail('the header is not one of a plain array: it is too long');
  const bytes = await reader.take(length);
  if (start.length < 10 || bytes.length < length) throw fail('the header is cut off');
  const header = new TextDecoder('latin1').decode(bytes);
  const type = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (type === undefined || order === undefined || dimensions === undefined) {
    throw fail(`the header is not one of a plain array: ${header.trim().slice(0, 120)}`);
  }
  if (type !== '<f4' && type !== '<f8') {
    throw fail(`holds values of type ${type}; expected <f4 (float32) or <f8 (float64)`);
  }
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  const [rows = 0, dimension = 0] = shape;
  if (shape.length !== 2 || dimension === 0 || dimension > MAX_DIMENSION) {
    throw fail(`holds an array of shape [${shape.join(', ')}]; expected a matrix, one row a pair`);
  }
  if (order === 'True') throw fail('stored in Fortran order; save it in C order');
  return { rows, dimension, width: type === '<f4' ? 4 : 8 };
}

function floats(bytes: Uint8Array, width: number): Float32Array {
  if (machineIsLittleEndian && width === 4) return new Float32Array(bytes.buffer, 0, bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(bytes.length / width);
  for (let i = 0; i < data.length; i++) {
    data[i] = width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
  }
  return data;
}
