import {
  add,
  biasGelu,
  biasGeluNew,
  fusedMatMul,
  multiHeadAttention,
  paddingBias,
  skipLayerNormalization,
  type Tensor,
} from '../graph/index.ts';
import type { Activation } from './activation.ts';

/**
 * The operators that ONNX Runtime has in a fused form, for WebGPU, where fewer kernels are fewer launches. Inference
 * only: they have no gradients. On processors they are slower than their parts: in ONNX Runtime 1.30
 * SkipLayerNormalization takes six times as long as Sum and LayerNormalization, and MultiHeadAttention and BiasGelu take
 * longer than their parts with the bias in the matrix product (14 % of the whole encoder).
 */
export const fusedOperators = {
  /** softmax(q·kᵀ·scale + bias, padding hidden)·v over heads: q, k, v [B, T, H]; mask int64 [B, T]. */
  attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    options: {
      readonly heads: number;
      readonly scale?: number | undefined;
      readonly mask: Tensor;
      readonly bias?: Tensor | undefined;
    },
  ): Tensor {
    const { heads, scale, mask, bias } = options;
    // Lengths of the keys would be cheaper, but WebGPU does not take them.
    const padding = paddingBias(mask);
    return multiHeadAttention(q, k, v, {
      heads,
      ...(scale !== undefined && { scale }),
      bias: bias ? add(bias, padding) : padding,
    });
  },

  /** activation(x·weightᵀ + bias), weight [out, in], bias [out]; undefined for an activation without a fused form. */
  activated(x: Tensor, weight: Tensor, bias: Tensor, activation: Activation): Tensor | undefined {
    const product = fusedMatMul(x, weight, { transB: true });
    if (activation === 'gelu') return biasGelu(product, bias);
    return activation === 'gelu-tanh' ? biasGeluNew(product, bias) : undefined;
  },

  /** norm(residual + x·weightᵀ + bias), gamma and beta the weight and bias of the norm. */
  postNorm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    residual: Tensor,
    norm: { readonly gamma: Tensor; readonly beta: Tensor; readonly epsilon: number },
  ): Tensor {
    const product = fusedMatMul(x, weight, { transB: true });
    return skipLayerNormalization(product, residual, norm.gamma, norm.beta, { epsilon: norm.epsilon, bias });
  },
};
