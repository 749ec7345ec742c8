import { CheckpointError } from './checkpoint-error.ts';
import { floatToHalf } from './half-float.ts';
import type { StoredType } from './stored-type.ts';
import { bytesPerElement, elementCount } from './stored-type.ts';

/** A tensor to write: float32 values, or bytes that are kept as they are (integer buffers). */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** The type in the file. For F16, float32 data is rounded to nearest, ties to even. */
  readonly type: StoredType;
  /** Called once, when the tensor's turn has come. Float32Array only for F32 and F16. */
  data(): Promise<Float32Array | Uint8Array>;
}

/**
 * A safetensors file as chunks: the header, then each tensor. One tensor at a time is held, so writing a model
 * takes no second copy of it. The same tensors give the same bytes: tensors lie by falling element size, then by
 * name, as the reference library lays them, and the metadata is `{"format":"pt"}`, without which transformers
 * refuses the file.
 *
 * @throws CheckpointError where a value does not fit (magnitudes from 65520 on have no F16)
 */
export async function* safetensorsChunks(tensors: readonly TensorToWrite[]): AsyncGenerator<Uint8Array> {
  const ordered = [...tensors].sort(
    (a, b) => bytesPerElement[b.type] - bytesPerElement[a.type] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape, type } of ordered) {
    if (name === '__metadata__' || Object.hasOwn(header, name)) {
      throw new CheckpointError(name, 'two tensors of this name cannot be written');
    }
    const end = offset + elementCount(shape) * bytesPerElement[type];
    header[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const encoded = new TextEncoder().encode(json);
  const padded = Math.ceil(encoded.length / 8) * 8; // so that the data starts on a multiple of eight
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(encoded, 8);
  yield head;

  for (const { name, shape, type, data } of ordered) {
    const bytes = bytesOf(name, type, await data());
    if (bytes.byteLength !== elementCount(shape) * bytesPerElement[type]) {
      throw new CheckpointError(
        name,
        `${type} [${shape.join(', ')}] takes ${elementCount(shape) * bytesPerElement[type]} bytes, its data has ${bytes.byteLength}`,
      );
    }
    yield bytes;
  }
}

function bytesOf(name: string, type: StoredType, data: Float32Array | Uint8Array): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (type === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (type !== 'F16') throw new CheckpointError(name, `float32 values cannot be written as ${type}`);
  const halves = floatToHalf(data);
  const overflow = halves.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
  if (overflow >= 0) {
    throw new CheckpointError(
      name,
      `element ${overflow} is ${data[overflow]}, beyond the largest f16 (65504); write the model as f32`,
    );
  }
  return new Uint8Array(halves.buffer);
}
