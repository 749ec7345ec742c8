/** Typed ONNX graphs with gradients: operators are functions on symbolic tensors. */
export { broadcastShape } from './broadcast.ts';
export { grad } from './grad.ts';
export { type SerializeOptions, serialize } from './onnx.ts';
export * from './operator/activation.ts';
export { addAll, termsOf } from './operator/add-all.ts';
export { add, div, mul, neg, sub } from './operator/arithmetic.ts';
export { cast } from './operator/cast.ts';
export * from './operator/compare.ts';
export { filled, shapeOf, zeros } from './operator/dimensions.ts';
export * from './operator/elementary.ts';
export * from './operator/fused.ts';
export * from './operator/gather.ts';
export * from './operator/layout.ts';
export { leading } from './operator/leading.ts';
export * from './operator/matmul.ts';
export * from './operator/normalization.ts';
export * from './operator/quantized.ts';
export * from './operator/reduce.ts';
export * from './operator/reshape.ts';
export * from './operator/select.ts';
export * from './operator/sequence.ts';
export * from './operator/softmax.ts';
export { type Axes, expand, type ReduceOptions, reduceSum } from './operator/sum.ts';
export { standardOperators } from './standard.ts';
export {
  type ConstantData,
  constant,
  type DataType,
  type Dim,
  formatShape,
  GraphError,
  input,
  int64,
  type Shape,
  scalar,
  type Tensor,
} from './tensor.ts';
