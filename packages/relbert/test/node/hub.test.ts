import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { licenceOf, openLanguageModel } from '../../src/encoder/language-model.ts';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { type HubOptions, hubFiles, neededFiles } from '../../src/node/hub/hub.ts';
import type { HubEvent } from '../../src/node/hub/hub-event.ts';
import { hubSettings } from '../../src/node/hub/hub-settings.ts';
import { commit, HubServer } from './hub-server.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const fixture = (name: string): Buffer => readFileSync(join(fixtures, name));
const server = new HubServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

let home: string;
let events: HubEvent[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'relbert-hub-'));
  events = [];
  server.files.clear();
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
    server.files.set(name, fixture(`encoder/bert/${name}`));
  }
  server.files.set('README.md', Buffer.from('---\nlicense: apache-2.0\n---\n# A model\n'));
  server.files.set('vocab.txt', Buffer.from('not needed beside tokenizer.json'));
  server.files.set('pytorch_model.bin', Buffer.from('not needed beside safetensors'));
  server.files.set('onnx/model.onnx', Buffer.from('not needed'));
});
afterEach(() => {
  server.reset();
  rmSync(home, { recursive: true, force: true });
});

const options = (more: HubOptions = {}): HubOptions => ({
  env: { HF_HOME: home, HF_ENDPOINT: server.endpoint, HF_TOKEN: 'hf_secret' },
  onProgress: (event) => events.push(event),
  pause: 1,
  stallTimeout: 2000,
  ...more,
});
const load = (model = 'org/model', more: HubOptions = {}) => hubFiles(model, options(more));
const failure = async (model?: string, more?: HubOptions): Promise<string> => {
  const error: unknown = await load(model, more).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  const { message, stack } = error as Error;
  expect(`${message} ${stack}`).not.toContain('hf_secret');
  return message;
};
const repository = (): string => join(home, 'hub/models--org--model');
const kinds = (): string[] => [...new Set(events.map(({ kind }) => kind))];
const expectComplete = async (): Promise<void> => {
  const snapshot = join(repository(), 'snapshots', commit);
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
    expect(readFileSync(join(snapshot, name)), name).toEqual(server.files.get(name));
  }
  expect(readdirSync(join(repository(), 'blobs')).filter((name) => name.endsWith('.incomplete'))).toEqual([]);
  expect(readdirSync(join(home, 'hub/.locks/models--org--model'))).toEqual([]);
};

describe('hubFiles', () => {
  it('fetches what is needed into a cache laid out as that of huggingface_hub', async () => {
    const files = await load();
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.origin).toBe('org/model@main');
    expect(await licenceOf(await openLanguageModel(files))).toBe('apache-2.0');
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
    events = [];
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
      setTimeout(() => controller.abort(new Error('Ctrl-C')), 50);
      return true;
    };
    await expect(load('org/model', { signal: controller.signal, stallTimeout: 60_000 })).rejects.toThrow('Ctrl-C');
    server.reset();
    await load();
    await expectComplete();
    expect(server.gets('model.safetensors').some((line) => line.endsWith('bytes=20000-'))).toBe(true);
  });
});

