import { CheckpointError } from './checkpoint-error.ts';
import { bfloatToFloat, halfToFloat } from './half-float.ts';

/** Bytes of one element of each type that a checkpoint stores, by its safetensors name. */
export const bytesPerElement = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  // No weight is read from these; a checkpoint may hold them beside its weights.
  C64: 8,
  F8_E8M0: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2FNUZ: 1,
  F6_E2M3: 0.75,
  F6_E3M2: 0.75,
  F4: 0.5,
} as const;

/** An element type as safetensors names it. */
export type StoredType = keyof typeof bytesPerElement;

export function isStoredType(name: unknown): name is StoredType {
  return typeof name === 'string' && Object.hasOwn(bytesPerElement, name);
}

/** Whether the type can hold a weight that this package reads. */
export function isFloatType(type: StoredType): boolean {
  return type === 'F64' || type === 'F32' || type === 'F16' || type === 'BF16';
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * Little-endian stored bytes as float32. F32 that lies on a multiple of four is a view, not a copy; F64 is rounded.
 * @throws CheckpointError for types that no weight is read from
 */
export function toFloat32(origin: string, tensor: string, type: StoredType, bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % bytesPerElement[type] === 0 ? bytes : new Uint8Array(bytes); // slice of a Buffer is a view
  const count = aligned.byteLength / bytesPerElement[type];
  switch (type) {
    case 'F32':
      return new Float32Array(aligned.buffer, aligned.byteOffset, count);
    case 'F16':
      return halfToFloat(new Uint16Array(aligned.buffer, aligned.byteOffset, count));
    case 'BF16':
      return bfloatToFloat(new Uint16Array(aligned.buffer, aligned.byteOffset, count));
    case 'F64':
      return Float32Array.from(new Float64Array(aligned.buffer, aligned.byteOffset, count));
    default:
      throw new CheckpointError(
        origin,
        `tensor "${tensor}" is stored as ${type}; a weight is F32, F16, BF16 or F64 (a quantised checkpoint has to be converted to one of these)`,
      );
  }
}
