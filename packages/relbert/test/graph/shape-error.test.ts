import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';

const float = (...shape: g.Dim[]): g.Tensor => g.input('x', 'float32', shape);
const ids = g.input('ids', 'int64', ['B', 'T']);
const flag = g.input('flag', 'bool', ['B']);

/** What is built, and the parts that the message must hold: both shapes as a rule. */
const mistakes: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ['add', () => g.add(float('B', 3), float('B', 4)), ['[B, 3]', '[B, 4]']],
  ['add of named dimensions', () => g.add(float('B', 3), float('T', 3)), ['[B, 3]', '[T, 3]']],
  ['a name against a number', () => g.mul(float('B'), float(4)), ['[B]', '[4]']],
  ['types', () => g.mul(float('B', 'T'), ids), ['float32 [B, T]', 'int64 [B, T]']],
  ['comparison of types', () => g.equal(float('B', 'T'), ids), ['float32', 'int64']],
  ['and of floats', () => g.and(float(2), float(3)), ['float32 [2]', 'float32 [3]']],
  ['not of floats', () => g.not(float(2)), ['float32 [2]']],
  ['matMul', () => g.matMul(float('B', 'T', 8), float(7, 2)), ['[B, T, 8]', '[7, 2]', '8', '7']],
  ['matMul of a vector', () => g.matMul(float(8), float(8, 2)), ['[8]', '[8, 2]']],
  ['matMul of batches', () => g.matMul(float(2, 3, 4), float(3, 4, 5)), ['[2]', '[3]']],
  ['matMul of integers', () => g.matMul(ids, ids), ['int64']],
  ['gemm', () => g.gemm(float(2, 3), float(3, 4), float(5)), ['[5]', '[2, 4]']],
  ['gemm of three axes', () => g.gemm(float(1, 2, 3), float(3, 4), undefined), ['[1, 2, 3]', '[3, 4]']],
  ['linear', () => g.linear(float(8), float(8, 4)), ['[8]', '[8, 4]']],
  ['reshape', () => g.reshape(float('B', 6), ['B', 5]), ['[B, 6]', '[B, 5]']],
  ['reshape -1', () => g.reshape(float('B', 6), [-1, 4]), ['[B, 6]', '[-1, 4]']],
  ['two open dimensions', () => g.reshape(float('B', 6), [-1, -1]), ['[B, 6]', '[-1, -1]']],
  ['a dimension nobody has', () => g.zeros(['X', 2], [float('B', 6)]), ["'X'", '[X, 2]']],
  ['squeeze', () => g.squeeze(float('B', 2), 1), ['[B, 2]']],
  ['rename', () => g.rename(float('B', 2), ['N', 3]), ['[B, 2]', '[N, 3]']],
  ['transpose', () => g.transpose(float('B', 2), [0, 0]), ['[0, 0]', '[B, 2]']],
  ['transpose of a vector', () => g.transpose(float('B')), ['two axes']],
  ['concat', () => g.concat([float('B', 2), float('T', 2)], 1), ['[B, 2]', '[T, 2]']],
  ['concat of nothing', () => g.concat([]), ['one tensor']],
  ['split', () => g.split(float(5, 2), [2, 2], 0), ['[2, 2]', '[5, 2]']],
  ['slice', () => g.slice(float(5, 2), { axis: 0, start: 2, end: 7 }), ['[5, 2]', '7']],
  ['expand', () => g.expand(float(3, 2), [2, 2]), ['[3, 2]', '[2, 2]']],
  ['expand to less', () => g.expand(float(3, 2), [1, 2]), ['[3, 2]', '[1, 2]']],
  ['axis', () => g.softmax(float(3, 2), 2), ['axis 2', '[3, 2]']],
  ['reduce', () => g.reduceSum(float(3, 2), -3), ['axis -3', '[3, 2]']],
  ['reduce bool', () => g.reduceSum(flag), ['bool [B]']],
  ['layerNormalization', () => g.layerNormalization(float('B', 4), float(5), float(4), 1e-5), ['[B, 4]', '[5]']],
  ['gather', () => g.gather(float(5, 2), float(3)), ['float32 [3]', '[5, 2]']],
  ['where', () => g.where(float('B'), float('B'), float('B')), ['float32 [B]']],
  ['topK', () => g.topK(float('B', 3), 4), ['[B, 3]', '4']],
  [
    'heads',
    () => g.multiHeadAttention(float('B', 'T', 10), float('B', 'T', 10), float('B', 'T', 10), { heads: 3 }),
    ['[B, T, 10]', '3 heads'],
  ],
  [
    'keys',
    () => g.multiHeadAttention(float('B', 'T', 8), float('B', 'T', 6), float('B', 'T', 6), { heads: 2 }),
    ['[B, T, 8]', '[B, T, 6]'],
  ],
  [
    'skipLayerNormalization',
    () => g.skipLayerNormalization(float('B', 4), float('B', 5), float(4), float(4), { epsilon: 1e-5 }),
    ['[B, 4]', '[B, 5]'],
  ],
  ['biasGelu', () => g.biasGelu(float('B', 4), float(5)), ['[B, 4]', '[5]']],
  [
    'dynamicQuantizeMatMul',
    () => g.dynamicQuantizeMatMul(float('B', 4), float(4, 2), { scale: g.scalar(1) }),
    ['int8', '[4, 2]'],
  ],
  ['constant', () => g.constant(Float32Array.of(1, 2, 3), [2, 2]), ['[2, 2]', '4', '3']],
];

describe('mistakes in shapes and types', () => {
  it.each(mistakes)('%s', (_, build, parts) => {
    expect(build).toThrow(g.GraphError);
    for (const part of parts) expect(build).toThrow(part);
  });
});

describe('shapes at build time', () => {
  it.each<[string, g.Shape, string]>([
    ['flatten names the product', g.flatten(float('B', 'T', 8), 0, 1).shape, 'B*T,8'],
    ['numbers come first', g.flatten(float('T', 12, 'B')).shape, '12*B*T'],
    ['-1 divides a product', g.reshape(float('B*T', 8), ['B', -1, 8], [ids]).shape, 'B,T,8'],
    ['-1 divides numbers', g.reshape(float('B', 12), ['B', 4, -1]).shape, 'B,4,3'],
    ['concat adds names', g.concat([float('B', 2), float('C', 2), float(3, 2)]).shape, '(B+C+3),2'],
    ['slice from a start', g.slice(float('T', 2), { axis: 0, start: 1 }).shape, '(T-1),2'],
    [
      'slice takes back what concat added',
      g.slice(g.concat([float(1, 2), float('T', 2)]), { axis: 0, start: 1 }).shape,
      'T,2',
    ],
    ['sums in products', g.flatten(g.concat([float('B', 'T'), float(1, 'T')])).shape, '(B+1)*T'],
    ['broadcasting', g.add(float('B', 1, 4), float('T', 1)).shape, 'B,T,4'],
    ['matMul', g.matMul(float('B', 1, 'T', 4), float(3, 4, 'S')).shape, 'B,3,T,S'],
    ['gather', g.gather(float(9, 4), ids).shape, 'B,T,4'],
    ['reduce', g.reduceMean(float('B', 'T', 4), [0, -1]).shape, 'T'],
  ])('%s', (_, shape, expected) => {
    expect(shape.join()).toBe(expected);
  });
});
