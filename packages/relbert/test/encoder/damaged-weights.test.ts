import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { int8Tensors } from '../../src/encoder/int8-weights.ts';
import { buildRelationGraph } from '../../src/encoder/relation-graph.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { safetensorsChunks } from '../../src/formats/safetensors-write.ts';
import { CheckpointError, openModel, RelationEncoder } from '../../src/index.ts';
import { storedParameters } from '../../src/models/encoder.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import { readParameters } from '../../src/models/weights.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { saveModel } from '../../src/node/save.ts';

const fixture = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'relbert-damaged-weights-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Larger than 64 KB in float32: the runtime maps it. */
const name = 'encoder.layer.0.intermediate.dense.weight';
const shape = [700, 24];
const place = 12_345;
const folderOf = (type: string) => join(root, type);

/** The fixture with a wider feed-forward layer and other weights. */
async function save(type: 'F32' | 'F16' | 'BF16'): Promise<void> {
  const folder = folderOf(type);
  cpSync(fixture, folder, { recursive: true });
  const json = JSON.parse(readFileSync(join(fixture, 'config.json'), 'utf8')) as object;
  const config = { ...json, intermediate_size: shape[0] };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const tensors = storedParameters(parseEncoderConfig(config)).map((parameter, seed) => {
    const count = parameter.shape.reduce((product, dimension) => product * dimension, 1);
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * i) / 4);
    // bfloat16 is the upper half of a float32.
    const upper = () => new Uint8Array(new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1).buffer);
    return {
      name: parameter.name,
      shape: parameter.shape,
      type,
      data: async () => (type === 'BF16' ? upper() : values),
    };
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors)) chunks.push(chunk);
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat(chunks));
}

/** A copy of the folder with bits in one element of a tensor. */
async function damaged(type: string, { tensor, bits }: { tensor: string; bits: number }): Promise<string> {
  const folder = mkdtempSync(join(root, 'copy-'));
  cpSync(folderOf(type), folder, { recursive: true });
  const file = join(folder, type === 'int8' ? 'model.int8.safetensors' : 'model.safetensors');
  const bytes = readFileSync(file);
  const read = async (start: number, end: number) => bytes.subarray(start, end);
  const { tensors } = await readSafetensorsHeader({ name: file, size: bytes.byteLength, read });
  const { start, end } = tensors.get(tensor) as { start: number; end: number };
  if (type === 'F16' || type === 'BF16') bytes.writeUInt16LE(bits, start + 2 * place);
  else bytes.writeUInt32LE(bits, Math.min(start + 4 * place, end - 4));
  writeFileSync(file, bytes);
  return folder;
}

const settings = { template: '<subj> is <obj>', pooling: 'average' } as const;
const loads = [
  ['in float32', { worker: false }],
  ['in a worker thread', {}],
  ['for a quick start', { worker: false, quickStart: true }],
  ['in 8 bits', { worker: false, dtype: 'int8' }],
] as const;

beforeAll(async () => {
  for (const type of ['F32', 'F16', 'BF16'] as const) await save(type);
  const model = await openModel(folderOf('F32'));
  await saveModel({
    folder: folderOf('int8'),
    source: model.checkpoint,
    int8: await int8Tensors(model, nodeRuntime()),
  });
});

describe.each([
  ['F32', 0x7fc00000, 'NaN'],
  ['F32', 0x7f800000, 'Infinity'],
  ['F32', 0xff800000, '-Infinity'],
  ['F16', 0x7e00, 'NaN'],
  ['F16', 0xfc00, '-Infinity'],
  ['BF16', 0x7fc0, 'NaN'],
  ['BF16', 0x7f80, 'Infinity'],
] as const)('a weight stored as %s with the bits %i', (type, bits, value) => {
  const message = `weight "${name}" [700, 24] holds ${value} at element ${place}`;

  it.each(loads)('is refused when it is loaded %s', async (_, options) => {
    const loading = RelationEncoder.load(await damaged(type, { tensor: name, bits }), { ...settings, ...options });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(CheckpointError);
  });

  it('is refused when training reads it', async () => {
    const { config, weights } = await openModel(await damaged(type, { tensor: name, bits }));
    const { parameters } = buildRelationGraph(config, { pooling: 'average', dropout: true });
    await expect(readParameters(parameters, config, weights)).rejects.toThrow(message);
  });
});

it.each(loads)(
  'a scale of weights stored in 8 bits that is not finite is refused when it is loaded %s',
  async (_, options) => {
    const folder = await damaged('int8', { tensor: `${name}.scale`, bits: 0x7fc00000 });
    const loading = RelationEncoder.load(folder, { ...settings, ...options });
    await expect(loading).rejects.toThrow(`"${name}.scale" is not 700 finite numbers`);
  },
);

it.each(['F32', 'F16', 'BF16', 'int8'])(
  'weights stored as %s that are whole give embeddings, the same in each way but 8 bits',
  async (type) => {
    const found: Float32Array[] = [];
    for (const [, options] of loads) {
      await using encoder = await RelationEncoder.load(folderOf(type), { ...settings, ...options });
      found.push((await encoder.encode([['cat', 'tail']])).data);
    }
    const [first, ...others] = found as [Float32Array, ...Float32Array[]];
    for (const [i, other] of others.entries()) {
      const most = Math.max(...first.map((x, k) => Math.abs(x - (other[k] as number))));
      expect(most).toBeLessThan(i === 2 ? 0.3 : 1e-5);
    }
  },
);
