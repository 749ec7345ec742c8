import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { hubFiles } from '../../src/node/hub/hub.ts';
import { commit, HubServer } from './hub-server.ts';

const fixtures = fileURLToPath(new URL('../fixtures/encoder/bert/', import.meta.url));
const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const server = new HubServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

let cache: string;
let elsewhere: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-hub-cache-'));
  cache = join(folder, 'hub');
  elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  for (const name of names) server.files.set(name, readFileSync(join(fixtures, name)));
});
afterEach(() => {
  server.reset();
  rmSync(dirname(cache), { recursive: true, force: true });
});

const repository = (...path: string[]): string => join(cache, 'models--org--model', ...path);
const bytesOf = (name: string): Buffer => server.files.get(name) as Buffer;
const etagOf = (name: string): string => HubServer.etag(name, bytesOf(name));
const blobOf = (name: string): string => repository('blobs', etagOf(name));
const load = (model = 'org/model', offline = false, env = {}) =>
  hubFiles(model, { env, endpoint: server.endpoint, cache, offline, pause: 1, stallTimeout: 2000 });
const expectWhole = (): void => {
  for (const name of names) {
    expect(readFileSync(repository('snapshots', commit, name)).equals(bytesOf(name)), name).toBe(true);
  }
};
/** Stores text at a path, with the folders above it. */
const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

describe('a cached blob that was cut', () => {
  it.each(names)('is fetched again (%s)', async (name) => {
    await load();
    truncateSync(blobOf(name), 10);
    server.reset();
    await load();
    expectWhole();
    for (const other of names) expect(server.gets(other).length > 0, other).toBe(other === name);
  });

  it('is fetched again where the model is named by its commit', async () => {
    await load(`org/model@${commit}`);
    truncateSync(blobOf('model.safetensors'), bytesOf('model.safetensors').byteLength - 1);
    await expect(load(`org/model@${commit}`, true)).rejects.toThrow('not complete in the cache');
    await load(`org/model@${commit}`);
    expectWhole();
  });
});

describe('symbolic links in the cache', () => {
  it('one at .incomplete is removed, what it leads to stays', async () => {
    const victim = join(elsewhere, 'victim');
    for (const content of [bytesOf('model.safetensors').subarray(0, 100), Buffer.from('mine')]) {
      writeFileSync(victim, content);
      mkdirSync(repository('blobs'), { recursive: true });
      symlinkSync(victim, `${blobOf('model.safetensors')}.incomplete`);
      await load();
      expectWhole();
      expect(lstatSync(blobOf('model.safetensors')).isFile()).toBe(true);
      expect(readFileSync(victim).equals(content)).toBe(true);
      rmSync(cache, { recursive: true });
    }
  });

  it.each(['refs/main', 'refs'])('one at %s is not read, and replaced', async (path) => {
    await load();
    const other = 'beef000000000000000000000000000000000002';
    rmSync(repository('refs'), { recursive: true });
    writeFileSync(join(elsewhere, 'main'), path === 'refs' ? commit : other);
    if (path !== 'refs') mkdirSync(repository('refs'));
    symlinkSync(path === 'refs' ? elsewhere : join(elsewhere, 'main'), repository(path));
    await expect(load('org/model', true)).rejects.toThrow('not complete in the cache');
    await load();
    expect(lstatSync(repository('refs')).isDirectory()).toBe(true);
    expect(lstatSync(repository('refs/main')).isFile()).toBe(true);
    expect(readFileSync(repository('refs/main'), 'utf8')).toBe(commit);
    expect(readFileSync(join(elsewhere, 'main'), 'utf8')).toBe(path === 'refs' ? commit : other);
  });
});

