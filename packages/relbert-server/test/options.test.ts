import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RelationClassifier, RelationEncoder } from 'relbert';
import { describe, expect, it } from 'vitest';
import { relbert } from '../../relbert/test/cli/command.ts';
import type { ServerOptions } from '../src/index.ts';
import { modelOptions, post, start, tinyModel } from './server.ts';

const pair = { pairs: [['Tokyo', 'Japan']] };

describe('options of a program', () => {
  it.each([
    [true, [200, 200, 429, 429]],
    [false, [200, 429, 429, 429]],
  ])(
    'trustProxy %s: the rate limit goes by the last address of X-Forwarded-For, or by the peer',
    async (trustProxy, statuses) => {
      await using server = await start({ rateLimit: 1, trustProxy });
      const seen = [];
      for (const forwarded of ['192.0.2.1', '192.0.2.1, 192.0.2.2', '192.0.2.1', '192.0.2.9, 192.0.2.2']) {
        seen.push((await post(server, '/v1/embed', pair, { 'x-forwarded-for': forwarded })).status);
      }
      expect(seen).toEqual(statuses);
    },
  );

  it.each<[ServerOptions, number]>([
    [{ maxBody: JSON.stringify(pair).length }, 413],
    [{ maxWord: 5 }, 422],
  ])('%j takes that much and no more', async (limit, status) => {
    await using server = await start(limit);
    expect((await post(server, '/v1/embed', pair)).status).toBe(200);
    expect((await post(server, '/v1/embed', { pairs: [['Tokyo', 'Japan1']] })).status).toBe(status);
  });

  it('host is the address it listens on', async () => {
    await using server = await start({ host: '0.0.0.0' });
    expect(server.url).toBe(`http://0.0.0.0:${server.port}`);
    expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200);
  });
});

describe('options of the command', () => {
  /** Runs `relbert serve` while `use` asks it. */
  async function serving(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    use: (server: { readonly url: string }) => Promise<void>,
  ): Promise<void> {
    const { template, pooling } = modelOptions;
    const common = ['--model', tinyModel, '--template', template, '--pooling', pooling, '--log-level', 'silent'];
    let used: Promise<void> | undefined;
    let ended = false;
    const { stderr } = await relbert(['serve', ...common, '--port', '0', ...args], {
      env,
      interruptWhen(messages) {
        const url = /listening on (http:\S+:\d+),/.exec(messages)?.[1];
        if (url !== undefined) {
          used ??= use({ url }).finally(() => {
            ended = true;
          });
          // Awaited below, when the command has ended.
          used.catch(() => {});
        }
        return ended;
      },
    });
    expect(stderr).toContain('listening on');
    await used;
  }

  it('reach the server', async () => {
    const limits = ['--max-pairs', '2', '--max-word', '5', '--max-body', '100', '--queue', '7'];
    const clients = ['--rate-limit', '1', '--trust-proxy', '--cors', 'https://a.org', 'https://b.org'];
    await serving(['--host', '0.0.0.0', ...limits, ...clients], {}, async (server) => {
      expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:/);
      const ask = (client: number, body: unknown) =>
        post(server, '/v1/embed', body, { 'x-forwarded-for': `192.0.2.${client}`, origin: 'https://b.org' });
      const first = await ask(1, { pairs: [...pair.pairs, ...pair.pairs] });
      expect([first.status, first.headers.get('access-control-allow-origin')]).toEqual([200, 'https://b.org']);
      expect((await ask(1, pair)).status).toBe(429);
      expect((await ask(2, { pairs: Array(3).fill(['Tokyo', 'Japan']) })).status).toBe(422);
      expect((await ask(3, { pairs: [['Paris', 'France']] })).status).toBe(422);
      expect((await ask(4, { pairs: [['a'.repeat(100), 'b']] })).status).toBe(413);
      expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^relbert_queue_limit 7$/m);
    });
  });

  it('--classifier is what /v1/classify answers with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relbert-server-'));
    await using encoder = await RelationEncoder.load(tinyModel, { ...modelOptions, worker: false });
    const examples = ['sun', 'moon', 'tree'].flatMap((head) =>
      ['red', 'blue'].map((tail) => ({ head, tail, label: tail })),
    );
    await using classifier = await RelationClassifier.fit(examples, { encoder, method: 'centroid' });
    await classifier.save(join(folder, 'red-or-blue'));
    await serving(['--classifier', join(folder, 'red-or-blue')], {}, async (server) => {
      const { body } = await post(server, '/v1/classify', { pairs: [['leaf', 'red']] });
      expect(body.predictions).toMatchObject([{ label: 'red' }]);
    });
    await rm(folder, { recursive: true });
  });

  it.each([
    ['the variable RELBERT_TOKEN', [], 'from-env'],
    ['--token before it', ['--token', 'from-flag'], 'from-flag'],
  ])('a token: %s', async (_, args, token) => {
    await serving(args, { RELBERT_TOKEN: 'from-env' }, async (server) => {
      expect((await post(server, '/v1/embed', pair)).status).toBe(401);
      expect((await post(server, '/v1/embed', pair, { authorization: `Bearer ${token}` })).status).toBe(200);
    });
  });
});
