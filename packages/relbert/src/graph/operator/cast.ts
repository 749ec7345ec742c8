import { type DataType, nodeOf, type Tensor } from '../tensor.ts';

/** ONNX's number of a data type (TensorProto.DataType). */
export const typeNumber: Readonly<Record<DataType, bigint>> = {
  float32: 1n,
  float16: 10n,
  uint8: 2n,
  int8: 3n,
  int32: 6n,
  int64: 7n,
  bool: 9n,
};

/** x as another type. The gradient flows only from float32 to float32, which is not a cast. */
export function cast(x: Tensor, dtype: DataType): Tensor {
  if (x.dtype === dtype) return x;
  return nodeOf({ type: 'Cast', inputs: [x], attributes: { to: typeNumber[dtype] }, dtype, shape: x.shape });
}