describe('the cache of huggingface_hub 2.4', () => {
  const xetHash = 'ab'.repeat(32);
  const stored = (): string => join(cache, 'blobs/ab', xetHash);
  const putShared = (content: Buffer, marker = '1\n'): void => {
    put(join(cache, 'blobs/.huggingface-shared-blobs'), marker);
    put(stored(), content);
  };
  const tree = (files: Record<string, unknown>, version = 1): void =>
    put(repository('trees', `${commit}.json`), JSON.stringify({ format_version: version, files }));
  const facts = (): Record<string, unknown> =>
    Object.fromEntries(
      names.map((name) => {
        const size = bytesOf(name).byteLength;
        const lfs = HubServer.isLarge(name) ? { lfs_sha256: etagOf(name), lfs_size: size, xet_hash: xetHash } : {};
        return [name, { size: HubServer.isLarge(name) ? 134 : size, blob_id: etagOf(name), ...lfs }];
      }),
    );

  it('is read: blobs that are links into the shared store', async () => {
    await load();
    putShared(bytesOf('model.safetensors'));
    rmSync(blobOf('model.safetensors'));
    symlinkSync(join('../../blobs/ab', xetHash), blobOf('model.safetensors'));
    server.reset();
    expect((await openCheckpoint(await load('org/model', true))).config['model_type']).toBe('bert');
    await load();
    expect(server.log.length).toBe(1);
    expect(lstatSync(blobOf('model.safetensors')).isSymbolicLink()).toBe(true);
    rmSync(stored()); // as Python does when nothing it knows refers to the entry
    await load();
    expectWhole();
  });

  it('gives what another repository fetched, without the network and without a copy', async () => {
    putShared(bytesOf('model.safetensors'));
    server.xetHashes.set('model.safetensors', xetHash);
    await load();
    expectWhole();
    expect(server.gets('model.safetensors')).toEqual([]);
    expect(statSync(blobOf('model.safetensors')).ino).toBe(statSync(stored()).ino);
    rmSync(stored());
    expectWhole();
    expect(readdirSync(repository('blobs')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each(['HF_HUB_DISABLE_SHARED_BLOBS', 'HF_HUB_DISABLE_XET'])('is not used with %s', async (name) => {
    putShared(bytesOf('model.safetensors'));
    server.xetHashes.set('model.safetensors', xetHash);
    await load('org/model', false, { [name]: '1' });
    expectWhole();
    expect(server.gets('model.safetensors').length).toBeGreaterThan(0);
  });

  it.each(['cut', 'another content', 'a symbolic link', 'a store of the future', 'not a hash'])(
    'is not trusted: %s',
    async (kind) => {
      const good = bytesOf('model.safetensors');
      putShared(kind === 'cut' ? good.subarray(1) : good, kind === 'a store of the future' ? '2\n' : '1\n');
      if (kind === 'another content') writeFileSync(stored(), Buffer.alloc(good.byteLength));
      if (kind === 'a symbolic link') {
        writeFileSync(join(elsewhere, 'file'), good);
        rmSync(stored());
        symlinkSync(join(elsewhere, 'file'), stored());
      }
      server.xetHashes.set('model.safetensors', kind === 'not a hash' ? `../ab/${xetHash}` : xetHash);
      const before = readFileSync(stored());
      await load();
      expectWhole();
      expect(server.gets('model.safetensors').length).toBeGreaterThan(0);
      expect(readFileSync(stored()).equals(before)).toBe(true);
    },
  );

  it('lists the files of a commit: no request for the list, and a cut file is noticed offline', async () => {
    tree(facts());
    await load(`org/model@${commit}`);
    expectWhole();
    expect(server.log.filter((line) => line.includes('/api/'))).toEqual([]);
    truncateSync(blobOf('tokenizer.json'), 10);
    await expect(load(`org/model@${commit}`, true)).rejects.toThrow('not complete in the cache');
    await load(`org/model@${commit}`);
    expectWhole();
  });

  it.each(['another format', 'damaged'])('has a tree that is ignored: %s', async (kind) => {
    if (kind === 'damaged') put(repository('trees', `${commit}.json`), '{"format_version": 1, "files": {"config');
    else tree({ 'config.json': { size: 1 } }, 2);
    await load(`org/model@${commit}`);
    expectWhole();
    expect(server.log.filter((line) => line.includes('/api/')).length).toBe(1);
    expect((await load(`org/model@${commit}`, true)).origin).toBe(`org/model@${commit}`);
  });

  it('is not written to: trees and store belong to Python', async () => {
    await load();
    expect(existsSync(repository('trees'))).toBe(false);
    expect(existsSync(join(cache, 'blobs'))).toBe(false);
  });
});
