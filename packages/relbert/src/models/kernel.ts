import { type ConstantData, type DataType, input, type Tensor } from '../graph/index.ts';
import type { Layer, Linear, Norm, StoredParameter } from './architecture.ts';
import type { Activation } from './config.ts';

/**
 * How the parts of an encoder are computed. The encoder is written once in terms of these; the kernels differ in the
 * operators: fused ones for inference, 8-bit ones, differentiable ones for training. Hidden states are [B, T, H].
 */
export interface EncoderKernel {
  /** What the graph takes as weights, in the order in which they were met. */
  readonly parameters: ReadonlyMap<string, GraphParameter>;
  /** A table of embeddings as stored, with further rows behind it where some are given. */
  table(stored: StoredParameter, further?: Float32Array): Tensor;
  /** norm(x). */
  normalized(x: Tensor, norm: Norm): Tensor;
  /** x·weightᵀ + bias. */
  linear(x: Tensor, linear: Linear): Tensor;
  /** activation(x·weightᵀ + bias). */
  activated(x: Tensor, linear: Linear, activation: Activation): Tensor;
  /** norm(residual + dropout(x·weightᵀ + bias)). */
  residual(x: Tensor, linear: Linear, residual: Tensor, norm: Norm, dropout: Dropout): Tensor;
  /** Heads of self-attention side by side [B, T, H], not yet projected. */
  attention(x: Tensor, layer: Layer, context: AttentionContext, dropout: Dropout): Tensor;
}

/** Drops elements in training; elsewhere, and where nothing is dropped, it gives its argument back. */
export type Dropout = (x: Tensor) => Tensor;

export interface AttentionContext {
  readonly heads: number;
  /** int64 [B, T]: 1 for tokens, 0 for padding behind them. */
  readonly mask: Tensor;
  /** Added to the scores [1, heads, T, T] (MPNet). */
  readonly bias?: Tensor | undefined;
}

/** A weight that a graph takes, and how it is made from what the checkpoint stores. */
export interface GraphParameter {
  /** Name of the graph's input. For training it is the stored name. */
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly sources: readonly StoredParameter[];
  /** The data of the sources, in their order, as the graph wants them. May return a source itself. */
  pack(sources: readonly Float32Array[]): ConstantData;
  /** The input itself: what a gradient is taken with respect to. */
  readonly tensor: Tensor;
}

/** The weights that a kernel has asked for. */
export class ParameterSet {
  readonly all = new Map<string, GraphParameter>();

  /** The graph input for a parameter. Asking twice gives the same tensor, so that its gradient is one. */
  input(parameter: Omit<GraphParameter, 'tensor'>): Tensor {
    const { name, dtype, shape } = parameter;
    const known = this.all.get(name);
    if (known) return known.tensor;
    const tensor = input(name, dtype, shape);
    this.all.set(name, { ...parameter, tensor });
    return tensor;
  }

  /** A table, with further rows behind it where some are given. */
  table(stored: StoredParameter, further?: Float32Array): Tensor {
    return further ? this.input(extended(stored, further)) : this.stored(stored);
  }

  /** A stored tensor as it is. */
  stored({ name, shape }: StoredParameter): Tensor {
    return this.input({ name, dtype: 'float32', shape, sources: [{ name, shape }], pack: only });
  }
}

/** A table with rows behind those of the checkpoint. */
function extended({ name, shape }: StoredParameter, further: Float32Array): Omit<GraphParameter, 'tensor'> {
  const [rows = 0, width = 1] = shape;
  return {
    name,
    dtype: 'float32',
    shape: [rows + further.length / width, width],
    sources: [{ name, shape }],
    pack: ([table]) => {
      const all = new Float32Array(rows * width + further.length);
      if (table) all.set(table);
      all.set(further, rows * width);
      return all;
    },
  };
}

function only(sources: readonly Float32Array[]): Float32Array {
  return sources[0] as Float32Array;
}
