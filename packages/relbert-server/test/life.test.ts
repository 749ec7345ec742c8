/** The server as a process: the command, signals, and a worker that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApp, type ServeOptions, type ServerOptions, serve } from '../src/index.ts';
import { modelOptions, post, raw, requestText, start, tinyModel } from './server.ts';

const bin = fileURLToPath(new URL('../bin/relbert-server.js', import.meta.url));
const options = ['--model', tinyModel, '--template', modelOptions.template, '--pooling', modelOptions.pooling];
const pair = { pairs: [['Tokyo', 'Japan']] };

interface Command {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

function command(...args: readonly string[]): Command {
  return commandWith({}, ...args);
}

function commandWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Command {
  const child = spawn(process.execPath, [bin, '--port', '0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return { child, stderr: () => stderr, exit: once(child, 'exit').then(([code]) => code as number | null) };
}

async function listening({ child, stderr }: Command): Promise<{ readonly url: string; readonly port: number }> {
  for (;;) {
    const found = /listening on (http:\S+:(\d+)),/.exec(stderr());
    if (found) return { url: found[1] as string, port: Number(found[2]) };
    if (child.exitCode !== null) throw new Error(stderr());
    await once(child.stderr as NodeJS.ReadableStream, 'data');
  }
}

describe('the command', () => {
  it('answers, logs JSON lines with request ids, and ends with 0 on SIGTERM after the answers in flight', async () => {
    const served = command(...options);
    const server = await listening(served);
    expect((await post(server, '/v1/embed', pair, { 'x-request-id': 'first' })).status).toBe(200);
    const pairs = Array.from({ length: 1000 }, (_, i) => [`sun ${i}`, 'moon']);
    const client = await raw(server, requestText('/v1/embed', JSON.stringify({ pairs })));
    const idle = await raw(server, 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n');
    while (!idle.received().includes('ok')) await once(idle.socket, 'data');
    served.child.kill('SIGTERM');
    const answer = await client.answer();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(await served.exit).toBe(0);
    const lines = served
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const first = lines.map((line) => JSON.parse(line)).find(({ reqId }) => reqId === 'first');
    expect(first).toMatchObject({ method: 'POST', path: '/v1/embed', status: 200, pairs: 1 });
  });

  it.each([
    [['--model', '/nowhere/model'], 1, /error: .*nowhere/],
    [['--pooling', 'mean'], 2, /pooling/],
    [['--index', '/nowhere/index'], 1, /there is no index here/],
    [[...options, '--port', '99999'], 2, /port/],
    [['--token', 'a b'], 2, /token must be/],
    [['--timeout', '3000000'], 2, /'3000000' is invalid. Expected a whole number from 1 to 1073741\./],
  ])('%j ends at once with a message', async (args, code, message) => {
    const { exit, stderr } = command(...args);
    expect(await exit).toBe(code);
    expect(stderr()).toMatch(message);
    expect(stderr()).not.toMatch(/\n\s+at /);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s while a model is fetched', async (signal) => {
    const hub = createServer(); // never answers
    await once(hub.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = hub.address() as AddressInfo;
      const env = { HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_HOME: join(tmpdir(), 'relbert-server-no-cache') };
      const served = commandWith(env, '--model', 'nobody/nothing');
      await once(hub, 'request');
      served.child.kill(signal);
      expect(await served.exit).toBe(0);
      expect(served.stderr()).toBe('');
    } finally {
      hub.closeAllConnections();
      hub.close();
    }
  });

  it('a port that is taken is said in words', async () => {
    await using server = await start();
    const { exit, stderr } = command(...options, '--port', String(server.port));
    expect(await exit).toBe(1);
    expect(stderr()).toMatch(/cannot listen on 127\.0\.0\.1:\d+: another program listens there/);
  });
});

describe('the worker', () => {
  it('that is killed is replaced, and what it had is answered', async () => {
    await using server = await start();
    const { workerPid } = server.app;
    const pairs = Array.from({ length: 500 }, (_, i) => [`sun ${i}`, 'moon']);
    const expected = await post(server, '/v1/embed', { pairs: pairs.slice(0, 2) });
    const answers = Array.from({ length: 8 }, () => post(server, '/v1/embed', { pairs }));
    await post(server, '/v1/embed', pair);
    process.kill(workerPid as number, 'SIGKILL');
    for (const { status, body } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(body.embeddings).toHaveLength(500);
      expect(body.embeddings[1][0]).toBeCloseTo(expected.body.embeddings[1][0], 5);
    }
    expect(server.app.workerPid).not.toBe(workerPid);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^relbert_workers_replaced_total 1$/m);
  });

  it('that cannot be started is tried again', async () => {
    await using server = await start();
    const { execPath } = process;
    try {
      process.execPath = '/nowhere/node';
      process.kill(server.app.workerPid as number, 'SIGKILL');
      await expect.poll(() => server.app.workerPid).toBeUndefined();
    } finally {
      process.execPath = execPath;
    }
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
  });

  it('does not outlive a server that is killed', async () => {
    const served = command(...options, '--log-level', 'debug');
    const server = await listening(served);
    const { worker: pid } = (await (await fetch(`${server.url}/ready`)).json()) as { readonly worker: number };
    served.child.kill('SIGKILL');
    await served.exit;
    const alive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(alive, { timeout: 5000 }).toBe(false);
  });
});

describe('limits', () => {
  it('a rate limit answers 429 with Retry-After, and leaves /health and /metrics alone', async () => {
    await using server = await start({ rateLimit: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await post(server, '/v1/embed', pair));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(Number(statuses[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(statuses[4]?.body).toMatchObject({ status: 429, detail: 'this client may ask 3 times a minute' });
    for (const path of ['/health', '/metrics']) expect((await fetch(server.url + path)).status).toBe(200);
  });

  it('more requests than the queue takes are answered 503 with Retry-After', async () => {
    await using server = await start({ queue: 4 });
    const pairs = Array.from({ length: 200 }, (_, i) => [`sun ${i}`, 'moon']);
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(server, '/v1/embed', { pairs })));
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
  });

  it('who has no token is answered 401 and does not count as load', async () => {
    await using server = await start({ queue: 1, token: 'secret' });
    const { workerPid } = server.app;
    process.kill(workerPid as number, 'SIGSTOP');
    const right = { authorization: 'Bearer secret' };
    const first = post(server, '/v1/embed', pair, right);
    await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toContain('relbert_queue_requests 1');
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      expect((await post(server, '/v1/embed', pair, headers)).status).toBe(401);
    }
    expect((await post(server, '/v1/embed', pair, right)).status).toBe(503);
    process.kill(workerPid as number, 'SIGCONT');
    expect((await first).status).toBe(200);
  });

  it.each([
    ['a burst is answered up to the queue', 150, 128],
    ['of an overload the server keeps what it can answer soon', 300, 16],
  ])('%s', async (_, count, answered) => {
    await using server = await start();
    const { workerPid } = server.app;
    process.kill(workerPid as number, 'SIGSTOP');
    // The clock stands still: on a busy machine a second without a refusal would end the overload.
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const statuses: number[] = [];
      const all = Array.from({ length: count }, async () => {
        statuses.push((await post(server, '/v1/embed', pair)).status);
      });
      while (statuses.length < count - answered) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(new Set(statuses)).toEqual(new Set([503]));
      process.kill(workerPid as number, 'SIGCONT');
      await Promise.all(all);
      expect(statuses.filter((status) => status === 200)).toHaveLength(answered);
    } finally {
      vi.useRealTimers();
    }
  });

  it('/metrics counts what is in flight at that moment', async () => {
    await using server = await start();
    const inFlight = async (): Promise<string[]> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return [...metrics.matchAll(/^relbert_queue_\w+ \d+$/gm)].map(([line]) => line);
    };
    process.kill(server.app.workerPid as number, 'SIGSTOP');
    const pairs = [pair.pairs[0], ['sun', 'moon'], ['a', 'b']];
    const answers = Promise.all([post(server, '/v1/embed', { pairs }), post(server, '/v1/embed', { pairs })]);
    await expect
      .poll(inFlight)
      .toEqual(['relbert_queue_requests 2', 'relbert_queue_pairs 6', 'relbert_queue_limit 128']);
    process.kill(server.app.workerPid as number, 'SIGCONT');
    await answers;
    expect(await inFlight()).toEqual(['relbert_queue_requests 0', 'relbert_queue_pairs 0', 'relbert_queue_limit 128']);
  });

  it('an answer that takes too long is given up', async () => {
    await using server = await start({ timeout: 1 });
    process.kill(server.app.workerPid as number, 'SIGSTOP');
    const { status, headers, body } = await post(server, '/v1/embed', pair);
    expect([status, headers.get('retry-after'), body.detail]).toEqual([503, '1', 'the answer took too long']);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    process.kill(server.app.workerPid as number, 'SIGCONT');
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
  });
});

describe('a signal', () => {
  it('ends the server, before the model is loaded and after', async () => {
    const early = new AbortController();
    const starting = start({ signal: early.signal });
    early.abort(new Error('not wanted any more'));
    await expect(starting).rejects.toThrow('not wanted any more');
    await expect(start({ signal: early.signal })).rejects.toThrow('not wanted any more');

    const late = new AbortController();
    const server = await start({ signal: late.signal });
    late.abort();
    await server.close();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    await expect(server.app.loaded).resolves.toEqual(server.info);
  });
});

describe('createApp', () => {
  it('that is closed while the model loads says so to what waits for it, and ends a worker that hangs', async () => {
    const app = createApp({ model: tinyModel, ...modelOptions, log: 'silent' });
    process.kill(app.workerPid as number, 'SIGSTOP');
    const waiting = app.fetch(
      new Request('http://any/v1/embed', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(pair),
      }),
    );
    const queued = async () => (await app.fetch(new Request('http://any/metrics'))).text();
    await expect.poll(queued).toContain('relbert_queue_requests 1');
    await app.close();
    expect((await waiting).status).toBe(503);
    await expect(app.loaded).rejects.toThrow('the server is stopping');
  });

  it('answers requests of a program with a server of its own', async () => {
    const app = createApp({ model: tinyModel, ...modelOptions, log: 'silent' });
    try {
      const answer = await app.fetch(
        new Request('http://any/v1/similarity', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ a: ['sun', 'moon'], b: ['sun', 'moon'] }),
        }),
      );
      expect(await answer.json()).toEqual({ similarity: expect.closeTo(1, 5) });
    } finally {
      await app.close();
    }
  });

  it('that is closed answers at once that it is', async () => {
    const app = createApp({ model: tinyModel, ...modelOptions, log: 'silent' });
    await app.loaded;
    await app.close();
    const { status, detail } = (await (
      await app.fetch(
        new Request('http://any/v1/embed', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(pair),
        }),
      )
    ).json()) as { readonly status: number; readonly detail: string };
    expect([status, detail]).toEqual([503, 'the server is stopping']);
  });

  it.each<[ServerOptions, string]>([
    [{ timeout: 3_000_000 }, 'timeout must be a whole number from 1 to 1073741, got 3000000'],
    [{ timeout: Number.POSITIVE_INFINITY }, 'timeout must be a whole number from 1 to 1073741, got Infinity'],
    [{ queue: 0 }, 'queue must be a whole number from 1 upward, got 0'],
    [{ rateLimit: 0.5 }, 'rateLimit must be a whole number from 1 upward, got 0.5'],
    [{ maxTop: '10' as unknown as number }, "maxTop must be a whole number from 1 upward, got '10'"],
    [{ modle: './mine' } as ServerOptions, "unknown option 'modle' (did you mean model?); options: model, index,"],
  ])('refuses %j, and serve does', async (wrong, message) => {
    expect(() => createApp(wrong)).toThrow(message);
    await expect(serve(wrong)).rejects.toThrow(message);
  });

  it('serve knows further options', async () => {
    await expect(serve({ prot: 80 } as ServeOptions)).rejects.toThrow("unknown option 'prot' (did you mean port");
  });

  it('takes the longest timeout', async () => {
    await using server = await start({ timeout: 1_073_741 });
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
  });

  it('says what is wrong with an option', async () => {
    const app = createApp({ model: tinyModel, pooling: 'mean', log: 'silent' });
    await expect(app.loaded).rejects.toThrow(/pooling/);
    await app.close();
  });
});
