import {
  add,
  biasGelu,
  biasGeluNew,
  fusedMatMul,
  layerNormalization,
  linear,
  multiHeadAttention,
  paddingBias,
  relu,
  silu,
  skipLayerNormalization,
  type Tensor,
} from '../graph/index.ts';
import type { Linear, Norm } from './architecture.ts';
import type { Activation } from './config.ts';
import { type EncoderKernel, ParameterSet } from './kernel.ts';

/**
 * Fused operators of ONNX Runtime on weights in the layout in which they are stored (the runtime packs them for its
 * matrix product when the session is made). Inference only: no gradients, no dropout. For WebGPU, where fewer kernels
 * are fewer launches; on processors the plain operators are faster (see transformer-kernel.ts).
 */
export function fusedKernel(epsilon: number): EncoderKernel {
  const parameters = new ParameterSet();
  const product = (x: Tensor, { weight }: Linear) => fusedMatMul(x, parameters.stored(weight), { transB: true });
  const skip = (x: Tensor, residual: Tensor, { weight, bias }: Norm, extra?: Tensor) =>
    skipLayerNormalization(x, residual, parameters.stored(weight), parameters.stored(bias), {
      epsilon,
      ...(extra && { bias: extra }),
    });
  const affine = (x: Tensor, projection: Linear) =>
    linear(x, parameters.stored(projection.weight), parameters.stored(projection.bias), { transposed: true });

  return {
    parameters: parameters.all,
    table: (stored, further) => parameters.table(stored, further),
    normalized: (sum, { weight, bias }) =>
      layerNormalization(sum, parameters.stored(weight), parameters.stored(bias), epsilon),
    linear: affine,
    activated: (x, projection, activation) => fusedActivation(x, projection, activation),
    residual: (x, projection, residual, norm) =>
      skip(product(x, projection), residual, norm, parameters.stored(projection.bias)),
    attention: (x, layer, { heads, mask, bias }) =>
      multiHeadAttention(affine(x, layer.query), affine(x, layer.key), affine(x, layer.value), {
        heads,
        // Lengths of the keys would be cheaper, but WebGPU does not take them.
        bias: bias ? add(bias, paddingBias(mask)) : paddingBias(mask),
      }),
  };

  function fusedActivation(x: Tensor, projection: Linear, activation: Activation): Tensor {
    switch (activation) {
      case 'gelu':
        return biasGelu(product(x, projection), parameters.stored(projection.bias));
      case 'gelu-tanh':
        return biasGeluNew(product(x, projection), parameters.stored(projection.bias));
      case 'relu':
        return relu(affine(x, projection));
      case 'silu':
        return silu(affine(x, projection));
    }
  }
}
