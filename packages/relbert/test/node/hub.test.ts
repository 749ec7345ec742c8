import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { openLanguageModel, originOf } from '../../src/encoder/language-model.ts';
import { neededFiles } from '../../src/node/hub/hub.ts';
import { commit, HubServer } from './hub-server.ts';
import { fixture, fixtures, useHub } from './hub-tests.ts';

const { server, events, home, load, failure, repository, kinds, expectComplete } = useHub();

describe('hubFiles', () => {
  it('fetches what is needed into a cache laid out as that of huggingface_hub', async () => {
    const files = await load();
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.origin).toBe('org/model@main');
    expect(await originOf(await openLanguageModel(files))).toEqual({ license: 'apache-2.0' });
    expect(checkpoint.config['model_type']).toBe('bert');
    await expectComplete();
    expect(readFileSync(join(repository(), 'refs/main'), 'utf8')).toBe(commit);
    const pointer = join(repository(), 'snapshots', commit, 'model.safetensors');
    const etag = HubServer.etag('model.safetensors', server.files.get('model.safetensors') as Buffer);
    expect(lstatSync(pointer).isSymbolicLink()).toBe(true);
    expect(readlinkSync(pointer)).toBe(join('../../blobs', etag));
    expect(readdirSync(join(repository(), 'snapshots', commit)).sort()).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(server.gets('pytorch_model.bin').concat(server.gets('onnx'))).toEqual([]);
    expect(kinds()).toEqual(['resolve', 'download', 'progress', 'done']);
    const size = (server.files.get('model.safetensors') as Buffer).byteLength;
    expect(events).toContainEqual({ kind: 'download', file: 'model.safetensors', size, from: 0 });
    expect(events).toContainEqual({ kind: 'progress', file: 'model.safetensors', loaded: size, size });
  });

  it('sends the token to the hub only', async () => {
    await load();
    expect([...server.tokens]).toEqual(['Bearer hf_secret']);
    expect(server.leakedTokens).toEqual([]);
  });

  it('fetches nothing twice', async () => {
    await load();
    server.reset();
    events.length = 0;
    await load();
    expect(server.log).toEqual(['GET /api/models/org/model/revision/main?blobs=true']);
    expect(kinds()).toEqual(['resolve', 'cached']);
  });

  it('asks nothing at all for a commit that is complete in the cache', async () => {
    await load(`org/model@${commit}`);
    server.reset();
    expect((await load(`org/model@${commit}`)).origin).toBe(`org/model@${commit}`);
    expect(server.log).toEqual([]);
    expect(existsSync(join(repository(), 'refs'))).toBe(false);
  });

  it('takes a branch with a slash, as pull requests have', async () => {
    await load('org/model@refs/pr/1');
    expect(server.log[0]).toBe('GET /api/models/org/model/revision/refs%2Fpr%2F1?blobs=true');
    expect(readFileSync(join(repository(), 'refs/refs/pr/1'), 'utf8')).toBe(commit);
  });

  it('fetches the shards that the index names', async () => {
    server.files.delete('model.safetensors');
    for (const name of readdirSync(join(fixtures, 'checkpoint/sharded'))) {
      server.files.set(name, fixture(`checkpoint/sharded/${name}`));
    }
    const { weights } = await openCheckpoint(await load());
    expect(weights.names.length).toBe(7);
    server.reset();
    await load('org/model', { offline: true });
    rmSync(join(repository(), 'snapshots', commit, 'model-00002-of-00002.safetensors'));
    expect(await failure('org/model', { offline: true })).toContain('not complete in the cache');
  });

  it('takes pytorch_model.bin where there are no safetensors, and vocab.txt where there is no tokenizer.json', () => {
    expect(
      neededFiles(['config.json', 'pytorch_model.bin', 'vocab.txt', 'tf_model.h5', 'special_tokens_map.json']),
    ).toEqual(['config.json', 'vocab.txt', 'special_tokens_map.json', 'pytorch_model.bin']);
  });

  it('is stopped by a signal and goes on from there the next time', async () => {
    const controller = new AbortController();
    server.misbehave = (_, response, body) => {
      if (body.byteLength < 50_000) return false;
      response.setHeader('content-length', String(body.byteLength));
      response.write(body.subarray(0, 20_000)); // and no more
      const blobs = join(repository(), 'blobs');
      const timer = setInterval(() => {
        const part = readdirSync(blobs).find((name) => name.endsWith('.incomplete'));
        if (part === undefined || statSync(join(blobs, part)).size < 20_000) return;
        clearInterval(timer);
        controller.abort(new Error('Ctrl-C'));
      }, 10);
      return true;
    };
    await expect(load('org/model', { signal: controller.signal, stallTimeout: 60_000 })).rejects.toThrow('Ctrl-C');
    server.reset();
    await load();
    await expectComplete();
    expect(server.gets('model.safetensors').some((line) => line.endsWith('bytes=20000-'))).toBe(true);
  });
});

describe('offline', () => {
  it('uses the cache and asks nothing', async () => {
    await load();
    server.reset();
    const env = { HF_HOME: home(), HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '1' };
    expect((await openCheckpoint(await load('org/model', { env }))).config['model_type']).toBe('bert');
    expect((await load('org/model', { offline: true })).origin).toBe('org/model@main');
    expect(server.log).toEqual([]);
  });

  it('says what is missing', async () => {
    const message = await failure('org/model', { offline: true });
    expect(message).toContain(
      `org/model@main: there is no folder of this name, and as a model of the hub it is not complete in the cache (${repository()}) while the offline switch is on`,
    );
    expect(existsSync(join(home(), 'hub'))).toBe(false);
    expect(server.log).toEqual([]);
  });

  it('a half-fetched model is not taken for a whole one', async () => {
    server.misbehave = (request, response) => {
      if (!request.url?.endsWith('.safetensors')) return false;
      response.writeHead(404).end();
      return true;
    };
    expect(await failure()).toContain('model.safetensors: the server answers 404');
    expect(await failure('org/model', { offline: true })).toContain('not complete in the cache');
  });

  it('falls back to the cache where the hub cannot be reached, and says so', async () => {
    await load();
    events.length = 0;
    await load('org/model', { endpoint: 'http://127.0.0.1:9' });
    expect(kinds()).toEqual(['offline']);
    server.refuse = (_, response) => {
      response.writeHead(500).end();
      return true;
    };
    await load();
    server.refuse = (_, response) => {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      return true;
    };
    expect(await failure()).toContain('no branch, tag or commit'); // an answer, not an outage
  });
});

describe('several at once', () => {
  it('fetch a file once', async () => {
    let gets = 0;
    server.misbehave = (_, response, body) => {
      if (body.byteLength < 50_000) return false;
      gets++;
      response.setHeader('content-length', String(body.byteLength));
      setTimeout(() => response.end(body), 200);
      return true;
    };
    await Promise.all([load(), load(), load()]);
    await expectComplete();
    expect(gets).toBe(
      [...server.files].filter(
        ([name, body]) => neededFiles([...server.files.keys()]).includes(name) && body.byteLength >= 50_000,
      ).length,
    );
    expect(kinds()).toContain('wait');
  });

  it('a lock whose holder died is taken over', async () => {
    const locks = join(home(), 'hub/.locks/models--org--model');
    mkdirSync(locks, { recursive: true });
    for (const [name, body] of server.files) {
      writeFileSync(
        join(locks, `${HubServer.etag(name, body)}.relbert.lock`),
        JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }),
      );
    }
    await load();
    for (const name of readdirSync(join(repository(), 'blobs'))) expect(name).not.toContain('incomplete');
  });
});
