import { broadcastShape } from '../broadcast.ts';
import { requireEqual } from '../dimension.ts';
import { type Dim, formatShape, GraphError, node, nodeOf, type Tensor } from '../tensor.ts';

/** Operators on 8-bit integers for inference. None of them has a gradient. */

/**
 * x · dequantised(w) + bias: x float32 [..., K] is quantised when it runs, per tensor, to uint8; w int8 or uint8 [K, N]
 * has a scale float32 ([1], or [N] one a column), a zero point of its own type and the shape of the scale, and
 * bias float32 [N].
 */
export function dynamicQuantizeMatMul(
  x: Tensor,
  w: Tensor,
  weight: { readonly scale: Tensor; readonly zeroPoint?: Tensor; readonly bias?: Tensor },
): Tensor {
  requireQuantized('dynamicQuantizeMatMul', w);
  requireEqual('dynamicQuantizeMatMul', x.shape.at(-1), w.shape[0], x.shape, w.shape);
  return nodeOf({
    type: 'DynamicQuantizeMatMul',
    domain: 'com.microsoft',
    inputs: [x, w, weight.scale, weight.zeroPoint, weight.bias],
    shape: [...x.shape.slice(0, -1), w.shape[1] as Dim],
  });
}

/** x float32 quantised per tensor to uint8: x ≈ (y − zeroPoint) · scale. */
export function dynamicQuantizeLinear(x: Tensor): { y: Tensor; scale: Tensor; zeroPoint: Tensor } {
  const [y, scale, zeroPoint] = node({
    type: 'DynamicQuantizeLinear',
    inputs: [x],
    outputs: [
      { dtype: 'uint8', shape: x.shape },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
  });
  return { y: y as Tensor, scale: scale as Tensor, zeroPoint: zeroPoint as Tensor };
}

/** (a − aZero) · (b − bZero) of 8-bit integers as int32; leading axes broadcast. */
export function matMulInteger(a: Tensor, b: Tensor, aZero?: Tensor, bZero?: Tensor): Tensor {
  requireQuantized('matMulInteger', a);
  requireQuantized('matMulInteger', b);
  requireEqual('matMulInteger', a.shape.at(-1), b.shape.at(-2), a.shape, b.shape);
  return nodeOf({
    type: 'MatMulInteger',
    inputs: [a, b, aZero, bZero],
    dtype: 'int32',
    shape: [
      ...broadcastShape('matMulInteger', a.shape.slice(0, -2), b.shape.slice(0, -2)),
      a.shape.at(-2) as Dim,
      b.shape.at(-1) as Dim,
    ],
  });
}

/**
 * x float32 in steps of a scale around a zero point, rounded and cut off at 0 and 255: uint8. Scale and zero point are
 * scalars, or have one value for each place along `axis`.
 */
export function quantizeLinear(x: Tensor, scale: Tensor, zeroPoint: Tensor, axis = 1): Tensor {
  requireQuantized('quantizeLinear', zeroPoint);
  requireEqual('quantizeLinear', scale.shape.length, zeroPoint.shape.length, scale.shape, zeroPoint.shape);
  if (scale.shape.length > 0) requireEqual('quantizeLinear', x.shape[axis], scale.shape[0], x.shape, scale.shape);
  return nodeOf({
    type: 'QuantizeLinear',
    inputs: [x, scale, zeroPoint],
    attributes: scale.shape.length > 0 ? { axis: BigInt(axis) } : {},
    dtype: zeroPoint.dtype,
    shape: x.shape,
  });
}

/**
 * (a − aZero) · b of 8-bit integers times the scales of both, plus a bias, as float32: a [..., K] with a scalar scale and
 * zero point, b int8 [K, N] with a scale [N], bias [N].
 */
export function matMulIntegerToFloat(
  a: { readonly y: Tensor; readonly scale: Tensor; readonly zeroPoint: Tensor },
  b: Tensor,
  scale: Tensor,
  bias?: Tensor,
): Tensor {
  requireQuantized('matMulIntegerToFloat', a.y);
  requireQuantized('matMulIntegerToFloat', b);
  requireEqual('matMulIntegerToFloat', a.y.shape.at(-1), b.shape[0], a.y.shape, b.shape);
  return nodeOf({
    type: 'MatMulIntegerToFloat',
    domain: 'com.microsoft',
    inputs: [a.y, b, a.scale, scale, a.zeroPoint, undefined, bias],
    shape: [...a.y.shape.slice(0, -1), b.shape[1] as Dim],
  });
}

/** (x − zeroPoint) · scale as float32: the rows of a quantised embedding table after they were gathered. */
export function dequantizeLinear(x: Tensor, scale: Tensor, zeroPoint?: Tensor, axis = 1): Tensor {
  requireQuantized('dequantizeLinear', x);
  return nodeOf({
    type: 'DequantizeLinear',
    inputs: zeroPoint ? [x, scale, zeroPoint] : [x, scale],
    attributes: { axis: BigInt(axis) },
    shape: x.shape,
  });
}

function requireQuantized(operator: string, x: Tensor): void {
  if (x.dtype === 'int8' || x.dtype === 'uint8') return;
  throw new GraphError(`${operator} needs int8 or uint8, got ${x.dtype} ${formatShape(x.shape)}`);
}