describe('a hub that misbehaves', () => {
  const large = (body: Buffer): boolean => body.byteLength > 50_000;

  it('fails, then works', async () => {
    let failures = 0;
    const fail = (response: import('node:http').ServerResponse): boolean => {
      if (failures++ >= 3) return false;
      response.writeHead([500, 503, 429][failures % 3] as number, { 'retry-after': '0' }).end();
      return true;
    };
    server.refuse = (_, response) => fail(response);
    await load();
    failures = 0;
    rmSync(repository(), { recursive: true });
    server.refuse = () => false;
    server.misbehave = (_, response) => fail(response);
    await load();
    await expectComplete();
    expect(events.filter(({ kind }) => kind === 'retry').length).toBe(6);
  });

  it('fails for good', async () => {
    server.refuse = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await failure()).toBe(
      `org/model@main: there is no folder of this name, and the hub (${server.endpoint}) was not reached: gave up after 5 attempts: the server answers 503 Service Unavailable`,
    );
    expect(server.log.length).toBe(5);
  });

  it('says at once that a name without an organisation is neither a folder nor reached', async () => {
    server.refuse = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await failure('nope')).toBe(
      `nope@main: there is no folder of this name, and the hub (${server.endpoint}) was not reached: the server answers 503 Service Unavailable`,
    );
    expect(await failure('robertalarge')).toContain('no folder of this name (did you mean roberta-large');
    expect([server.log.length, kinds()]).toEqual([2, []]); // neither tried again
  });

  it('cuts off in the middle: the download goes on where it was', async () => {
    let cuts = 0;
    server.misbehave = (request, response, body) => {
      if (!large(body) || cuts++ >= 3) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      if (from > 0) {
        response.statusCode = 206;
        response.setHeader('content-range', `bytes ${from}-${body.byteLength - 1}/${body.byteLength}`);
      }
      response.setHeader('content-length', String(body.byteLength - from));
      // Time for the bytes to arrive: a connection that is reset loses what was not read yet.
      response.write(body.subarray(from, from + 10_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    await load();
    await expectComplete();
    const ranges = server.gets('model.safetensors').map((line) => / bytes=(\d+)-$/.exec(line)?.[1]);
    expect(ranges.filter((range) => range !== undefined).length).toBeGreaterThanOrEqual(3);
    expect(events.some((event) => event.kind === 'download' && event.from > 0)).toBe(true);
  });

  it('cuts off and cannot go on: the download starts anew', async () => {
    let requests = 0;
    server.misbehave = (_, response, body) => {
      if (!large(body)) return false;
      response.setHeader('content-length', String(body.byteLength));
      if (requests++ === 0) response.write(body.subarray(0, 10_000), () => setTimeout(() => response.destroy(), 50));
      else response.end(body); // 200, whatever range was asked for
      return true;
    };
    await load();
    await expectComplete();
  });

  it('sends another range than was asked for', async () => {
    let requests = 0;
    server.misbehave = (_, response, body) => {
      if (!large(body) || requests++ > 1) return false;
      if (requests === 1)
        response
          .setHeader('content-length', String(body.byteLength))
          .write(body.subarray(0, 10_000), () => setTimeout(() => response.destroy(), 50));
      else
        response
          .writeHead(206, { 'content-range': `bytes 5000-${body.byteLength - 1}/${body.byteLength}` })
          .end(body.subarray(5000));
      return true;
    };
    await load();
    await expectComplete();
  });

  it('stalls', async () => {
    let stalls = 0;
    server.misbehave = (_, response, body) => {
      if (!large(body) || stalls++ > 0) return false;
      response.setHeader('content-length', String(body.byteLength));
      response.write(body.subarray(0, 10_000));
      return true;
    };
    await load('org/model', { stallTimeout: 300 });
    await expectComplete();
    expect(events.find(({ kind }) => kind === 'retry')).toMatchObject({ reason: 'nothing came for 0.3 s' });
  });

  it('trickles: bytes that come too slowly count as a stall', async () => {
    let trickles = 0;
    server.misbehave = (_, response, body) => {
      if (!large(body) || trickles++ > 0) return false;
      response.setHeader('content-length', String(body.byteLength));
      let sent = 0;
      const timer = setInterval(() => response.write(body.subarray(sent, ++sent)), 20);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    await load('org/model', { stallTimeout: 200 });
    await expectComplete();
    const reasons = events.map((event) => (event.kind === 'retry' ? event.reason : ''));
    expect(reasons).toContainEqual(expect.stringMatching(/^only \d\d bytes came in 0\.\d+ s$/));
    expect(server.gets('model.safetensors').some((line) => / bytes=\d\d-$/.test(line))).toBe(true);
  });

  it('cuts off after a few bytes each time: that is not progress', async () => {
    server.misbehave = (request, response, body) => {
      if (!large(body)) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      if (from > 0) {
        response.statusCode = 206;
        response.setHeader('content-range', `bytes ${from}-${body.byteLength - 1}/${body.byteLength}`);
      }
      response.setHeader('content-length', String(body.byteLength - from));
      response.write(body.subarray(from, from + 10), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    expect(await failure()).toMatch(/^org\/model@main\/\S+: gave up after 5 attempts: /);
  });

  it('lists files without end, fast or slowly', async () => {
    const chunk = Buffer.alloc(1 << 20, ' ');
    server.refuse = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {}
      };
      response.on('drain', more);
      more();
      return true;
    };
    expect(await failure()).toBe(
      "org/model@main: the server's list of files is longer than 64 MiB; is HF_ENDPOINT right?",
    );
    server.refuse = (_, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    expect(await failure('org/model', { stallTimeout: 200, attempts: 2 })).toMatch(
      /gave up after 2 attempts: only \d+ bytes came in 0\.\d+ s$/,
    );
  });

  it('has a file of 0 bytes', async () => {
    server.files.set('special_tokens_map.json', Buffer.alloc(0));
    await load();
    await expectComplete();
    const file = join(repository(), 'snapshots', commit, 'special_tokens_map.json');
    expect(readFileSync(file).byteLength).toBe(0);
    expect(readlinkSync(file)).toBe('../../blobs/e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'); // git's hash of nothing
    server.reset();
    await load();
    expect(server.log.length).toBe(1);
  });

  it.each(['model.safetensors', 'config.json'])('announces the hash of %s in capitals: it is checked', async (name) => {
    server.upperCase = true;
    server.misbehave = (request, response, body) => {
      if (!request.url?.endsWith(name)) return false;
      response.setHeader('content-length', String(body.byteLength)).end(Buffer.alloc(body.byteLength, ' '));
      return true;
    };
    expect(await failure()).toContain('does not have the hash it announced');
    server.misbehave = () => false;
    await load();
    await expectComplete();
  });

  it('never answers', async () => {
    server.refuse = () => true;
    expect(await failure('org/model', { stallTimeout: 50, attempts: 2 })).toContain(
      'gave up after 2 attempts: nothing came for 0.05 s',
    );
  });

  it.each([-100, 100])('announces a size that is wrong by %d bytes', async (difference) => {
    server.misbehave = (_, response, body) => {
      if (!large(body)) return false;
      const sent = difference < 0 ? body.subarray(0, difference) : Buffer.concat([body, Buffer.alloc(difference)]);
      response.setHeader('content-length', String(sent.byteLength));
      response.end(sent);
      return true;
    };
    const message = await failure();
    expect(message).toMatch(
      difference < 0 ? /gave up after 5 attempts: / : /the server sent \d+ bytes where it had announced \d+, twice/,
    );
    expect(existsSync(join(repository(), 'refs/main'))).toBe(false);
    expect(existsSync(join(repository(), 'snapshots', commit, 'model.safetensors'))).toBe(false);
    server.reset();
    await load();
    await expectComplete();
  });

  it.each(['model.safetensors', 'config.json'])('sends a %s that does not have the announced hash', async (name) => {
    const good = server.files.get(name) as Buffer;
    server.misbehave = (request, response, body) => {
      if (!request.url?.endsWith(name)) return false;
      const bad = Buffer.from(body);
      bad[bad.byteLength - 9] = (bad[bad.byteLength - 9] as number) ^ 1;
      response.setHeader('content-length', String(bad.byteLength));
      response.end(bad);
      return true;
    };
    expect(await failure()).toContain('does not have the hash it announced');
    const etag = HubServer.etag(name, good);
    expect(readdirSync(join(repository(), 'blobs')).filter((file) => file.startsWith(etag))).toEqual([]);
    server.reset();
    await load();
    await expectComplete();
  });

  it('is no hub', async () => {
    server.refuse = (_, response) => {
      response.end('<html>Welcome to the hotel network</html>');
      return true;
    };
    expect(await failure()).toContain("(the hub's answer): not JSON");
    server.refuse = (_, response) => {
      response.end('{"ok":true}');
      return true;
    };
    expect(await failure()).toContain("the server's answer is not that of a HuggingFace hub");
  });

  it('refuses the connection, or has no address', async () => {
    const env = { HF_HOME: home, HF_ENDPOINT: 'http://127.0.0.1:9' };
    expect(await failure('org/model', { env, attempts: 2 })).toContain('gave up after 2 attempts: ');
    await expect(hubSettings({ env: { HF_ENDPOINT: 'huggingface.co' } })).rejects.toThrow('expected a web address');
  });

  it('lists a model without weights or config', async () => {
    server.files.delete('model.safetensors');
    server.files.delete('pytorch_model.bin');
    expect(await failure()).toContain(
      'the model has no weights (model.safetensors or pytorch_model.bin); it has config.json',
    );
  });
});

describe('what the hub refuses', () => {
  const answer = (status: number, code?: string): void => {
    server.refuse = (_, response) => {
      response.writeHead(status, code ? { 'x-error-code': code } : {}).end();
      return true;
    };
  };

  it('a model that does not exist, or is private', async () => {
    answer(401, 'RepoNotFound');
    const message = await failure('relbert/relbert-roberta-lrge', { token: false });
    expect(message).toContain('there is no such model on the hub (did you mean relbert/relbert-roberta-large');
    expect(message).toContain('if it is private, set HF_TOKEN to a token that may read it');
    expect([...server.tokens]).toEqual([undefined]);
    expect(server.log.length).toBe(1); // no use to try again
    answer(404, 'RepoNotFound');
    expect(await failure('org/other')).toContain(
      'the token in use (HF_TOKEN, or the one of `hf auth login`) may not read it',
    );
  });

  it('a revision that does not exist', async () => {
    answer(404, 'RevisionNotFound');
    expect(await failure('org/model@v9')).toBe('org/model@v9: the model has no branch, tag or commit "v9"');
  });

  it('a gated model', async () => {
    answer(403, 'GatedRepo');
    expect(await failure('org/model')).toContain('the model is gated: accept its terms');
  });

  it('an unexpected status', async () => {
    answer(418);
    expect(await failure()).toContain("the hub answers 418 I'm a Teapot");
  });
});

describe('offline', () => {
  it('uses the cache and asks nothing', async () => {
    await load();
    server.reset();
    const env = { HF_HOME: home, HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '1' };
    expect((await openCheckpoint(await load('org/model', { env }))).config['model_type']).toBe('bert');
    expect((await load('org/model', { offline: true })).origin).toBe('org/model@main');
    expect(server.log).toEqual([]);
  });

  it('says what is missing', async () => {
    const message = await failure('org/model', { offline: true });
    expect(message).toContain(
      `org/model@main: there is no folder of this name, and as a model of the hub it is not complete in the cache (${repository()}) while the offline switch is on`,
    );
    expect(existsSync(join(home, 'hub'))).toBe(false);
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
    events = [];
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
    const locks = join(home, 'hub/.locks/models--org--model');
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
