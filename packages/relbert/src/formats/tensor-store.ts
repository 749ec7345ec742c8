import type { FileRange, TensorValue } from '../runtime/session.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { type Int8Source, withoutInt8 } from './int8-tensor.ts';
import type { TensorStore } from './stored-tensor.ts';
import type { StoredType } from './stored-type.ts';
import { bytesPerElement, elementCount, toFloat32 } from './stored-type.ts';

export type { StoredTensor, TensorStore } from './stored-tensor.ts';

/** The weights of a checkpoint by name, as stored, read when asked for. */
export interface Weights {
  readonly names: readonly string[];
  /** Shape as stored, without reading the data. */
  shape(name: string): readonly number[] | undefined;
  /**
   * Data as float32 whatever the stored type; throws CheckpointError where the name is unknown or a value is not
   * finite. The data may be a view of the file's bytes: copy it before writing to it.
   */
  get(name: string): Promise<TensorValue & { readonly data: Float32Array }>;
  /** Where a weight lies in a file as float32, its values not looked at; undefined where it is to be read. */
  range(name: string): Promise<FileRange | undefined>;
}

/** {@link Weights} with what saving and `relbert info` need besides. */
export interface StoredWeights extends Weights {
  readonly store: TensorStore;
  /** Those stored in 8 bits, as they are; `store` and `get` give their values. */
  readonly int8: ReadonlyMap<string, Int8Source>;
  /** Bytes of all tensors as stored. */
  readonly byteLength: number;
  /** The type that most elements are stored in; undefined where there is no tensor. */
  readonly storedType: StoredType | undefined;
}

/** Where data is not finite: the index of the first NaN or infinity, or -1. */
export function firstNotFinite(data: Float32Array): number {
  // 0 · x is NaN exactly where x is not finite; four sums without branches are many times faster than isFinite
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (data[i] as number) * 0;
    b += (data[i + 1] as number) * 0;
    c += (data[i + 2] as number) * 0;
    d += (data[i + 3] as number) * 0;
  }
  for (let i = whole; i < data.length; i++) a += (data[i] as number) * 0;
  return a + b + c + d === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}

/** Tensors as float32 weights. `get` refuses a weight that holds NaN or an infinity. */
export function weightsOf(origin: string, stored: TensorStore): StoredWeights {
  const elements = new Map<StoredType, number>();
  let byteLength = 0;
  for (const { type, shape } of stored.values()) {
    const count = elementCount(shape);
    elements.set(type, (elements.get(type) ?? 0) + count);
    byteLength += count * bytesPerElement[type];
  }
  const { values: store, int8 } = withoutInt8(stored);
  const [mostCommon] = [...elements].sort((a, b) => b[1] - a[1]);
  return {
    store,
    int8,
    byteLength,
    storedType: mostCommon?.[0],
    names: [...store.keys()],
    shape: (name) => store.get(name)?.shape,
    async range(name) {
      const tensor = store.get(name);
      const range = tensor?.type === 'F32' ? await tensor.range?.() : undefined;
      return range && range.start % 4 === 0 ? range : undefined;
    },
    async get(name): Promise<TensorValue & { readonly data: Float32Array }> {
      const tensor = store.get(name);
      if (tensor === undefined) throw new CheckpointError(origin, `there is no weight "${name}"`);
      const data = toFloat32(tensor.file, name, tensor.type, await tensor.bytes());
      const index = firstNotFinite(data);
      if (index >= 0) {
        throw new CheckpointError(
          tensor.file,
          `weight "${name}" [${tensor.shape.join(', ')}] holds ${data[index]} at element ${index}; the checkpoint is damaged or its training diverged`,
        );
      }
      return { dtype: 'float32', shape: tensor.shape, data };
    },
  };
}
