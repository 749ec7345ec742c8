import { describe, expect, it } from 'vitest';
import { GraphError, input, serialize, standardOperators, type Tensor } from '../../src/graph/index.ts';
import { nodesOf } from '../../src/graph/tensor.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { operatorCases } from './operator-suite.ts';
import { TestRandom } from './random.ts';

/** Operators that only graphs for graphics processors have, which are not exported. */
const notExported = new Set(['MultiHeadAttention', 'SkipLayerNormalization']);

const typeOf = (data: unknown) =>
  data instanceof Float32Array
    ? 'float32'
    : data instanceof BigInt64Array
      ? 'int64'
      : data instanceof Int32Array
        ? 'int32'
        : data instanceof Uint8Array
          ? 'uint8'
          : 'int8';

describe('standard operators', () => {
  const cases = operatorCases.flatMap(({ name, draw }) => {
    const instance = draw(new TestRandom(11));
    const inputs = Object.entries(instance.inputs);
    const y = instance.build(
      Object.fromEntries(inputs.map(([key, { data, shape }]) => [key, input(key, typeOf(data), shape)])),
    );
    const extra = nodesOf([y]).filter(({ domain }) => domain !== '');
    return extra.length > 0 ? [{ name, y, inputs, types: extra.map(({ type }) => type) }] : [];
  });

  it('covers the operators of ONNX Runtime that an exported graph can hold', () => {
    expect([...new Set(cases.flatMap(({ types }) => types))].sort()).toEqual([
      'BiasGelu',
      'DynamicQuantizeMatMul',
      'FastGelu',
      'FusedMatMul',
      'Gelu',
      'MatMulIntegerToFloat',
      ...notExported,
    ]);
  });

  it.each(cases.filter(({ types }) => !types.some((type) => notExported.has(type))))(
    '$name gives the same in its parts',
    async ({ y, inputs }) => {
      const standard = standardOperators(y);
      expect(nodesOf([standard]).filter(({ domain }) => domain !== '')).toEqual([]);
      await using session = await nodeRuntime().createSession(serialize({ outputs: { y, standard } }), { threads: 1 });
      const feeds = inputs.map(([key, { data, shape }]) => [key, { dtype: typeOf(data), shape, data }] as const);
      const results = await session.run(Object.fromEntries(feeds) as Record<string, TensorValue>);
      const [own, parts] = [results['y'], results['standard']] as [TensorValue, TensorValue];
      expect(parts.shape).toEqual(own.shape);
      const values = Array.from(own.data, Number);
      const largest = Math.max(1, ...values.map(Math.abs));
      for (const [i, value] of values.entries()) {
        expect(Math.abs(value - Number(parts.data[i])) / largest).toBeLessThan(1e-5);
      }
    },
  );

  it('names an operator that has no form in standard operators', () => {
    const attention = cases.find(({ types }) => types.includes('MultiHeadAttention'));
    expect(() => standardOperators(attention?.y as Tensor)).toThrow(
      new GraphError('com.microsoft.MultiHeadAttention has no form in standard operators'),
    );
  });

  it('declares com.microsoft only where it is used', () => {
    const text = (model: Uint8Array) => Buffer.from(model).toString('latin1');
    const gelu = cases.find(({ name }) => /^gelu/i.test(name));
    expect(text(serialize({ outputs: { y: gelu?.y as Tensor } }))).toContain('com.microsoft');
    expect(text(serialize({ outputs: { y: standardOperators(gelu?.y as Tensor) } }))).not.toContain('com.microsoft');
  });
});
