import { requireEqual } from '../dimension.ts';
import { axisOf, type Dim, GraphError, node, scalar, type Tensor } from '../tensor.ts';
import { div, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { dimensions } from './dimensions.ts';
import { fusedMatMul, matMul } from './matmul.ts';
import { reduceL2 } from './reduce.ts';
import { reshape, squeeze, unsqueeze } from './reshape.ts';
import { maximum } from './select.ts';
import { sumTo } from './sum.ts';

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
    gradient: ([dy], [, mean, inverse]) =>
      dy && mean && inverse ? layerNormalizationGradient({ dy, x, gamma, beta, mean, inverse, width }) : [],
  });
  return y as Tensor;
}

/** What {@link layerNormalization} was given to make a tensor; undefined for any other tensor. */
export function normalizationOf(
  y: Tensor,
): { readonly x: Tensor; readonly gamma: Tensor; readonly beta: Tensor; readonly epsilon: number } | undefined {
  if (y.origin.kind !== 'node' || y.origin.node.type !== 'LayerNormalization' || y.origin.output !== 0)
    return undefined;
  const { inputs, attributes } = y.origin.node;
  const [x, gamma, beta] = inputs as readonly [Tensor, Tensor, Tensor];
  return { x, gamma, beta, epsilon: attributes['epsilon'] as number };
}

/**
 * With c = x − mean and r the inverse deviation, so that x̂ = r c, and w = dy γ:
 * dx = r (w − mean(w) − c r² mean(w c)), dγ = Σ dy x̂, dβ = Σ dy.
 *
 * The means over the last axis are products of dy and of dy c with the vector γ/H, and the sum over rows in dγ is
 * one with the vector r, so that neither w c nor x̂ is ever written to memory.
 */
function layerNormalizationGradient(given: {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly mean: Tensor;
  readonly inverse: Tensor;
  readonly width: Dim;
}): Tensor[] {
  const { dy, x, gamma, beta, mean, inverse, width } = given;
  const count = typeof width === 'number' ? scalar(width) : cast(squeeze(dimensions([width], [x]), 0), 'float32');
  const column = unsqueeze(div(gamma, count), 1); // [H, 1]
  const centred = sub(x, mean);
  const product = mul(dy, centred);
  const overRows = (rows: Tensor): Tensor => (rows.shape.length > 1 ? matMul(rows, column) : dot(rows));
  const dot = (row: Tensor): Tensor => squeeze(matMul(unsqueeze(row, 0), column), 0);
  const along = mul(overRows(product), mul(inverse, inverse)); // [..., 1]
  const inner = sub(sub(mul(dy, gamma), mul(centred, along)), overRows(dy));
  const gammaRows = fusedMatMul(reshape(inverse, [-1, 1]), reshape(product, [-1, width]), { transA: true }); // [1, H]
  return [mul(inner, inverse), squeeze(gammaRows, 0), sumTo(dy, beta)];
}

/** x / max(‖x‖₂, epsilon) along an axis. Default: the last, 1e-12 as in PyTorch's `normalize`. */
export function l2Normalize(x: Tensor, axis = -1, epsilon = 1e-12): Tensor {
  const norm = reduceL2(x, axisOf(x.shape, axis), { keepDims: true });
  return div(x, maximum(norm, scalar(epsilon)));
}
