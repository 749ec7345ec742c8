import {
  add,
  addAll,
  cast,
  type Dim,
  fusedMatMul,
  gelu,
  geluNew,
  layerNormalization,
  linear,
  mul,
  relu,
  reshape,
  scalar,
  silu,
  softmax,
  sub,
  type Tensor,
  transpose,
  unsqueeze,
} from '../graph/index.ts';
import type { Layer, Linear, Norm } from './architecture.ts';
import type { Activation } from './config.ts';
import { type AttentionContext, type Dropout, type EncoderKernel, ParameterSet } from './kernel.ts';

const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu,
  'gelu-tanh': geluNew,
  relu,
  silu,
};

/** Added to the score of a padding token: its weight is 0 in single precision, and no score makes it infinite. */
const padded = -1e9;

/**
 * Differentiable operators on weights in the layout in which they are stored, so that gradients come in it too. Used for
 * training and, on processors, for inference: of the operators of ONNX Runtime 1.30 that are fused further,
 * SkipLayerNormalization takes six times as long as Sum and LayerNormalization, and MultiHeadAttention and BiasGelu take
 * longer than their parts with the bias in the matrix product (14 % of the whole encoder). Sum stands where Add would
 * do because the runtime makes SkipLayerNormalization of an Add by itself.
 */
export function differentiableKernel(epsilon: number): EncoderKernel {
  const parameters = new ParameterSet();
  return transformerKernel(epsilon, parameters, (x, { weight, bias }) => [
    linear(x, parameters.stored(weight), parameters.stored(bias), { transposed: true }),
  ]);
}

/**
 * A kernel of which the matrix products with weights are left open.
 *
 * @param terms x·weightᵀ + bias as tensors to be added up.
 */
export function transformerKernel(
  epsilon: number,
  parameters: ParameterSet,
  terms: (x: Tensor, linear: Linear) => readonly Tensor[],
): EncoderKernel {
  const affine = (x: Tensor, projection: Linear) => total(terms(x, projection));
  const normalized = (x: Tensor, { weight, bias }: Norm) =>
    layerNormalization(x, parameters.stored(weight), parameters.stored(bias), epsilon);

  /** softmax(q·kᵀ/√d + bias)·v for each head. */
  const attention = (x: Tensor, layer: Layer, { heads, mask, bias }: AttentionContext, dropout: Dropout): Tensor => {
    const [batch, tokens, hidden] = x.shape as [Dim, Dim, number];
    const size = hidden / heads;
    const byHead = (projection: Linear) =>
      transpose(reshape(affine(x, projection), [batch, tokens, heads, size]), [0, 2, 1, 3]); // [B, heads, T, size]
    const scores = fusedMatMul(byHead(layer.query), byHead(layer.key), { transB: true, alpha: size ** -0.5 });
    const padding = unsqueeze(mul(sub(scalar(1), cast(mask, 'float32')), scalar(padded)), 1, 2); // [B, 1, 1, T]
    const weights = softmax(add(scores, bias ? add(bias, padding) : padding)); // [B, heads, T, T]
    const mixed = fusedMatMul(dropout(weights), byHead(layer.value)); // [B, heads, T, size]
    return reshape(transpose(mixed, [0, 2, 1, 3]), [batch, tokens, hidden]);
  };

  return {
    parameters: parameters.all,
    table: (stored, further) => parameters.table(stored, further),
    normalized,
    linear: affine,
    activated: (x, projection, activation) => activations[activation](affine(x, projection)),
    residual: (x, projection, residual, norm, dropout) => {
      const parts = terms(x, projection);
      const sum = total(parts);
      const dropped = dropout(sum);
      // Terms that nothing is dropped from are added in one pass with the residual.
      return normalized(addAll(residual, ...(dropped === sum ? parts : [dropped])), norm);
    },
    attention,
  };
}

function total(terms: readonly Tensor[]): Tensor {
  const [only] = terms;
  return only && terms.length === 1 ? only : addAll(...terms);
}
