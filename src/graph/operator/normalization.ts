import { requireEqual } from '../dimension.ts';
import { axisOf, type Dim, GraphError, node, scalar, type Tensor } from '../tensor.ts';
import { div, mul, sub, sumTo } from './arithmetic.ts';
import { reduceL2, reduceMean } from './reduce.ts';
import { maximum } from './select.ts';

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta over the last axis: x [..., H], gamma and beta [H].
 * epsilon: 1e-12 in BERT, 1e-5 in RoBERTa and MPNet.
 */
export function layerNormalization(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const width = x.shape.at(-1);
  if (width === undefined) throw new GraphError('layerNormalization needs one axis or more, got a scalar');
  requireEqual('layerNormalization', width, gamma.shape[0], x.shape, gamma.shape);
  requireEqual('layerNormalization', width, beta.shape[0], x.shape, beta.shape);
  const rows = x.shape.with(-1, 1 as Dim);
  const [y] = node({
    type: 'LayerNormalization',
    inputs: [x, gamma, beta],
    attributes: { axis: -1n, epsilon },
    requiredOutputs: 1,
    outputs: [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: rows },
      { dtype: 'float32', shape: rows },
    ],
    gradient: ([dy], [, mean, inverse]) => {
      if (!dy || !mean || !inverse) return [];
      const normal = mul(sub(x, mean), inverse);
      const weighted = mul(dy, gamma);
      const along = mul(normal, reduceMean(mul(weighted, normal), -1, { keepDims: true }));
      const dx = mul(sub(sub(weighted, reduceMean(weighted, -1, { keepDims: true })), along), inverse);
      return [dx, sumTo(mul(dy, normal), gamma), sumTo(dy, beta)];
    },
  });
  return y as Tensor;
}

/** x / max(‖x‖₂, epsilon) along an axis. Default: the last, 1e-12 as in PyTorch's `normalize`. */
export function l2Normalize(x: Tensor, axis = -1, epsilon = 1e-12): Tensor {
  const norm = reduceL2(x, axisOf(x.shape, axis), { keepDims: true });
  return div(x, maximum(norm, scalar(epsilon)));
}
