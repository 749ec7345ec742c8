/**
 * @file Weights in 8 bits in a safetensors file. Beside the integers NAME, I8 [rows, columns], lie
 *
 * - `NAME.scale` F32 [rows], and where the columns were scaled, too, `NAME.factors` F32 [columns]: a value is
 *   `integer · scale[row] / factors[column]`;
 * - what a product in 8 bits needs to know of its input: `NAME.centres` F32 [columns] with `NAME.offset` F32 [rows], or
 *   `NAME.zero` F32 [2] (models/int8.ts).
 *
 * Readers that know nothing of this would take the integers for values: the file is called model.int8.safetensors.
 */
import { CheckpointError } from './checkpoint-error.ts';
import type { StoredTensor, TensorStore } from './stored-tensor.ts';
import { toFloat32 } from './stored-type.ts';

/** A weight as it is stored in 8 bits. */
export interface Int8Tensor {
  /** [rows, columns]. */
  readonly w: Int8Array;
  readonly scale: Float32Array;
  readonly factors?: Float32Array | undefined;
  readonly centres?: Float32Array | undefined;
  readonly offset?: Float32Array | undefined;
  readonly zero?: Float32Array | undefined;
}

/** A weight in 8 bits, read when asked for. */
export interface Int8Source {
  /** Whether the columns were scaled, too: there are `factors`. */
  readonly scaledColumns: boolean;
  readonly read: () => Promise<Int8Tensor>;
}

/** What may stand after the name of a tensor in 8 bits. */
export const int8Parts = ['scale', 'factors', 'centres', 'offset', 'zero'] as const;

/** The store with values instead of integers, and the integers by name. */
export function withoutInt8(store: TensorStore): {
  readonly values: TensorStore;
  readonly int8: ReadonlyMap<string, Int8Source>;
} {
  const values = new Map(store);
  const int8 = new Map<string, Int8Source>();
  for (const [name, tensor] of store) {
    if (tensor.type !== 'I8' || !store.has(`${name}.scale`)) continue;
    const read = () => readInt8(name, tensor, store);
    int8.set(name, { read, scaledColumns: store.has(`${name}.factors`) });
    for (const part of int8Parts) values.delete(`${name}.${part}`);
    const bytes = async () => new Uint8Array(valuesOf(await read()).buffer);
    values.set(name, { type: 'F32', shape: tensor.shape, file: tensor.file, bytes });
  }
  return { values, int8 };
}

async function readInt8(name: string, tensor: StoredTensor, store: TensorStore): Promise<Int8Tensor> {
  const [rows = 0, columns = 0] = tensor.shape;
  const lengths = { scale: rows, factors: columns, centres: columns, offset: rows, zero: 2 };
  const part = async (end: (typeof int8Parts)[number]): Promise<Float32Array | undefined> => {
    const found = store.get(`${name}.${end}`);
    if (!found) return undefined;
    const data = toFloat32(found.file, `${name}.${end}`, found.type, await found.bytes());
    if (data.length === lengths[end] && data.every(Number.isFinite)) return data;
    throw new CheckpointError(found.file, `"${name}.${end}" is not ${lengths[end]} finite numbers`);
  };
  const bytes = await tensor.bytes();
  return {
    w: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    scale: (await part('scale')) as Float32Array,
    factors: await part('factors'),
    centres: await part('centres'),
    offset: await part('offset'),
    zero: await part('zero'),
  };
}

function valuesOf({ w, scale, factors }: Int8Tensor): Float32Array {
  const columns = w.length / scale.length;
  const values = new Float32Array(w.length);
  // Without factors: ones, so that there is one tight loop.
  const inverse = factors?.map((factor) => 1 / factor) ?? new Float32Array(columns).fill(1);
  for (let row = 0, i = 0; row < scale.length; row++) {
    const step = scale[row] as number;
    for (let column = 0; column < columns; column++, i++) {
      values[i] = (w[i] as number) * step * (inverse[column] as number);
    }
  }
  return values;
}
