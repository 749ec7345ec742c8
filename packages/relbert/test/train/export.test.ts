import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { exportOnnx } from '../../src/encoder/export-onnx.ts';
import { poolings } from '../../src/encoder/pooling.ts';
import { RelationEncoder } from '../../src/index.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { openModel } from '../../src/node/open-model.ts';
import { saveModel } from '../../src/node/save.ts';
import type { PromptSpec } from '../../src/prompt/spec.ts';
import { relbert, tinyModel } from '../cli/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-export-'));
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
      const { model, inputs, dimension } = await exportOnnx(await openModel(tinyModel), { pooling });
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

  it('tells the ids of a soft prompt, which begin after the whole embedding table', async () => {
    const checkpoint = await openCheckpoint(await folderFiles(tinyModel));
    const rows = Number(checkpoint.config['vocab_size']);
    // A table that is longer than the tokenizer's list, as that of many published models is.
    const definition = JSON.parse(readFileSync(join(tinyModel, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    const { vocab } = definition.model;
    definition.model.vocab = Object.fromEntries(Object.entries(vocab).filter(([, id]) => id < rows - 3));
    const shorter = new TextEncoder().encode(JSON.stringify(definition));
    const tokenizerFiles = new Map(checkpoint.tokenizerFiles).set('tokenizer.json', shorter);
    const soft = (hidden: number): PromptSpec => ({
      kind: 'soft',
      top: 2,
      mid: 1,
      bottom: 1,
      vectors: Float32Array.from({ length: 4 * hidden }, (_, i) => Math.sin(i)),
      hidden,
      layout: '2023',
    });
    const model = join(folder, 'soft');
    const save = (prompt: PromptSpec, files = checkpoint.tokenizerFiles) =>
      saveModel({
        folder: model,
        source: { ...checkpoint, tokenizerFiles: files },
        relbert: { pooling: 'average', prompt, text: 'soft', form: '2023' },
      });
    const softIds = { first: rows, top: 2, mid: 1, bottom: 1 };
    await save(soft(24), tokenizerFiles);
    expect((await exportOnnx(await openModel(model))).softIds).toEqual(softIds);
    await save(soft(24));
    const exported = await exportOnnx(await openModel(model));
    expect(exported).toMatchObject({ pooling: 'average', softIds });
    await using encoder = await RelationEncoder.load(model, { worker: false });
    const ids = encoder.prompt.encode({ head: 'cat', tail: 'tail' }).ids.filter((id) => id >= rows);
    expect(ids).toEqual([rows, rows + 1, rows + 2, rows + 3]);
    const { data } = await encoder.encode(pairs);
    const result = await embeddings(exported.model, exported.inputs, encoder);
    expect(largestDifference(result, data)).toBeLessThan(2e-5);

    const output = join(folder, 'soft.onnx');
    const { code, stderr } = await relbert(['export', '--model', model, '--output', output]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`2 + 1 + 1 vectors have the ids ${rows} to ${rows + 3} in input_ids`),
    ]);
    expect((await exportOnnx(await openModel(tinyModel))).softIds).toBeUndefined();
    await save(soft(20));
    await expect(exportOnnx(await openModel(model))).rejects.toThrow(
      "the soft prompt's vectors have 20 numbers, the model's word embeddings 24",
    );
  });

  it('tells the ids of trigger tokens, which the text of the prompt may not give', async () => {
    const prompt = join(folder, 'triggers');
    const source = await openCheckpoint(await folderFiles(tinyModel));
    const ids = { top: [5, 6, 7], mid: [], bottom: [9, 10] };
    const spec: PromptSpec = { kind: 'trigger', ...ids, layout: '2023' };
    await saveModel({ folder: prompt, source, relbert: { pooling: 'average', prompt: spec, text: 'a', form: '2023' } });
    expect((await exportOnnx(await openModel(prompt))).triggerIds).toEqual(ids);
    const { code, stderr } = await relbert(['export', '--model', prompt, '--output', join(folder, 'triggers.onnx')]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('5, 6, 7 before the head word, none between the words, 9, 10 after the tail word'),
    ]);
  });

  it.each([
    ['plain', false],
    ['onnxruntime', true],
  ])('--opset %s: operators of ONNX Runtime alone in the file: %s', async (opset, own) => {
    const output = join(folder, `${opset}.onnx`);
    const args = ['export', '--model', tinyModel, '--dtype', 'int8', '--opset', opset, '--output', output];
    expect((await relbert(args)).code).toBe(0);
    expect(readFileSync(output).includes('com.microsoft')).toBe(own);
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
