/**
 * The NumPy array file: magic, version, a Python dictionary literal that says type and shape, then the data.
 * Source: NumPy Enhancement Proposal 1 and numpy/lib/format.py.
 */

/** A float32 matrix (or array of any rank) as stored in a .npy file, row-major. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Bytes of a header made by {@link npyHeader}: the same for every shape, so that a stream can patch it at its end. */
export const NPY_HEADER_BYTES = 128;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * The header (version 1.0) of a little-endian float32 array in C order, always {@link NPY_HEADER_BYTES} long:
 * write one for 0 rows, stream the rows, then overwrite it with the true shape.
 */
export function npyHeader(shape: readonly number[]): Uint8Array {
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`npy: ${size} is no size of a dimension`);
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

/**
 * Reads a whole .npy file: float32 or float64 (rounded to float32), little-endian, C order, versions 1 to 3.
 * @throws Error that says what the file holds instead, `name` (the file's) at its front.
 */
export function parseNpy(bytes: Uint8Array, name = 'npy'): NpyArray {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new Error(`${name}: not a NumPy array file (its first bytes are not \\x93NUMPY)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] as number) > 1;
  const start = wide ? 12 : 10;
  const length = bytes.length < start ? Number.NaN : wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (!(start + length <= bytes.length)) throw new Error(`${name}: the header is cut off`);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || dimensions === undefined) {
    throw new Error(`${name}: the header is not one of a plain array: ${header.trim().slice(0, 120)}`);
  }
  if (descr !== '<f4' && descr !== '<f8') {
    throw new Error(`${name}: holds values of type ${descr}; expected <f4 (float32) or <f8 (float64)`);
  }
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  if (order === 'True' && shape.length > 1) throw new Error(`${name}: stored in Fortran order; save it in C order`);
  const count = shape.reduce((product, size) => product * size, 1);
  const width = descr === '<f4' ? 4 : 8;
  const offset = start + length;
  if (bytes.length - offset !== count * width) {
    throw new Error(
      `${name}: the shape [${shape.join(', ')}] needs ${count * width} bytes of data, the file has ${bytes.length - offset}`,
    );
  }
  const data = new Float32Array(count);
  if (width === 4 && machineIsLittleEndian) {
    new Uint8Array(data.buffer).set(bytes.subarray(offset));
  } else {
    for (let i = 0; i < count; i++) {
      data[i] = width === 4 ? view.getFloat32(offset + 4 * i, true) : view.getFloat64(offset + 8 * i, true);
    }
  }
  return { shape, data };
}
