import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEncoderParts } from '../../src/encoder/load-encoder.ts';
import { RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import type { CheckpointFiles } from '../../src/formats/byte-source.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { locateCheckpoint } from '../../src/node/locate.ts';
import { type ImportModel, packagedModelFiles } from '../../src/node/packaged-model.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { fetchFiles } from '../../src/web/files.ts';
import { tinyModel } from '../cli/command.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'relbert-packaged-'));
const folder = join(temporary, 'relbert-mpnet-base');
const importPacked: ImportModel = () => import(pathToFileURL(join(folder, 'index.js')).href);
const shardBytes = 4000;

beforeAll(() => {
  mkdirSync(folder);
  for (const name of ['package.json', 'index.d.ts', 'LICENSE']) {
    copyFileSync(join(root, 'packages/relbert-mpnet-base', name), join(folder, name));
  }
  const args = ['relbert-mpnet-base', '--model', tinyModel, '--folder', folder, '--shard-size', `${shardBytes / 1e6}`];
  const script = join(root, 'packages/reproduction/scripts/pack-model.ts');
  // Packed twice: files of the first time do not stay.
  for (const further of [['--shard-size', '0.001'], []]) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args, ...further], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  }
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const embeddings = async (files: CheckpointFiles): Promise<Float32Array> => {
  const encoder = new RelationEncoder(await loadEncoderParts(files, nodeRuntime(), { threads: 1 }));
  try {
    const { data } = await encoder.encode([
      ['cat', 'tail'],
      ['Paris', 'France'],
    ]);
    return data;
  } finally {
    await encoder.dispose();
  }
};

describe('the package of a larger model, packed from a tiny one', () => {
  it('has its weights in numbered files below a size, and lists what it has', async () => {
    const names = readdirSync(folder);
    const shards = names.filter((name) => name.endsWith('.safetensors'));
    expect(shards.length).toBeGreaterThan(1);
    expect(shards).toEqual(
      shards.map((_, i) => `model.int8-0000${i + 1}-of-${String(shards.length).padStart(5, '0')}.safetensors`),
    );
    const index = JSON.parse(readFileSync(join(folder, 'model.int8.safetensors.index.json'), 'utf8')) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    expect([...new Set(Object.values(index.weight_map))].toSorted()).toEqual(shards);
    const tensorBytes = shards.map((name) => {
      const header = Number(readFileSync(join(folder, name)).readBigUInt64LE(0));
      return statSync(join(folder, name)).size - 8 - header;
    });
    expect(tensorBytes.reduce((sum, bytes) => sum + bytes)).toBe(index.metadata.total_size);
    expect(Math.max(...tensorBytes)).toBeLessThanOrEqual(shardBytes);
    const { default: listed } = await importPacked('relbert-mpnet-base');
    expect(Object.keys(listed)).toEqual(expect.arrayContaining([...shards, 'model.int8.safetensors.index.json']));
    expect(existsSync(join(folder, 'vocab.txt'))).toBe(false);
  });

  it('is a package that publint takes, with all its weights in the tarball', async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true });
    expect(messages).toEqual([]);
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd: folder, encoding: 'utf8' });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    const { default: listed } = await importPacked('relbert-mpnet-base');
    expect(packed).toEqual(expect.arrayContaining([...Object.keys(listed), 'index.js', 'index.d.ts', 'LICENSE']));
  });

  it('is computed with as one file of the same weights, in Node and from its list of files', async () => {
    const single = join(temporary, 'single');
    const relbert = join(root, 'packages/relbert/bin/relbert.js');
    const args = ['export', '--format', 'safetensors', '--dtype', 'int8', '--model', tinyModel, '--output', single];
    expect(spawnSync(process.execPath, [relbert, ...args]).status).toBe(0);
    const expected = await embeddings(await folderFiles(single));
    expect(await embeddings(await packagedModelFiles('relbert-mpnet-base', importPacked))).toEqual(expected);
    const { default: listed } = await importPacked('relbert-mpnet-base');
    const fetch = async (url: string) => new Response(readFileSync(new URL(url)));
    const web = fetchFiles(listed as Parameters<typeof fetchFiles>[0], { cache: false, fetch });
    expect(await embeddings(web)).toEqual(expected);
  });
});

describe('a model whose package is not there', () => {
  it('is an error that says how to get it', async () => {
    const missing: ImportModel = () => Promise.reject(new Error('Cannot find package'));
    await expect(packagedModelFiles('relbert-mpnet-base', missing)).rejects.toThrow(
      "relbert-mpnet-base: its package relbert-mpnet-base is not installed; install it beside relbert with 'npm install relbert-mpnet-base'",
    );
    rmSync(join(temporary, 'empty'), { recursive: true, force: true });
    mkdirSync(join(temporary, 'empty'));
    const url = pathToFileURL(join(temporary, 'empty', 'config.json')).href;
    await expect(
      packagedModelFiles('relbert-mpnet-base', async () => ({ default: { 'config.json': { url } } })),
    ).rejects.toThrow(`its package relbert-mpnet-base has no weights in ${join(temporary, 'empty')}; install it`);
  });

  it('is the embedded one under the name of its package', async () => {
    const { origin } = await locateCheckpoint('relbert-minilm-l6');
    expect(origin).toBe('relbert-minilm-l6');
  });
});
