import {
  type DataType,
  grad,
  input,
  mul,
  reduceSum,
  type Shape,
  serialize,
  type Tensor,
} from '../../src/graph/index.ts';
import type { Runtime, Session, TensorValue } from '../../src/runtime/session.ts';
import { type NdArray, ndArray, sizeOf } from './array.ts';
import { arrayCases } from './array-cases.ts';
import { elementwiseCases } from './elementwise-cases.ts';
import { fusedCases } from './fused-cases.ts';
import { matmulCases } from './matmul-cases.ts';
import type { CaseInput, Instance, OperatorCase } from './operator-case.ts';
import { TestRandom } from './random.ts';
import { reductionCases } from './reduction-cases.ts';

/** All operators, on any runtime. Knows no test framework, so that it runs in a browser too. */
export const operatorCases: readonly OperatorCase[] = [
  ...elementwiseCases,
  ...matmulCases,
  ...arrayCases,
  ...reductionCases,
  ...fusedCases,
];

export interface CheckOptions {
  /** Instances of random shapes. */
  readonly draws: number;
  /** How dimensions are declared: in numbers, by names, or both one after the other (default). */
  readonly dimensions?: 'numbers' | 'names' | 'both';
  /** Where the finite differences are computed. Default: the same runtime. */
  readonly differences?: Runtime;
  /** Relative error that the arithmetic of the runtime may have. Default: that of float32. */
  readonly precision?: number;
}

/**
 * Checks an operator on `draws` instances of random shapes, declared with numbers and with names: the result against
 * plain loops, and the gradient of Σ probe · y against central finite differences. Throws an Error at a mismatch.
 */
export async function checkOperator(
  runtime: Runtime,
  { name, draw }: OperatorCase,
  { draws, dimensions = 'both', differences = runtime, precision = 0 }: CheckOptions,
): Promise<void> {
  for (let seed = 0; seed < draws; seed++) {
    const random = new TestRandom(seed * 7919 + name.length);
    const instance = draw(random);
    for (const named of dimensions === 'both' ? [false, true] : [dimensions === 'names']) {
      const shapes = Object.entries(instance.inputs).map(([key, { shape }]) => `${key} [${shape}]`);
      const where = `${name}, seed ${seed}, ${shapes.join(', ')}${named ? ' (named)' : ''}`;
      await checkInstance({ runtime, differences, precision, instance, named, random, where });
    }
  }
}

async function checkInstance(check: {
  readonly runtime: Runtime;
  readonly differences: Runtime;
  readonly precision: number;
  readonly instance: Instance;
  readonly named: boolean;
  readonly random: TestRandom;
  readonly where: string;
}): Promise<void> {
  const { runtime, precision, instance, named, random, where } = check;
  const tensors = Object.fromEntries(
    Object.entries(instance.inputs).map(([key, value]) => [key, input(key, typeOf(value), declared(value, named))]),
  );
  const y = instance.build(tensors);
  const arrays = Object.fromEntries(
    Object.entries(instance.inputs).map(([key, { shape, data }]) => [key, ndArray(shape, Array.from(data, Number))]),
  );
  const expected = instance.expected(arrays);
  const keys = instance.differentiable ?? Object.keys(tensors).filter((key) => tensors[key]?.dtype === 'float32');
  const wrt = keys.map((key) => tensors[key] as Tensor);
  const probe = { shape: expected.shape, data: random.floats(expected.shape, 0.5, 1.5) };
  const outputs: Record<string, Tensor> = { y };
  if (wrt.length > 0) {
    const loss = reduceSum(mul(y, input('probe', 'float32', y.shape)));
    for (const [i, gradient] of grad(loss, wrt).entries()) outputs[`d_${keys[i]}`] = gradient;
  }
  await using session = await runtime.createSession(serialize({ outputs }), { threads: 1 });
  const feeds: Record<string, TensorValue> = {
    ...feedsOf(instance.inputs),
    ...(wrt.length > 0 && { probe: value(probe) }),
  };
  const results = await session.run(feeds);
  const result = results['y'] as TensorValue;
  requireShape(where, result.shape, expected.shape);
  if (!named) requireShape(`${where}: shape at build time`, y.shape, expected.shape);
  requireClose(where, result.data as Float32Array, expected.data, Math.max(precision, instance.tolerance ?? 2e-6));
  if (wrt.length === 0) return;
  // Loading takes longer than all runs: the session that has the gradients gives y, too.
  await using other =
    check.differences === runtime
      ? undefined
      : await check.differences.createSession(serialize({ outputs: { y } }), { threads: 1 });
  for (const key of keys) {
    const differences = await finiteDifferences(other ?? session, feeds, key, probe);
    const gradient = results[`d_${key}`] as TensorValue;
    requireShape(`${where}: gradient of ${key}`, gradient.shape, instance.inputs[key]?.shape ?? []);
    requireClose(`${where}: gradient of ${key}`, gradient.data as Float32Array, differences, Math.max(precision, 5e-4));
  }
}

/** (Σ probe · y(x + h) − Σ probe · y(x − h)) / 2h for each element of one input, summed in double precision. */
async function finiteDifferences(
  session: Session,
  feeds: Readonly<Record<string, TensorValue>>,
  key: string,
  probe: { readonly data: Float32Array },
): Promise<number[]> {
  const given = feeds[key] as TensorValue;
  const original = given.data as Float32Array;
  const total = async (index: number, step: number): Promise<{ at: number; loss: number }> => {
    const data = Float32Array.from(original);
    data[index] = (data[index] as number) + step;
    const { y } = await session.run({ ...feeds, [key]: { ...given, data } });
    const values = (y as TensorValue).data as Float32Array;
    const loss = values.reduce((sum, value, i) => sum + value * (probe.data[i] as number), 0);
    return { at: data[index], loss };
  };
  const differences: number[] = [];
  for (let index = 0; index < original.length; index++) {
    const step = 0.01;
    const above = await total(index, step);
    const below = await total(index, -step);
    differences.push((above.loss - below.loss) / (above.at - below.at));
  }
  return differences;
}

function declared({ shape, fixed }: CaseInput, named: boolean): Shape {
  // One name for one dimension: names are equal only where dimensions are.
  return named ? shape.map((dim, axis) => (dim === 1 || fixed?.includes(axis) ? dim : `N${dim}`)) : shape;
}

function typeOf({ data }: CaseInput): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Uint8Array ? 'uint8' : 'int8';
}

function value(given: CaseInput): TensorValue {
  return { dtype: typeOf(given), shape: given.shape, data: given.data };
}

function feedsOf(inputs: Readonly<Record<string, CaseInput>>): Record<string, TensorValue> {
  return Object.fromEntries(Object.entries(inputs).map(([key, given]) => [key, value(given)]));
}

function requireShape(where: string, actual: Shape, expected: readonly number[]): void {
  if (actual.join() !== expected.join()) throw new Error(`${where}: shape [${actual}] instead of [${expected}]`);
}

/** |actual − expected| against the largest expected element, or 1 where all are smaller. */
function requireClose(where: string, actual: ArrayLike<number>, expected: NdArray['data'], tolerance: number): void {
  if (actual.length !== sizeOf([expected.length])) throw new Error(`${where}: ${actual.length} elements`);
  const largest = Math.max(1, ...expected.map(Math.abs));
  for (const [i, right] of expected.entries()) {
    const error = Math.abs((actual[i] as number) - right) / largest;
    if (!(error <= tolerance)) throw new Error(`${where}: element ${i} is ${actual[i]} instead of ${right}`);
  }
}
