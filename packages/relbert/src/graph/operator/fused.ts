import { requireEqual } from '../dimension.ts';
import { type Dim, formatShape, GraphError, node, nodeOf, scalar, type Tensor } from '../tensor.ts';
import { mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { unsqueeze } from './reshape.ts';
import { expand } from './sum.ts';

/** Fused operators of ONNX Runtime for inference. None of them has a gradient. */

export interface AttentionOptions {
  /** Number of heads; H must divide by it. */
  readonly heads: number;
  /** Factor of the scores. Default 1/√(H / heads). */
  readonly scale?: number;
  /** int32 [B]: how many keys of each sequence are not padding. Not on WebGPU; see `paddingBias`. */
  readonly keyLengths?: Tensor;
  /** Added to the scores: float32 [B or 1, heads or 1, T, T], for padding or relative positions. */
  readonly bias?: Tensor;
}

/** softmax(q kᵀ · scale + bias) v over heads: q, k, v [B, T, H] → [B, T, H]. */
export function multiHeadAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads, scale, keyLengths, bias } = options;
  const width = q.shape.at(-1);
  if (q.shape.length !== 3 || typeof width !== 'number' || width % heads !== 0) {
    throw new GraphError(`multiHeadAttention: ${formatShape(q.shape)} does not divide into ${heads} heads`);
  }
  requireEqual('multiHeadAttention', q.shape[0], k.shape[0], q.shape, k.shape);
  requireEqual('multiHeadAttention', width, k.shape[2], q.shape, k.shape);
  requireEqual('multiHeadAttention', k.shape[1], v.shape[1], k.shape, v.shape);
  return nodeOf({
    type: 'MultiHeadAttention',
    domain: 'com.microsoft',
    inputs: [q, k, v, undefined, keyLengths, bias],
    attributes: { num_heads: BigInt(heads), ...(scale === undefined ? {} : { scale }) },
    shape: [...q.shape.slice(0, 2), v.shape[2] as Dim],
  });
}

/**
 * alpha · a · b over heads, or a · bᵀ with `transB`, where a factor with its rows before the batch, [T, B, heads, K], is
 * read as [B, heads, T, K] without a copy: b always, a with `rowsFirst`. → [B, heads, T of a, ...].
 */
export function matMulRowsFirst(
  a: Tensor,
  b: Tensor,
  options: { readonly rowsFirst?: boolean; readonly transB?: boolean; readonly alpha?: number } = {},
): Tensor {
  const { rowsFirst = false, transB = false, alpha = 1 } = options;
  const [batch, heads, tokens, inner] = rowsFirst ? batchFirst(a.shape) : a.shape;
  const [otherBatch, otherHeads, rows, columns] = batchFirst(b.shape);
  if (a.shape.length !== 4 || b.shape.length !== 4) {
    throw new GraphError(
      `matMulRowsFirst needs four axes each, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  }
  requireEqual('matMulRowsFirst', batch, otherBatch, a.shape, b.shape);
  requireEqual('matMulRowsFirst', heads, otherHeads, a.shape, b.shape);
  requireEqual('matMulRowsFirst', inner, transB ? columns : rows, a.shape, b.shape);
  return nodeOf({
    type: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: [a, b],
    attributes: { transB: transB ? 1n : 0n, transBatchA: rowsFirst ? 1n : 0n, transBatchB: 1n, alpha },
    shape: [batch, heads, tokens, transB ? rows : columns] as Dim[],
  });
}

/** [T, B, heads, K] → [B, heads, T, K]. */
function batchFirst([tokens, batch, heads, width]: readonly Dim[]): readonly (Dim | undefined)[] {
  return [batch, heads, tokens, width];
}

/**
 * A bias for attention that hides padding: float32 [B, 1, T, T] from a mask int64 [B, T] of 1 and 0. Runs everywhere;
 * where `keyLengths` runs that takes two thirds of the time.
 */
export function paddingBias(mask: Tensor): Tensor {
  const [batch, time] = mask.shape;
  if (mask.shape.length !== 2 || batch === undefined || time === undefined) {
    throw new GraphError(`paddingBias needs a mask [B, T], got ${formatShape(mask.shape)}`);
  }
  const hidden = mul(sub(cast(mask, 'float32'), scalar(1)), scalar(1e9));
  return expand(unsqueeze(hidden, 1, 2), [batch, 1, time, time], [mask]);
}

/** layerNormalization(x + residual + bias): x and residual [B, T, H]; gamma, beta, bias [H]. */
export function skipLayerNormalization(
  x: Tensor,
  residual: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: { readonly epsilon: number; readonly bias?: Tensor },
): Tensor {
  if (formatShape(x.shape) !== formatShape(residual.shape)) {
    throw new GraphError(
      `skipLayerNormalization: shapes ${formatShape(x.shape)} and ${formatShape(residual.shape)} differ`,
    );
  }
  requireEqual('skipLayerNormalization', x.shape.at(-1), gamma.shape[0], x.shape, gamma.shape);
  const [y] = node({
    type: 'SkipLayerNormalization',
    domain: 'com.microsoft',
    inputs: options.bias ? [x, residual, gamma, beta, options.bias] : [x, residual, gamma, beta],
    attributes: { epsilon: options.epsilon },
    outputs: [{ dtype: 'float32', shape: x.shape }],
  });
  return y as Tensor;
}

/** gelu(x + bias), exact: x [..., N], bias [N]. */
export function biasGelu(x: Tensor, bias: Tensor): Tensor {
  return biased('BiasGelu', x, bias);
}

/** geluNew(x + bias), the tanh form: x [..., N], bias [N]. */
export function biasGeluNew(x: Tensor, bias: Tensor): Tensor {
  return biased('FastGelu', x, bias);
}

function biased(type: string, x: Tensor, bias: Tensor): Tensor {
  requireEqual(type, x.shape.at(-1), bias.shape[0], x.shape, bias.shape);
  return nodeOf({ type, domain: 'com.microsoft', inputs: [x, bias], shape: x.shape });
}
