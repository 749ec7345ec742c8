import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderFiles } from '../../src/checkpoint/folder.ts';
import { poolings } from '../../src/encoder/pooling.ts';
import { exportOnnx } from '../../src/export-onnx.ts';
import { RelationEncoder } from '../../src/index.ts';
import { builtCommand, relbert, tinyModel } from '../cli/built-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-export-'));
beforeAll(builtCommand, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pairs = [
  ['cat', 'tail'],
  ['hair', 'leaf tree'],
] as const;

/** What the exported file gives for the prompts of the pairs, padded to one length. */
async function embeddings(
  model: string | Uint8Array,
  inputs: readonly string[],
  encoder: RelationEncoder,
): Promise<Float32Array> {
  const session =
    typeof model === 'string' ? await InferenceSession.create(model) : await InferenceSession.create(model);
  const prompts = pairs.map(([head, tail]) => encoder.prompt.encode({ head, tail }));
  const length = Math.max(...prompts.map(({ ids }) => ids.length));
  const tensor = (values: (prompt: (typeof prompts)[number], position: number) => number) =>
    new Tensor(
      'int64',
      BigInt64Array.from(prompts.flatMap((prompt) => Array.from({ length }, (_, i) => BigInt(values(prompt, i))))),
      [prompts.length, length],
    );
  const all: Record<string, Tensor> = {
    input_ids: tensor(({ ids }, i) => ids[i] ?? 0),
    attention_mask: tensor(({ ids }, i) => (i < ids.length ? 1 : 0)),
    head_mask: tensor(({ head }, i) => (head.includes(i) ? 1 : 0)),
    tail_mask: tensor(({ tail }, i) => (tail.includes(i) ? 1 : 0)),
  };
  expect([...session.inputNames].sort()).toEqual([...inputs].sort());
  const { embedding } = await session.run(Object.fromEntries(inputs.map((name) => [name, all[name] as Tensor])));
  await session.release();
  return embedding?.data as Float32Array;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
}

describe('relbert export', () => {
  for (const pooling of poolings) {
    it(`runs with plain onnxruntime and gives the same embeddings: ${pooling}`, async () => {
      await using encoder = await RelationEncoder.load(tinyModel, { template: 'a', pooling, worker: false });
      const { model, inputs, dimension } = await exportOnnx(await folderFiles(tinyModel), { pooling });
      const { data, shape } = await encoder.encode(pairs);
      expect(shape[1]).toBe(dimension);
      expect(largestDifference(await embeddings(model, inputs, encoder), data)).toBeLessThan(2e-5);
    });
  }

  it('writes f32, f16 and int8 files from the command line', async () => {
    await using encoder = await RelationEncoder.load(tinyModel, { template: 'a', worker: false });
    const { data } = await encoder.encode(pairs);
    const scale = Math.max(...data.map(Math.abs));
    const sizes: number[] = [];
    for (const [dtype, tolerance] of [
      ['f32', 2e-5],
      ['f16', 5e-3],
      ['int8', 0.15],
    ] as const) {
      const output = join(folder, `${dtype}.onnx`);
      const { code, stdout, stderr } = await relbert([
        'export',
        '--model',
        tinyModel,
        '--format',
        'onnx',
        '--dtype',
        dtype,
        '--output',
        output,
      ]);
      expect([code, stdout]).toEqual([0, `${output}\n`]);
      expect(stderr).toContain('inputs input_ids, attention_mask (int64 [B, T]), output embedding [B, 24]');
      const result = await embeddings(output, ['input_ids', 'attention_mask'], encoder);
      expect(largestDifference(result, data) / scale).toBeLessThan(tolerance);
      sizes.push(statSync(output).size);
    }
    const [f32 = 0, f16 = 0] = sizes;
    expect(f16).toBeLessThan(0.8 * f32);
  });

  it('names a pooling and a format that it does not know', async () => {
    const wrong = await relbert([
      'export',
      '--model',
      tinyModel,
      '--pooling',
      'diff',
      '--output',
      join(folder, 'x.onnx'),
    ]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("unknown pooling 'diff'")]);
    const format = await relbert([
      'export',
      '--model',
      tinyModel,
      '--format',
      'tf',
      '--output',
      join(folder, 'x.onnx'),
    ]);
    expect(format.code).toBe(2);
  });
});
