import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, RelationEncoder } from '../../src/index.ts';
import { relbert, tinyModel } from './command.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-int8-'));
const folder = join(root, 'int8');
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(async () => {
  const args = ['--format', 'safetensors', '--dtype', 'int8', '--model', tinyModel, '--output', folder];
  const { code, stdout, stderr } = await relbert(['export', ...args]);
  expect([code, stdout, stderr]).toEqual([0, `${folder}\n`, '']);
});

const pairs = [
  ['cat', 'tail'],
  ['hair', 'leaf tree'],
  ['Paris', 'France'],
] as const;

const encoded = async (model: string, dtype: 'f32' | 'int8'): Promise<Float32Array> => {
  await using encoder = await RelationEncoder.load(model, { dtype, worker: false, threads: 1 });
  return (await encoder.encode(pairs)).data;
};

/** |a − b| / |b|. */
const distance = (a: Float32Array, b: Float32Array): number => {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(a.map((value, i) => value - (b[i] as number))) / norm(b);
};

describe('relbert export --format safetensors --dtype int8', () => {
  it('writes a folder of 8-bit weights under a name that transformers does not read', async () => {
    expect(readdirSync(folder).filter((name) => name.includes('safetensors'))).toEqual(['model.int8.safetensors']);
    const { stdout } = await relbert(['info', '--model', folder]);
    expect(stdout).toMatch(/stored as I8/);
  });

  it('has the values of the source to half a step of a row', async () => {
    const [source, saved] = [(await openModel(tinyModel)).weights, (await openModel(folder)).weights];
    expect([...saved.names].toSorted()).toEqual([...source.names].toSorted());
    for (const name of source.names) {
      const [{ data }, { data: before, shape }] = [await saved.get(name), await source.get(name)];
      if (shape.length !== 2) expect(data).toEqual(before);
      else {
        const integers = await saved.int8.get(name)?.read();
        const [width = 1] = shape.slice(1);
        for (const [i, value] of before.entries()) {
          const step = integers?.scale[Math.floor(i / width)] as number;
          const factor = integers?.factors?.[i % width] ?? 1;
          expect(Math.abs((data[i] as number) - value)).toBeLessThanOrEqual((step / factor) * 0.5001);
        }
      }
    }
  });

  it('is computed with as values and as integers, both near the source', async () => {
    const reference = await encoded(tinyModel, 'f32');
    const [f32, int8] = [await encoded(folder, 'f32'), await encoded(folder, 'int8')];
    expect(distance(f32, reference)).toBeLessThan(0.015);
    expect(distance(int8, reference)).toBeLessThan(0.03);
    expect(distance(int8, f32)).toBeGreaterThan(1e-4);
  });

  it('is copied byte for byte when it is exported again, in other files too', async () => {
    const [again, shards] = [join(root, 'again'), join(root, 'shards')];
    const args = ['export', '--format', 'safetensors', '--dtype', 'int8', '--model', folder];
    expect((await relbert([...args, '--output', again])).code).toBe(0);
    const file = 'model.int8.safetensors';
    expect(readFileSync(join(again, file)).equals(readFileSync(join(folder, file)))).toBe(true);
    expect((await relbert([...args, '--shard-size', '0.02', '--output', shards])).code).toBe(0);
    expect(readdirSync(shards).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(1);
    const [before, after] = [(await openModel(folder)).weights.int8, (await openModel(shards)).weights.int8];
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    for (const [name, source] of before) expect(await after.get(name)?.read()).toEqual(await source.read());
  });

  it('becomes f16 again, for training and for transformers', async () => {
    const halves = join(root, 'f16');
    const args = ['--format', 'safetensors', '--dtype', 'f16', '--model', folder, '--output', halves];
    expect((await relbert(['export', ...args])).code).toBe(0);
    const [again, saved] = [(await openModel(halves)).weights, (await openModel(folder)).weights];
    expect(again.storedType).toBe('F16');
    for (const name of saved.names) {
      expect(distance((await again.get(name)).data, (await saved.get(name)).data)).toBeLessThan(5e-4);
    }
  });

  it('is refused where a scale is damaged', async () => {
    const damaged = mkdtempSync(join(root, 'damaged-'));
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(damaged, name));
    const file = join(damaged, 'model.int8.safetensors');
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: number[] }>;
    const [name, entry] = Object.entries(header).find(([key]) => key.endsWith('query.weight.scale')) ?? [];
    bytes.writeFloatLE(Number.NaN, 8 + length + (entry?.data_offsets[0] as number));
    writeFileSync(file, bytes);
    await expect(encoded(damaged, 'int8')).rejects.toThrow(`"${name}" is not`);
  });

  it('does not go with a pooling', async () => {
    const args = ['--format', 'safetensors', '--pooling', 'cls', '--model', tinyModel, '--output', join(root, 'no')];
    const { code, stderr } = await relbert(['export', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--pooling goes with --format onnx')]);
  });
});
