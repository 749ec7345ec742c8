import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import type { CheckpointFiles } from '../../src/formats/byte-source.ts';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { locateCheckpoint } from '../../src/node/locate.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const bert = join(fixtures, 'encoder/bert');
const root = mkdtempSync(join(tmpdir(), 'relbert-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let count = 0;
beforeEach(() => {
  folder = join(root, `model${count++}`);
  mkdirSync(folder);
});
const put = (name: string, content: string | Uint8Array = '{}'): void => writeFileSync(join(folder, name), content);
const copy = (from: string, to: string): void => cpSync(join(fixtures, 'checkpoint', from), join(folder, to));
const open = async () => openCheckpoint(await folderFiles(folder));

describe('openCheckpoint', () => {
  it('opens a folder', async () => {
    const checkpoint = await openCheckpoint(await folderFiles(bert));
    expect(checkpoint.origin).toBe(bert);
    expect(checkpoint.config['model_type']).toBe('bert');
    expect(checkpoint.relbert).toBeUndefined();
    expect([...checkpoint.tokenizerFiles.keys()]).toContain('tokenizer.json');
    const name = checkpoint.weights.names.find((n) => n.endsWith('word_embeddings.weight')) as string;
    const { shape, data } = await checkpoint.weights.get(name);
    expect(data.length).toBe((shape[0] as number) * (shape[1] as number));
    expect(data.byteOffset % 4).toBe(0);
  });

  it('says where a weight lies in its file', async () => {
    cpSync(bert, folder, { recursive: true });
    const { weights } = await open();
    const name = weights.names.find((n) => n.endsWith('word_embeddings.weight')) as string;
    const range = await weights.range(name);
    const file = join(range?.folder ?? '', range?.file ?? '');
    const bytes = readFileSync(file);
    const found = new Float32Array(new Uint8Array(bytes.subarray(range?.start, range?.end)).buffer);
    expect(found).toEqual((await weights.get(name)).data);
  });

  it('reads prompt and pooling from relbert_config', async () => {
    put('config.json', `\uFEFF${readFileSync(join(fixtures, 'checkpoint/relbert-config/2023.json'), 'utf8')}`);
    copy('tensors.safetensors', 'model.safetensors');
    const checkpoint = await open();
    expect(checkpoint.relbert).toMatchObject({ form: '2023', pooling: 'average_no_mask' });
  });

  it('gives the same weights from safetensors, shards, and pytorch_model.bin', async () => {
    put('config.json');
    copy('tensors.safetensors', 'model.safetensors');
    const single = (await open()).weights;
    const floats = single.names.filter((n) => !['flag', 'embeddings.position_ids'].includes(n));
    const values = new Map(await Promise.all(floats.map(async (n) => [n, await single.get(n)] as const)));
    rmSync(join(folder, 'model.safetensors'));
    copy('zip.bin', 'pytorch_model.bin');
    const pickle = (await open()).weights;
    cpSync(join(fixtures, 'checkpoint/sharded'), folder, { recursive: true });
    const checkpoint = await open();
    expect([...checkpoint.weights.names].sort()).toEqual([...single.names].sort());
    expect(checkpoint.weights.byteLength).toBe(single.byteLength);
    for (const [name, value] of values) {
      expect(await checkpoint.weights.get(name)).toEqual(value);
      expect((await pickle.get(name)).data).toEqual(value.data);
    }
  });

  it('reads whole files where a store has no ranges', async () => {
    const { origin, list, read } = await folderFiles(bert);
    const whole: CheckpointFiles = { origin, list, read };
    const [a, b] = [await openCheckpoint(whole), await openCheckpoint(await folderFiles(bert))];
    for (const name of a.weights.names.filter((n) => !n.endsWith('position_ids'))) {
      expect((await a.weights.get(name)).data).toEqual((await b.weights.get(name)).data);
    }
  });
});

describe('a checkpoint that is not one', () => {
  const failure = async (): Promise<string> => {
    const error: unknown = await open().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message;
  };

  it('no such folder, and a file in its place', async () => {
    await expect(folderFiles(join(folder, 'nowhere'))).rejects.toThrow('there is no such folder');
    put('file');
    await expect(folderFiles(join(folder, 'file'))).rejects.toThrow('this is a file; name the folder');
    await expect(folderFiles(join(folder, 'file', 'below'))).rejects.toThrow('there is no such folder');
  });

  it('without config.json', async () => {
    expect(await failure()).toContain(`${folder}: there is no config.json`);
    put('model.onnx');
    expect(await failure()).toContain('there is model.onnx');
  });

  it('with a config.json that is empty, broken, or a list', async () => {
    put('config.json', '');
    expect(await failure()).toContain('config.json: the file is empty');
    put('config.json', '{"a": ');
    expect(await failure()).toContain('config.json: not JSON (');
    put('config.json', '[]');
    expect(await failure()).toContain('config.json: expected a JSON object');
    put('config.json', new Uint8Array([0x7b, 0xff, 0x7d]));
    expect(await failure()).toContain('config.json: not JSON (');
  });

  it('without weights', async () => {
    put('config.json');
    put('tf_model.h5');
    expect(await failure()).toBe(
      `${folder}: no weights: looked for model.safetensors, model.safetensors.index.json, ` +
        'model.int8.safetensors, model.int8.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json ' +
        '(there are config.json, tf_model.h5)',
    );
  });

  it('with weights that are cut off', async () => {
    put('config.json');
    copy('tensors.safetensors', 'model.safetensors');
    truncateSync(join(folder, 'model.safetensors'), 630);
    expect(await failure()).toContain('model.safetensors: the file is cut off');
    rmSync(join(folder, 'model.safetensors'));
    copy('zip.bin', 'pytorch_model.bin');
    truncateSync(join(folder, 'pytorch_model.bin'), 3000);
    expect(await failure()).toContain('pytorch_model.bin: the archive is damaged or cut off');
  });

  it('with a pickle that tries to run something', async () => {
    put('config.json');
    copy('evil-system.bin', 'pytorch_model.bin');
    expect(await failure()).toContain('pytorch_model.bin: asks for posix.system');
  });

  it('with a shard missing, or an index that lies', async () => {
    put('config.json');
    cpSync(join(fixtures, 'checkpoint/sharded'), folder, { recursive: true });
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    expect(await failure()).toContain('model-00002-of-00002.safetensors is missing');
    const index = (map: unknown): void => put('model.safetensors.index.json', JSON.stringify({ weight_map: map }));
    index({ ghost: 'model-00001-of-00002.safetensors' });
    expect(await failure()).toContain('says that "ghost" lies in model-00001-of-00002.safetensors, where it is not');
    index({ x: '../../../etc/passwd' });
    expect(await failure()).toContain('not a plain file name: "../../../etc/passwd"');
    index({});
    expect(await failure()).toContain('there is no "weight_map" in it');
  });
});

describe('locateCheckpoint', () => {
  it('takes a folder first', async () => {
    expect((await locateCheckpoint(bert)).origin).toBe(bert);
    await expect(locateCheckpoint('./nowhere')).rejects.toThrow('./nowhere: there is no such folder');
    await expect(locateCheckpoint('/nowhere/at/all')).rejects.toThrow('there is no such folder');
  });

  it('says what a name that is neither may have meant', async () => {
    await expect(locateCheckpoint('a/b/c')).rejects.toThrow(
      'no such folder, and it is not a hub id (org/name[@revision])',
    );
    await expect(locateCheckpoint('robertalarge ')).rejects.toThrow('did you mean roberta-large');
    await expect(locateCheckpoint('')).rejects.toThrow('the name is empty');
  });

  it('takes a hub id', async () => {
    const env = { HF_HOME: root, HF_HUB_OFFLINE: '1' };
    await expect(locateCheckpoint('roberta-large@v1', { env })).rejects.toThrow(
      'roberta-large@v1: there is no folder of this name, and as a model of the hub it is not complete in the cache',
    );
    await expect(locateCheckpoint('albert-base-v3', { env })).rejects.toThrow(
      'no folder of this name (did you mean albert-base-v2 or albert-xlarge-v1?)',
    );
  });

  it('answers at once to a mistyped name of the embedded model', async () => {
    const fetch = () => Promise.reject(new Error('nobody is asked'));
    for (const name of ['embeded', 'Embedded', 'imbedded']) {
      await expect(locateCheckpoint(name, { fetch })).rejects.toThrow(
        `${name}: there is no such folder and no such model (did you mean embedded?)`,
      );
    }
  });

  it('follows modules.json of sentence-transformers', async () => {
    put(
      'modules.json',
      JSON.stringify([{ idx: 0, path: '../out' }, { idx: 1, path: '0_Transformer' }, { path: '1_P' }]),
    );
    cpSync(bert, join(folder, '0_Transformer'), { recursive: true });
    const files = await locateCheckpoint(folder);
    expect(files.origin).toBe(join(folder, '0_Transformer'));
    expect(await files.list()).toContain('model.safetensors');
  });

  it("follows a model's folder in the hub's cache", async () => {
    for (const commit of ['a1', 'b2']) cpSync(bert, join(folder, 'snapshots', commit), { recursive: true });
    await expect(locateCheckpoint(folder)).rejects.toThrow(
      `name a folder that holds one: ${join(folder, 'snapshots', 'a1')}, ${join(folder, 'snapshots', 'b2')}`,
    );
    mkdirSync(join(folder, 'refs'));
    put('refs/main', 'b2\n');
    expect((await locateCheckpoint(folder)).origin).toBe(join(folder, 'snapshots', 'b2'));
  });

  it('names the folder that holds config.json', async () => {
    cpSync(bert, join(folder, 'models', 'mine'), { recursive: true });
    await expect(locateCheckpoint(folder)).rejects.toThrow(
      `${folder}: there is no config.json here; name a folder that holds one: ${join(folder, 'models', 'mine')}`,
    );
  });
});
