import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { floatToHalf, halfToFloat } from '../../src/formats/half-float.ts';
import { FileError } from '../../src/node/file-error.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { type SaveModelOptions, saveModel } from '../../src/node/save.ts';

const bert = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'relbert-save-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const open = async (folder: string): Promise<Checkpoint> => openCheckpoint(await folderFiles(folder));
const prompt = { kind: 'template', text: '<subj> and <obj>' } as const;
const relbert = { pooling: 'difference', prompt, text: prompt.text } as const;

let source: Checkpoint;
let folder: string;
let count = 0;
beforeEach(async () => {
  source = await open(bert);
  folder = join(root, `deep/model${count++}`);
});
const save = (options: Partial<SaveModelOptions> = {}): Promise<void> =>
  saveModel({ folder, source, relbert, card: '# Card\n', ...options });

describe('saveModel', () => {
  it('is read back to the same bits', async () => {
    await save({ files: new Map([['finetuning_config.json', '{"seed":1}']]) });
    const saved = await open(folder);
    expect(saved.relbert).toEqual({ form: '2023', sharedWordDiscount: 0, pooling: 'difference', prompt });
    expect(readFileSync(join(folder, 'finetuning_config.json'), 'utf8')).toBe('{"seed":1}');
    expect(saved.weights.storedType).toBe('F32');
    expect([...saved.weights.names].sort()).toEqual([...source.weights.names].sort());
    for (const [name, { shape, bytes }] of source.weights.store) {
      expect(saved.weights.shape(name)).toEqual(shape);
      expect(Buffer.compare((await saved.weights.store.get(name)?.bytes()) as Uint8Array, await bytes()), name).toBe(0);
    }
    for (const [name, bytes] of source.tokenizerFiles) {
      if (name !== 'config.json') expect(saved.tokenizerFiles.get(name)).toEqual(bytes);
    }
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('# Card\n');
    const { relbert_config: _, torch_dtype: dtype, ...config } = saved.config;
    const { torch_dtype: __, dtype: ___, ...before } = source.config;
    expect(config).toEqual(before);
    expect(dtype).toBe('float32');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('puts new values in place of old ones and keeps the rest', async () => {
    const [changed, kept] = source.weights.names.filter((n) => n.endsWith('.weight')) as [string, string];
    const values = (await source.weights.get(changed)).data.map((x) => x + 1);
    await save({ weights: new Map([[changed, values]]) });
    const saved = await open(folder);
    expect((await saved.weights.get(changed)).data).toEqual(values);
    expect((await saved.weights.get(kept)).data).toEqual((await source.weights.get(kept)).data);
  });

  it('leaves nothing of an older model that would be read with the new one, or describes another', async () => {
    await save();
    for (const name of ['bpe.codes', 'pytorch_model.bin', 'notes.txt']) writeFileSync(join(folder, name), 'old');
    await saveModel({ folder, source, shardBytes: 1000 });
    const names = readdirSync(folder);
    expect(names).toContain('model.safetensors.index.json');
    expect(names).toContain('notes.txt');
    for (const gone of ['model.safetensors', 'bpe.codes', 'pytorch_model.bin', 'README.md']) {
      expect(names).not.toContain(gone);
    }
    await save();
    expect(readdirSync(folder).filter((name) => name.startsWith('model'))).toEqual(['model.safetensors']);
    expect((await open(folder)).weights.names).toEqual(source.weights.names);
  });

  it('keeps a card that was written before there was a model', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'README.md'), '# Mine\n');
    await saveModel({ folder, source });
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('# Mine\n');
  });

  it('rounds to f16 on request', async () => {
    await save({ dtype: 'f16' });
    const saved = await open(folder);
    expect(saved.weights.storedType).toBe('F16');
    for (const name of saved.weights.names.filter((n) => !n.endsWith('position_ids'))) {
      const { data } = await source.weights.get(name);
      expect((await saved.weights.get(name)).data).toEqual(halfToFloat(floatToHalf(data)));
    }
    const again = join(root, 'again');
    await saveModel({ folder: again, source: saved, dtype: 'f16' });
    expect(readFileSync(join(again, 'model.safetensors'))).toEqual(readFileSync(join(folder, 'model.safetensors')));
    expect((await open(again)).relbert).toEqual(saved.relbert);
  });

  it('gives the same bytes each time', async () => {
    await save();
    const first = readFileSync(join(folder, 'model.safetensors'));
    await save();
    expect(readFileSync(join(folder, 'model.safetensors'))).toEqual(first);
  });

  it('refuses weights that the model does not have, or of another size', async () => {
    await expect(save({ weights: new Map([['ghost', new Float32Array(1)]]) })).rejects.toThrow('has no weight "ghost"');
    const name = source.weights.names.find((n) => n.endsWith('LayerNorm.bias')) as string;
    await expect(save({ weights: new Map([[name, new Float32Array(3)]]) })).rejects.toThrow('the new values are 3');
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves nothing behind where a value does not fit, and the old model as it was', async () => {
    const name = source.weights.names.find((n) => n.endsWith('LayerNorm.bias')) as string;
    const huge = (await source.weights.get(name)).data.map(() => 1e6);
    const attempt = (): Promise<void> => save({ weights: new Map([[name, huge]]), dtype: 'f16' });
    await expect(attempt()).rejects.toThrow(`${name}: element 0 is 1000000, beyond the largest f16`);
    expect(existsSync(folder)).toBe(false);
    await save();
    const before = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))] as const);
    await expect(attempt()).rejects.toThrow('beyond the largest f16');
    expect(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))])).toEqual(before);
  });

  it('stops when aborted, leaving nothing behind', async () => {
    const controller = new AbortController();
    let reads = 0;
    const names = source.weights.names;
    const weights = {
      ...source.weights,
      get: (name: string) => {
        if (++reads === Math.floor(names.length / 2)) controller.abort(new Error('Ctrl-C'));
        return source.weights.get(name);
      },
    };
    await expect(save({ source: { ...source, weights }, signal: controller.signal })).rejects.toThrow('Ctrl-C');
    expect(reads).toBeGreaterThan(1);
    expect(existsSync(folder)).toBe(false);
  });

  it('says where it cannot write', async () => {
    mkdirSync(join(root, 'deep'), { recursive: true });
    writeFileSync(folder, 'a file');
    await expect(save()).rejects.toThrow(FileError);
    await expect(save()).rejects.toThrow(`${folder}: cannot make this folder: a file stands in its place`);
    await expect(save({ folder: '/proc/relbert' })).rejects.toThrow('/proc/relbert: cannot make this folder');
  });
});
