import type { Int8Source, Int8Tensor } from '../formats/int8-tensor.ts';
import { type ConstantData, cast, type DataType, div, input, mul, type Tensor, unsqueeze } from '../graph/index.ts';

/**
 * Where in the model a weight is used: with the embeddings, with something that all layers share (relative positions),
 * in the layer of this number, or after the last layer.
 */
export type Stage = 'embeddings' | 'shared' | number | 'output';

/** A tensor as a checkpoint stores it. */
export interface StoredParameter {
  /** Its name in the base model (no `bert.` before it). */
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it is used: ALBERT uses the same weights in several layers. */
  readonly stages: ReadonlySet<Stage>;
}

/** A weight that a graph takes, and how it is made from what the checkpoint stores. */
export interface GraphParameter {
  /** Name of the graph's input: the stored name, unless the weight is stored in another form (int8). */
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly sources: readonly StoredParameter[];
  /** The data of the sources, in their order, as the graph wants them. May return a source itself. Undefined: `int8Part` or `compute` say it. */
  pack?(sources: readonly Float32Array[]): ConstantData;
  /** Whether the data is that of the source in float32, unchanged. Default false. */
  readonly asStored?: true;
  /** The data is this part of a source that is stored in 8 bits. */
  readonly int8Part?: 'w' | 'scale' | 'factors' | 'offset';
  /** The data as a graph of the source, which a runtime works out. */
  compute?(source: Tensor): Tensor;
  /** The same from a source that is stored in 8 bits. Undefined: from its dequantised values. */
  packInt8?(source: Int8Tensor): ConstantData | undefined;
  /** The input itself: what a gradient is taken with respect to. */
  readonly tensor: Tensor;
}

/** Bytes of the data of parameters. */
export function byteCount(parameters: readonly Pick<GraphParameter, 'dtype' | 'shape'>[]): number {
  const bytes = (dtype: DataType): number => (dtype === 'int8' ? 1 : 4);
  return parameters.reduce((sum, { dtype, shape }) => sum + shape.reduce((size, dim) => size * dim, bytes(dtype)), 0);
}

/** Weights that the checkpoint stores in 8 bits, by their names in the base model. */
export type Int8Weights = ReadonlyMap<string, Pick<Int8Source, 'scaledColumns'>>;

/** The weights that a graph has asked for, in the order in which it did. */
export class ParameterSet {
  /** Stage of the parameters that are asked for now. */
  stage: Stage = 'embeddings';
  /** Those that are taken as they are, in 8 bits. */
  readonly int8: Int8Weights;
  readonly #inputs = new Map<string, GraphParameter>();
  readonly #stored = new Map<string, StoredParameter & { readonly stages: Set<Stage> }>();

  /** @param int8 Default: none, every weight is taken in float32. */
  constructor(int8: Int8Weights = new Map()) {
    this.int8 = int8;
  }

  /** What the graph takes. */
  get inputs(): readonly GraphParameter[] {
    return [...this.#inputs.values()];
  }

  /** What it is made from. */
  get stored(): readonly StoredParameter[] {
    return [...this.#stored.values()];
  }

  /** Declares a tensor of the checkpoint. A name used twice is one tensor, which must have one shape. */
  declare(name: string, shape: readonly number[]): StoredParameter {
    const declared = this.#stored.get(name) ?? { name, shape, stages: new Set<Stage>() };
    if (declared.shape.join() !== shape.join()) {
      throw new TypeError(`'${name}' is used as [${declared.shape.join(', ')}] and as [${shape.join(', ')}]`);
    }
    declared.stages.add(this.stage);
    this.#stored.set(name, declared);
    return declared;
  }

  /** The graph input for a parameter. Asking twice gives the same tensor, so that its gradient is one. */
  input(parameter: Omit<GraphParameter, 'tensor'>): Tensor {
    const { name, dtype, shape } = parameter;
    const found = this.#inputs.get(name);
    if (found) return found.tensor;
    const tensor = input(name, dtype, shape);
    this.#inputs.set(name, { ...parameter, tensor });
    return tensor;
  }

  /** The values of a stored tensor. Of one in 8 bits the runtime works them out, once, when it loads the graph. */
  asStored(stored: StoredParameter): Tensor {
    const { name, shape } = stored;
    const int8 = this.int8.get(name);
    if (int8) {
      const scaled = mul(cast(this.int8Part(stored, 'w'), 'float32'), unsqueeze(this.int8Part(stored, 'scale'), 1));
      return int8.scaledColumns ? div(scaled, this.int8Part(stored, 'factors')) : scaled;
    }
    const pack = ([data]: readonly Float32Array[]) => data as Float32Array;
    return this.input({ name, dtype: 'float32', shape, sources: [stored], pack, asStored: true });
  }

  /** A part of a tensor [rows, columns] that is stored in 8 bits: the integers, scales or offsets [rows], or factors [columns]. */
  int8Part(stored: StoredParameter, part: NonNullable<GraphParameter['int8Part']>): Tensor {
    const { name, shape } = stored;
    const dtype = part === 'w' ? 'int8' : 'float32';
    const shapes = { w: shape, scale: shape.slice(0, 1), offset: shape.slice(0, 1), factors: shape.slice(1) };
    return this.input({ name: `${name}.int8.${part}`, dtype, shape: shapes[part], sources: [stored], int8Part: part });
  }

  /** A table with further rows after those of the checkpoint. */
  extended(stored: StoredParameter, further: Float32Array): Tensor {
    const [rows = 0, width = 1] = stored.shape;
    return this.input({
      name: stored.name,
      dtype: 'float32',
      shape: [rows + further.length / width, width],
      sources: [stored],
      pack: ([table]) => {
        const all = new Float32Array(rows * width + further.length);
        if (table) all.set(table);
        all.set(further, rows * width);
        return all;
      },
    });
  }
}
