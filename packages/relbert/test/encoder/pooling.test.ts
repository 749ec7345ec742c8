import { describe, expect, test } from 'vitest';
import {
  PoolingError,
  parsePooling,
  pooledSize,
  poolHidden,
  poolingInPython,
  poolingInput,
  poolingRows,
  poolings,
} from '../../src/encoder/pooling.ts';
import { buildRelationGraph, promptBatch } from '../../src/encoder/relation-graph.ts';
import { input, serialize } from '../../src/graph/index.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { families, floats, golden, largestDifference, runGraph, value } from '../models/golden.ts';

const prompt: EncodedPrompt = { ids: [2, 10, 11, 4, 12, 13, 3], head: [1, 2], tail: [4], mask: [3] };

describe('weights of a prompt', () => {
  test('average_no_mask counts every token but the mask, special tokens included', () => {
    const w = 1 / 6;
    expect(poolingRows('average_no_mask', prompt)).toEqual([[w, w, w, 0, w, w, w]]);
  });

  test('average counts every token', () => {
    expect(poolingRows('average', prompt)).toEqual([Array.from({ length: 7 }, () => 1 / 7)]);
  });

  test('sum_no_mask is not divided', () => {
    expect(poolingRows('sum_no_mask', prompt)).toEqual([[1, 1, 1, 0, 1, 1, 1]]);
  });

  test('mask and cls choose one token', () => {
    expect(poolingRows('mask', prompt)).toEqual([[0, 0, 0, 1, 0, 0, 0]]);
    expect(poolingRows('cls', prompt)).toEqual([[1, 0, 0, 0, 0, 0, 0]]);
  });

  test('difference is tail minus head over all occurrences', () => {
    expect(poolingRows('difference', prompt)).toEqual([[0, -0.5, -0.5, 0, 1, 0, 0]]);
    const repeated = { ...prompt, head: [1, 5], tail: [2, 4] };
    expect(poolingRows('difference', repeated)).toEqual([[0, -0.5, 0.5, 0, 0.5, -0.5, 0]]);
  });

  test('average+difference has both rows', () => {
    expect(poolingRows('average+difference', prompt)).toEqual([
      ...poolingRows('average_no_mask', prompt),
      ...poolingRows('difference', prompt),
    ]);
    expect(pooledSize('average+difference', 384)).toBe(768);
    expect(pooledSize('difference', 384)).toBe(384);
  });
});

describe('what a prompt must have', () => {
  test('mask pooling without a mask token names the remedy', () => {
    expect(() => poolingRows('mask', { ...prompt, mask: [] })).toThrow(/needs a mask token.*<mask>/);
  });

  test.each(['difference', 'average+difference'] as const)('%s without a word names the word', (pooling) => {
    expect(() => poolingRows(pooling, { ...prompt, head: [] })).toThrow(/tokens of the head word/);
    expect(() => poolingRows(pooling, { ...prompt, tail: [] })).toThrow(/tokens of the tail word/);
  });

  test('no token at all is an error for every pooling', () => {
    const empty = { ids: [], head: [], tail: [], mask: [] };
    for (const pooling of poolings) expect(() => poolingRows(pooling, empty), pooling).toThrow(PoolingError);
    expect(() => poolingRows('average_no_mask', { ids: [4], head: [], tail: [], mask: [0] })).toThrow(/not a mask/);
  });

  test('an unknown name is answered with the nearest and all valid ones', () => {
    expect(parsePooling('average+difference')).toBe('average+difference');
    expect(() => parsePooling('diference')).toThrow(/unknown pooling 'diference' \(did you mean difference/);
    expect(() => parsePooling('xyz')).toThrow(/poolings: average_no_mask, average, sum_no_mask, mask, cls/);
  });
});

test('a difference of 0 gives zeros, not NaN', async () => {
  const hidden = input('hidden', 'float32', ['B', 'T', 2]);
  const pooled = poolHidden(hidden, poolingInput('average+difference'), 'average+difference');
  await using session = await nodeRuntime().createSession(serialize({ outputs: { pooled } }), { threads: 1 });
  const results = await session.run({
    hidden: { dtype: 'float32', shape: [1, 2, 2], data: Float32Array.of(3, 4, 3, 4) },
    pooling: { dtype: 'float32', shape: [1, 2, 2], data: Float32Array.of(0.5, 0.5, -1, 1) },
  });
  const found = Array.from(floats(results['pooled']));
  for (const [i, expected] of [0.6, 0.8, 0, 0].entries()) expect(found[i]).toBeCloseTo(expected, 6);
});

describe.each(families)('%s', (family) => {
  const reference = golden(family);

  test.each(poolings)('%s equals the reference', async (pooling) => {
    const name = pooling === 'mask' ? 'masked' : 'padded';
    const expected = value(reference, `${name}.pooled.${pooling}`);
    const batch = promptBatch(reference.about.prompts[name], pooling, reference.config.padId);
    expect(batch.input_ids.data).toEqual(value(reference, `${name}.input_ids`).data);
    expect(batch.attention_mask.data).toEqual(value(reference, `${name}.attention_mask`).data);
    const graph = buildRelationGraph(reference.config, { pooling });
    expect(graph.embedding.shape).toEqual(['B', graph.dimension]);
    const outputs = { embedding: graph.embedding };
    const { embedding } = await runGraph(reference, graph.parameters, outputs, { ...batch }, 'stored');
    // Sums over up to 57 tokens carry as many roundings.
    const scale = pooling === 'sum_no_mask' ? expectedScale(expected) : 1;
    expect(largestDifference(embedding as TensorValue, expected) / scale).toBeLessThanOrEqual(1e-5);
  });
});

function expectedScale(expected: TensorValue): number {
  return Math.max(1, ...floats(expected).map(Math.abs));
}

test('a pooling in Python', () => {
  expect(poolingInPython('average')).toBe('hidden[:].mean(0)');
  expect(poolingInPython('cls')).toBe('hidden[:1].mean(0)');
  expect(poolingInPython('sum_no_mask')).toBe('hidden[[i for i, token in enumerate(ids) if token != mask_id]].sum(0)');
  expect(poolingInPython('difference')).toBe('hidden[rows("<obj>")].mean(0) - hidden[rows("<subj>")].mean(0)');
  expect(poolingInPython('average+difference')).toBe(
    'torch.cat([torch.nn.functional.normalize(hidden[[i for i, token in enumerate(ids) if token != mask_id]].mean(0), dim=0), ' +
      'torch.nn.functional.normalize(hidden[rows("<obj>")].mean(0) - hidden[rows("<subj>")].mean(0), dim=0)])',
  );
});
