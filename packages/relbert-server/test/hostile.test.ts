import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../src/index.ts';
import { post, raw, requestText, start } from './server.ts';

const pair = { pairs: [['Tokyo', 'Japan']] };

describe('bad input', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await start({ timeout: 2, maxPairs: 10 });
  });
  afterAll(() => server?.close());

  /** Whatever came before: the server answers the next request. */
  async function expectAlive(): Promise<void> {
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
  }

  it.each([
    ['not JSON', '{"pairs":', 400],
    ['empty', '', 400],
    ['NaN', '{"pairs":[[NaN,"a"]]}', 400],
    ['a byte order mark and nothing', '\ufeff', 400],
    ['another type', '"pairs"', 422],
    ['null', 'null', 422],
    ['a number for pairs', '{"pairs":1e400}', 422],
    ['numbers for words', '{"pairs":[[1,2]]}', 422],
    ['one word', '{"pairs":[["a"]]}', 422],
    ['three words', '{"pairs":[["a","b","c"]]}', 422],
    ['no pair', '{"pairs":[]}', 422],
    ['too many pairs', JSON.stringify({ pairs: Array(11).fill(['a', 'b']) }), 422],
    ['a blank word', '{"pairs":[["a"," \\t\\u00a0"]]}', 422],
    ['an empty word', '{"pairs":[["","b"]]}', 422],
    ['a word of invisible characters', '{"pairs":[["\\u200b\\u0000","b"]]}', 422],
    ['a word of combining marks and for private use', '{"pairs":[["\\u0344\\u08d4\\udbc0\\udc00","b"]]}', 422],
    ['a lone surrogate', '{"pairs":[["a\\ud800","b"]]}', 422],
    ['a long word', JSON.stringify({ pairs: [['a'.repeat(129), 'b']] }), 422],
    ['an unknown member', '{"pairs":[["a","b"]],"normalise":true}', 422],
    ['a member called __proto__', '{"__proto__":{"pairs":[["a","b"]]}}', 422],
    ['lists within each other', '['.repeat(200_000), 400],
    ['closed lists within each other', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 422],
  ])('%s is refused', async (_, body, status) => {
    const answer = await post(server, '/v1/embed', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, type: 'about:blank', requestId: answer.headers.get('x-request-id') });
    expect(answer.body.detail).not.toMatch(/\n|node:|\.ts|\.js|ZodError/);
  });

  it('a refusal names the place of the mistake', async () => {
    const { body } = await post(server, '/v1/similarity', { a: ['x', 'y'], b: ['x', ''] });
    expect(body.errors[0].pointer).toBe('/b/1');
  });

  it('mapping refuses sides of unequal length and a term that occurs twice', async () => {
    for (const sides of [
      { source: ['a', 'b'], target: ['c', 'd', 'e'] },
      { source: ['a', 'a'], target: ['c', 'd'] },
    ]) {
      expect((await post(server, '/v1/mapping', sides)).status).toBe(422);
    }
  });

  it('bytes that are not UTF-8 are refused', async () => {
    const response = await fetch(`${server.url}/v1/embed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    expect(response.status).toBe(400);
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])(
    'content type %s is refused',
    async (type) => {
      const response = await fetch(`${server.url}/v1/embed`, {
        method: 'POST',
        headers: type === undefined ? {} : { 'content-type': type },
        body: Buffer.from(JSON.stringify(pair)),
      });
      expect(response.status).toBe(415);
    },
  );

  it('a compressed body is refused', async () => {
    expect((await post(server, '/v1/embed', pair, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('10 MB are refused by their declared length, without being read', async () => {
    const body = JSON.stringify({ pairs: [['a'.repeat(10_000_000), 'b']] });
    expect((await post(server, '/v1/embed', body)).status).toBe(413);
    await expectAlive();
  });

  it('a body of unknown length is refused when the limit is reached', async () => {
    const refusals = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(/^relbert_http_requests_total\{.*status="413"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    const before = await refusals();
    const response = await fetch(`${server.url}/v1/embed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)),
      }),
      // @ts-expect-error the types of fetch do not have it yet
      duplex: 'half',
    }).catch((error: Error) => error);
    // The server may end the connection before the client has read the answer.
    if (response instanceof Response) expect(response.status).toBe(413);
    await expect.poll(refusals).toBe(before + 1);
    await expectAlive();
  });

  it('a wrong path, a wrong method', async () => {
    expect((await post(server, '/v1/nothing', pair)).status).toBe(404);
    expect((await post(server, '/v1/neighbours', pair)).status).toBe(404);
    for (const [path, method, allow] of [
      ['/v1/embed', 'GET', 'POST'],
      ['/v1/embed', 'DELETE', 'POST'],
      ['/v1/embed', 'OPTIONS', 'POST'],
      ['/health', 'POST', 'GET, HEAD'],
    ] as const) {
      const response = await fetch(server.url + path, { method });
      expect([path, method, response.status, response.headers.get('allow')]).toEqual([path, method, 405, allow]);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('a request id is taken over; one that could break a line is replaced', async () => {
    const answer = await post(server, '/v1/embed', pair, { 'x-request-id': 'abc-1' });
    expect(answer.headers.get('x-request-id')).toBe('abc-1');
    const replaced = await post(server, '/v1/embed', pair, { 'x-request-id': 'a b' });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('without CORS no page may ask', async () => {
    const answer = await post(server, '/v1/embed', pair, { origin: 'https://example.org' });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('a head that does not come in time is answered 408', async () => {
    const client = await raw(server, 'POST /v1/embed HTTP/1.1\r\nhost: localhost\r\n');
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 408 .*application\/problem\+json/s);
    await expectAlive();
  });

  it('a body that does not come in time is answered 408', async () => {
    const text = requestText('/v1/embed', JSON.stringify(pair));
    const client = await raw(server, text.slice(0, -5));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 408 .*application\/problem\+json/s);
  });

  it('a slow body that comes in time is answered', async () => {
    const text = requestText('/v1/embed', JSON.stringify(pair), 'connection: close\r\n');
    const client = await raw(server, text.slice(0, 100));
    for (const part of [text.slice(100, 130), text.slice(130)]) {
      await pause(200);
      client.socket.write(part);
    }
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a client that has closed its half gets its answer', async () => {
    const client = await raw(server, requestText('/v1/embed', JSON.stringify(pair)));
    client.socket.end();
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 .*"embeddings"/s);
  });

  it('clients that leave before their answer do no harm', async () => {
    for (let i = 0; i < 50; i++) {
      const client = await raw(server, requestText('/v1/embed', JSON.stringify(pair)));
      client.socket.resetAndDestroy();
    }
    await expectAlive();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^relbert_queue_requests 0$/m);
  });

  it.each([
    ['of a declared length', 'content-length: 99\r\n\r\n{"pai'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n5\r\n{"pai\r\n'],
  ])('a body %s that breaks off counts as a mistake of the client', async (_, rest) => {
    const errors: string[] = [];
    const log = pino({ level: 'error' }, { write: (line) => errors.push(line) });
    await using server = await start({ log });
    const head = 'POST /v1/embed HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n';
    const client = await raw(server, head + rest);
    // The server has the head, and waits for the rest of the body.
    await expect.poll(client.received).toContain('100 Continue');
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
    client.socket.resetAndDestroy();
    await expect.poll(metrics).toMatch(/^relbert_http_requests_total\{route="\/v1\/embed",.*\} 1$/m);
    expect(await metrics()).toMatch(/^relbert_http_requests_total\{.*status="400"\} 1$/m);
    expect(errors).toEqual([]);
  });

  it.each([
    ['what is not HTTP', 'nonsense\r\n\r\n', 400],
    ['a head of 100 kB', `GET /health HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    ['no host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['a host that cannot be', 'GET /health HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400],
    ['two lengths', 'POST /v1/embed HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd', 400],
  ])('%s is refused', async (_, text, status) => {
    const client = await raw(server, text);
    expect(await client.answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await expectAlive();
  });

  it('requests one after the other in one write are all answered', async () => {
    const text = requestText('/v1/similarity', '{"a":["a","b"],"b":["a","b"]}');
    const last = requestText('/v1/similarity', '{"a":["a","b"],"b":["a","b"]}', 'connection: close\r\n');
    const client = await raw(server, text + text + last);
    expect((await client.answer()).match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  });
});

describe('a token', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await start({ token: 's3cret', cors: ['https://example.org'] });
  });
  afterAll(() => server?.close());

  it.each([undefined, 'Bearer', 'Bearer wrong', 'Bearer s3cre', 'Basic s3cret', 's3cret'])(
    '%s is refused',
    async (given) => {
      const answer = await post(server, '/v1/embed', pair, given === undefined ? {} : { authorization: given });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="relbert"/);
    },
  );

  it('is right', async () => {
    expect((await post(server, '/v1/embed', pair, { authorization: 'Bearer s3cret' })).status).toBe(200);
    expect((await post(server, '/v1/embed', pair, { authorization: 'bearer s3cret' })).status).toBe(200);
  });

  it('is not asked for by /health, /ready, /metrics and the documents', async () => {
    for (const path of ['/health', '/ready', '/metrics', '/openapi.json', '/docs']) {
      expect((await fetch(server.url + path)).status).toBe(200);
    }
    const first = await fetch(`${server.url}/`);
    expect([first.status, first.url]).toEqual([200, `${server.url}/docs`]);
  });

  it('CORS lets the named origin ask, and no other', async () => {
    const ask = (origin: string) =>
      fetch(`${server.url}/v1/embed`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await ask('https://example.org');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://example.org');
    expect((await ask('https://elsewhere.org')).headers.has('access-control-allow-origin')).toBe(false);
  });
});
