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
  /** The integers alone, or what lies beside them. */
  readonly part: <P extends keyof Int8Tensor>(part: P) => Promise<Int8Tensor[P]>;
  /** Where the integers lie, for a runtime that maps files. */
  readonly range?: StoredTensor['range'];
}

/** What may stand after the name of a tensor in 8 bits. */
export const int8Parts = ['scale', 'factors', 'centres', 'offset', 'zero'] as const;

type Part = keyof Int8Tensor;

/** The store with values instead of integers, and the integers by name. */
export function withoutInt8(store: TensorStore): {
  readonly values: TensorStore;
  readonly int8: ReadonlyMap<string, Int8Source>;
} {
  const values = new Map(store);
  const int8 = new Map<string, Int8Source>();
  for (const [name, tensor] of store) {
    if (tensor.type !== 'I8' || !store.has(`${name}.scale`)) continue;
    const part = <P extends Part>(of: P) => readPart(name, tensor, store, of);
    const read = async (): Promise<Int8Tensor> => ({
      w: (await part('w')) as Int8Array,
      scale: (await part('scale')) as Float32Array,
      factors: await part('factors'),
      centres: await part('centres'),
      offset: await part('offset'),
      zero: await part('zero'),
    });
    const { range } = tensor;
    int8.set(name, { part, read, scaledColumns: store.has(`${name}.factors`), ...(range && { range }) });
    for (const part of int8Parts) values.delete(`${name}.${part}`);
    const bytes = async () => new Uint8Array(valuesOf(await read()).buffer);
    values.set(name, { type: 'F32', shape: tensor.shape, file: tensor.file, bytes });
  }
  return { values, int8 };
}

async function readPart<P extends Part>(
  name: string,
  tensor: StoredTensor,
  store: TensorStore,
  of: P,
): Promise<Int8Tensor[P]> {
  if (of === 'w') {
    const { buffer, byteOffset, byteLength } = await tensor.bytes();
    return new Int8Array(buffer, byteOffset, byteLength) as Int8Tensor[P];
  }
  const [rows = 0, columns = 0] = tensor.shape;
  const length = { scale: rows, factors: columns, centres: columns, offset: rows, zero: 2 }[of as Exclude<Part, 'w'>];
  const found = store.get(`${name}.${of}`);
  if (!found) return undefined as Int8Tensor[P];
  const data = toFloat32(found.file, `${name}.${of}`, found.type, await found.bytes());
  // A value is an integer times its scale, divided by its factor.
  const bounded = (value: number) => Math.abs(value) < 1e30 && (of !== 'factors' || Math.abs(value) > 1e-30);
  if (data.length === length && data.every(bounded)) return data as Int8Tensor[P];
  throw new CheckpointError(found.file, `"${name}.${of}" is not ${length} finite numbers`);
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
