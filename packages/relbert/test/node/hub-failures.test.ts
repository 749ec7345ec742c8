import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hubSettings } from '../../src/node/hub/hub-settings.ts';
import { commit, HubServer } from './hub-server.ts';
import { useHub } from './hub-tests.ts';

const { server, events, home, load, failure, repository, kinds, expectComplete } = useHub();

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
    const env = { HF_HOME: home(), HF_ENDPOINT: 'http://127.0.0.1:9' };
    expect(await failure('org/model', { env, attempts: 2 })).toContain('gave up after 2 attempts: ');
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128');
    vi.stubEnv('NODE_USE_ENV_PROXY', undefined);
    expect(await failure('org/model', { env, attempts: 1 })).toContain('; HTTPS_PROXY is set');
    vi.unstubAllEnvs();
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

  it('a gated model, which is listed: its files are refused', async () => {
    server.refuse = (request, response) => {
      if (request.method !== 'HEAD') return false;
      response
        .writeHead(401, { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access to model is restricted' })
        .end();
      return true;
    };
    expect(await failure('org/model', { token: false })).toMatch(
      /^org\/model@main\/.+: the model is gated: accept its terms on its page on the hub; then set HF_TOKEN$/,
    );
    expect(await failure('org/model')).toContain('the token in use (HF_TOKEN, or the one of `hf auth login`) may not');
  });

  it('a token that has expired: what the cache holds is used, and without it the message is about the token', async () => {
    const refuseToken = () => {
      server.refuse = (request, response) => {
        if (request.headers.authorization === undefined) return false;
        response.writeHead(401, { 'x-error-message': 'Invalid credentials in Authorization header' }).end();
        return true;
      };
    };
    refuseToken();
    const message =
      'org/model@main: the hub does not accept the token in use (it may have expired): run `hf auth login`';
    expect(await failure()).toContain(message);
    server.refuse = () => false;
    await load();
    refuseToken();
    events.length = 0;
    await load();
    expect(events).toMatchObject([{ kind: 'offline', reason: expect.stringContaining(message) }]);
  });

  it('an unexpected status', async () => {
    answer(418);
    expect(await failure()).toContain("the hub answers 418 I'm a Teapot");
  });
});
