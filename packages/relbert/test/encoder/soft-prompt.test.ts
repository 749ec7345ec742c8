import { describe, expect, test } from 'vitest';
import { grad, input, mul, reduceSum, type Tensor } from '../../src/graph/index.ts';
import { buildEncoder } from '../../src/models/encoder.ts';
import { resolveWeightNames } from '../../src/models/weights.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { families, floats, golden, largestDifference, runGraph } from '../models/golden.ts';

const int64 = (shape: readonly number[], values: readonly number[]): TensorValue => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});

describe.each(families)('%s', (family) => {
  const reference = golden(family);
  const { vocabularySize, embedding, hidden: width } = reference.config;
  const count = 3;
  const attention_mask = int64([2, 5], [1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  const words = [5, 6, 7, 8, 9, 6, 5, 9, 8, reference.config.padId];

  /** The word embeddings of three tokens, taken for soft-prompt vectors. */
  async function copied(): Promise<{ vectors: Float32Array; ids: number[] }> {
    const table = buildEncoder(reference.config).lookups[0]?.table.name ?? '';
    const name = resolveWeightNames(reference.config, reference.stored).get(table) ?? '';
    const { data } = await reference.stored.get(name);
    const tokens = [7, 8, 9];
    const vectors = new Float32Array(count * embedding);
    for (const [i, token] of tokens.entries()) {
      vectors.set(data.subarray(token * embedding, (token + 1) * embedding), i * embedding);
    }
    return { vectors, ids: words.map((id) => (tokens.includes(id) ? vocabularySize + tokens.indexOf(id) : id)) };
  }

  test('vectors equal to word embeddings give what the words give, as data and as a tensor', async () => {
    const { vectors, ids } = await copied();
    const plain = buildEncoder(reference.config);
    const run = (encoder: typeof plain, input_ids: TensorValue, more: Record<string, TensorValue> = {}) =>
      runGraph(
        reference,
        encoder.parameters,
        { hidden: encoder.hidden },
        { input_ids, attention_mask, ...more },
        'fed',
      );
    const expected = (await run(plain, int64([2, 5], words)))['hidden'] as TensorValue;

    const rows = buildEncoder(reference.config, { softPrompt: vectors });
    expect(rows.lookups[0]?.table.shape).toEqual([vocabularySize + count, embedding]);
    const byRows = (await run(rows, int64([2, 5], ids)))['hidden'] as TensorValue;
    expect(largestDifference(byRows, expected, attention_mask)).toBe(0);
    const soft = input('soft', 'float32', [count, embedding]);
    const part = buildEncoder(reference.config, { softPrompt: soft });
    const value: TensorValue = { dtype: 'float32', shape: [count, embedding], data: vectors };
    const found = (await run(part, int64([2, 5], ids), { soft: value }))['hidden'] as TensorValue;
    expect(largestDifference(found, expected, attention_mask)).toBe(0);
  });

  test('the gradient reaches the vectors and leaves the table alone', async () => {
    const { vectors, ids } = await copied();
    const weights = input('weights', 'float32', ['B', 'T', width]);
    const lossOf = (hidden: Tensor) => reduceSum(mul(hidden, weights));
    const feed = {
      attention_mask,
      weights: {
        dtype: 'float32',
        shape: [2, 5, width],
        data: Float32Array.from({ length: 10 * width }, (_, i) => (i >= 9 * width ? 0 : Math.sin(i))),
      },
    } as const;
    const plain = buildEncoder(reference.config);
    const [byWord] = grad(lossOf(plain.hidden), [plain.lookups[0]?.rows as Tensor]);
    const { rows } = await runGraph(
      reference,
      plain.parameters,
      { rows: byWord as Tensor },
      { ...feed, input_ids: int64([2, 5], words) },
      'fed',
    );
    const expected = new Float32Array(count * embedding);
    for (const [place, word] of words.entries()) {
      for (let k = 0; k < embedding && word >= 7 && word <= 9; k++) {
        const at = (word - 7) * embedding + k;
        expected[at] = (expected[at] as number) + (floats(rows)[place * embedding + k] as number);
      }
    }

    const soft = input('soft', 'float32', [count, embedding]);
    const part = buildEncoder(reference.config, { softPrompt: soft });
    const [bySoft, byTable] = grad(lossOf(part.hidden), [soft, part.lookups[0]?.rows as Tensor]);
    const results = await runGraph(
      reference,
      part.parameters,
      { soft_gradient: bySoft as Tensor, table_gradient: byTable as Tensor },
      {
        ...feed,
        input_ids: int64([2, 5], ids),
        soft: { dtype: 'float32', shape: [count, embedding], data: vectors },
      },
      'fed',
    );
    const found = floats(results['soft_gradient']);
    const size = Math.hypot(...expected);
    expect(Math.hypot(...found.map((one, i) => one - (expected[i] as number))) / size).toBeLessThan(1e-5);
    for (const [place, id] of ids.entries()) {
      const row = floats(results['table_gradient']).subarray(place * embedding, (place + 1) * embedding);
      if (id >= vocabularySize) expect(Math.max(...row.map(Math.abs))).toBe(0);
    }
  });

  test('vectors of another model are refused', () => {
    expect(() => buildEncoder(reference.config, { softPrompt: new Float32Array(embedding + 1) })).toThrow(
      `[count, ${embedding}]`,
    );
    const soft = input('soft', 'float32', [count, embedding + 1]);
    expect(() => buildEncoder(reference.config, { softPrompt: soft })).toThrow(`[3, ${embedding + 1}]`);
  });
});
