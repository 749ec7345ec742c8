import type { Tensor } from '../../src/graph/index.ts';
import type { NdArray } from './array.ts';
import type { TestRandom } from './random.ts';

export interface CaseInput {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
  /** Axes declared with numbers in both variants, where the operator needs to know the dimension. */
  readonly fixed?: readonly number[];
}

/** One application of an operator to data. */
export interface Instance {
  readonly inputs: Readonly<Record<string, CaseInput>>;
  build(tensors: Readonly<Record<string, Tensor>>): Tensor;
  /** The result by plain loops. */
  expected(arrays: Readonly<Record<string, NdArray>>): NdArray;
  /** Largest error of the result relative to its largest element. Default 2e-6. */
  readonly tolerance?: number;
  /** Inputs whose gradient is compared with finite differences. Default: all of type float32. */
  readonly differentiable?: readonly string[];
}

/** An operator with instances of random shapes. */
export interface OperatorCase {
  readonly name: string;
  draw(random: TestRandom): Instance;
  /** false where ONNX Runtime has no such operator on WebGPU. */
  readonly webgpu?: boolean;
}

/** The tensor or array of a name; the cases know which there are. */
export function pick<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name];
  if (value === undefined) throw new Error(`the case has no input '${name}'`);
  return value;
}

/** An input of floats in (−2, 2). */
export function floats(random: TestRandom, shape: readonly number[], low = -2, high = 2): CaseInput {
  return { shape, data: random.floats(shape, low, high) };
}

/** An operator of one input x. */
export function unary(
  name: string,
  build: (x: Tensor) => Tensor,
  f: (x: number) => number,
  options: { low?: number; high?: number; distinct?: boolean; tolerance?: number; gradient?: boolean } = {},
): OperatorCase {
  const { low = -2, high = 2, distinct = false, tolerance, gradient = true } = options;
  return {
    name,
    draw(random) {
      const shape = random.shape(random.integer(0, 3));
      return {
        inputs: { x: { shape, data: distinct ? random.distinct(shape) : random.floats(shape, low, high) } },
        build: (tensors) => build(pick(tensors, 'x')),
        expected: (arrays) => ({ shape, data: pick(arrays, 'x').data.map(f) }),
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(gradient ? {} : { differentiable: [] }),
      };
    },
  };
}
