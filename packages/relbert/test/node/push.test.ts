import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PushEvent, type PushOptions, pushModel, RelationEncoder } from '../../src/index.ts';
import { relbert } from '../cli/command.ts';
import { HubServer } from './hub-server.ts';
import { PushServer } from './push-server.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const card = '---\nlicense: mit\nbase_model: org/tiny-bert\n---\n\n# Tiny\n\nFor tests.\n';

describe('pushModel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-push-'));
  const model = join(folder, 'model');
  let hub: PushServer;
  beforeAll(() => {
    cpSync(tiny, model, { recursive: true });
    writeFileSync(join(model, 'README.md'), card);
    writeFileSync(join(model, '.lock'), 'hidden');
    mkdirSync(join(model, 'checkpoints'));
  });
  beforeEach(async () => {
    hub = await new PushServer().start();
  });
  afterEach(async () => {
    expect(hub.leaked).toEqual([]);
    await hub.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const push = (options: PushOptions & { readonly from?: string } = {}) =>
    pushModel(options.from ?? model, 'me/tiny', {
      endpoint: hub.endpoint,
      token: PushServer.writer,
      pause: 1,
      ...options,
    });
  const files = () => hub.repositories.get('me/tiny')?.files ?? new Map<string, Buffer>();

  it('makes the repository and sends every file as it is, large ones to the storage', async () => {
    const events: PushEvent[] = [];
    const result = await push({ private: true, title: 'First', onProgress: (event) => events.push(event) });
    expect(hub.repositories.get('me/tiny')).toMatchObject({ private: true, commits: ['First'] });
    for (const { file, bytes } of result.uploaded) {
      const sent = readFileSync(join(model, file));
      expect(files().get(file)?.equals(sent), file).toBe(true);
      expect(bytes).toBe(sent.byteLength);
    }
    const names = result.uploaded.map(({ file }) => file);
    expect(names).toEqual([...files().keys()].sort());
    expect(names).toEqual(expect.arrayContaining(['README.md', 'config.json', 'model.safetensors']));
    expect(names.some((name) => /lock|checkpoints/.test(name))).toBe(false);
    expect(hub.sent.length).toBeGreaterThan(1);
    expect(result).toMatchObject({ repository: 'me/tiny', url: `${hub.endpoint}/me/tiny`, unchanged: [] });
    expect(events).toContainEqual({ kind: 'file', file: 'model.safetensors', what: 'sending', share: 1 });
  });

  it('refuses a repository whose weights would be read instead of those that are sent', async () => {
    await push();
    const sharded = join(folder, 'sharded');
    cpSync(model, sharded, { recursive: true });
    rmSync(join(sharded, 'model.safetensors'));
    writeFileSync(join(sharded, 'model.int8.safetensors'), 'weights');
    await expect(push({ from: sharded })).rejects.toThrow(
      'me/tiny: holds model.safetensors, which would be read instead of the weights in the folder: delete it on the hub',
    );
    expect([...files().keys()]).not.toContain('model.int8.safetensors');
  });

  it('sends what arrives so that it loads from a hub', async () => {
    await push();
    const reader = await new HubServer().start();
    for (const [name, data] of files()) reader.files.set(name, data);
    const options = { endpoint: reader.endpoint, cache: join(folder, 'cache'), token: false, worker: false } as const;
    await using fetched = await RelationEncoder.load('org/model', options);
    await using local = await RelationEncoder.load(model, { worker: false });
    const pair = [['Tokyo', 'Japan']] as const;
    expect((await fetched.encode(pair)).data).toEqual((await local.encode(pair)).data);
    await reader.stop();
  });

  it('sends nothing twice: no file that is there, no large file that arrived before an interruption', async () => {
    hub.trouble = ({ url = '' }, response) => {
      if (url.includes('/commit/'))
        response.writeHead(507, { 'content-type': 'application/json' }).end('{"error":"full"}');
      return url.includes('/commit/');
    };
    await expect(push()).rejects.toThrow('the hub answers 507; run the same command again');
    hub.trouble = () => false;
    const before = hub.sent.length;
    expect(before).toBeGreaterThan(0);
    const { commit, uploaded } = await push();
    expect([typeof commit, hub.sent.length]).toEqual(['string', before]);
    const again = await push();
    expect([again.commit, again.uploaded, again.unchanged]).toEqual([undefined, [], uploaded]);
    expect(hub.repositories.get('me/tiny')?.commits).toHaveLength(1);
    const changed = join(folder, 'changed');
    cpSync(model, changed, { recursive: true });
    writeFileSync(join(changed, 'README.md'), `${card}More.\n`);
    const last = await push({ from: changed });
    expect(last.uploaded.map(({ file }) => file)).toEqual(['README.md']);
    expect(files().get('README.md')?.toString()).toContain('More.');
    expect(hub.sent).toHaveLength(before);
  });

  it.each([
    ['busy', 429],
    ['overloaded', 503],
    ['cut off', 0],
    ['cut off within its answer', 200],
  ])('repeats requests of a hub that is %s', async (_, status) => {
    const seen = new Set<string>();
    hub.trouble = ({ method, url }, response) => {
      const key = `${method} ${url}`;
      if (seen.has(key)) return false;
      seen.add(key);
      if (status === 0) response.socket?.destroy();
      else if (status === 200) {
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"id":', () => setTimeout(() => response.destroy(), 20));
      } else response.writeHead(status, { 'retry-after': '0' }).end();
      return true;
    };
    const events: PushEvent[] = [];
    await push({ onProgress: (event) => events.push(event) });
    expect(
      files()
        .get('model.safetensors')
        ?.equals(readFileSync(join(model, 'model.safetensors'))),
    ).toBe(true);
    expect(events.filter(({ kind }) => kind === 'retry').length).toBe(seen.size);
  });

  it('says what to do where the hub refuses', async () => {
    await expect(push({ token: 'hf_wrong' })).rejects.toThrow('does not accept the token');
    await expect(push({ token: PushServer.reader })).rejects.toThrow(/may not write here.*This token is read-only/);
    await expect(push({ token: false })).rejects.toThrow('set HF_TOKEN');
    await push();
    await expect(push({ private: true })).rejects.toThrow('exists on the hub and is public');
    const answer = (status: number) => {
      hub.repositories.get('me/tiny')?.files.clear();
      hub.trouble = ({ url = '' }, response) => {
        const commits = url.includes('/commit/');
        if (commits) response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"no"}');
        return commits;
      };
      return push({ attempts: 2 });
    };
    await expect(answer(409)).rejects.toThrow('somebody changed the repository meanwhile');
    await expect(answer(404)).rejects.toThrow('there is no such place on the hub');
    await expect(answer(500)).rejects.toThrow('gave up after 2 attempts: the server answers 500');
    hub.trouble = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
      return true;
    };
    await expect(push()).rejects.toThrow('me/tiny: the answer is not that of a HuggingFace hub; is HF_ENDPOINT right?');
    const wrong = pushModel(model, 'tiny', { endpoint: hub.endpoint, token: PushServer.writer });
    await expect(wrong).rejects.toThrow('expected org/name');
  });

  it.each(['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'])('asks nothing where %s is set', async (name) => {
    await expect(push({ env: { [name]: '1' } })).rejects.toThrow('me/tiny: pushing needs the network, and the offline');
    expect(hub.log).toEqual([]);
  });

  it('can be aborted', async () => {
    const controller = new AbortController();
    hub.trouble = ({ url = '' }) => {
      if (url.startsWith('/storage/')) controller.abort(new Error('enough'));
      return url.startsWith('/storage/');
    };
    await expect(push({ signal: controller.signal })).rejects.toThrow('enough');
  });

  describe('relbert push', () => {
    const run = (...args: string[]) =>
      relbert(['push', ...args], { env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN: PushServer.writer } });

    it('sends, prints JSON, and says that all is there', async () => {
      const first = await run(model, 'me/tiny', '--private', '--message', 'My title', '--json');
      expect(hub.repositories.get('me/tiny')).toMatchObject({ private: true, commits: ['My title'] });
      expect([first.code, first.stderr.includes(PushServer.writer)]).toEqual([0, false]);
      const result = JSON.parse(first.stdout) as { uploaded: { file: string }[] };
      expect(result).toMatchObject({ repository: 'me/tiny', unchanged: [] });
      const second = await run(model, 'me/tiny');
      expect(second.stdout).toContain(`nothing to send, ${result.uploaded.length} files there already`);
      const third = await run(model, 'me/tiny', '--json');
      expect(JSON.parse(third.stdout)).toMatchObject({ commit: null, uploaded: [] });
    });

    it('checks without sending', async () => {
      const { code, stdout } = await run(model, 'me/tiny', '--dry-run');
      expect([code, hub.log]).toEqual([0, []]);
      expect(stdout).toMatch(/model\.safetensors {2}0\.\d+ MB/);
      expect(stdout).toContain('would go to me/tiny; nothing was sent');
      const json = await run(model, 'me/tiny', '--dry-run', '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({ repository: 'me/tiny', dryRun: true });
    });

    it('refuses a name that the hub does not take, also without sending', async () => {
      const { code, stdout, stderr } = await run(model, 'bad name', '--dry-run');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('bad name: not a name for a model on the hub: expected org/name');
    });

    it.each([
      ['no card', undefined, 'there is no model card'],
      ['no fields', '# Tiny\n', 'the model card has no fields'],
      [
        'no licence',
        '---\nbase_model: a/b\n---\ntext\n',
        'the model card has no licence: add a line such as "license: apache-2.0"',
      ],
      ['no base model', '---\nlicense: mit\n---\ntext\n', 'add a line such as "base_model: roberta-base"'],
      [
        'a folder as base model',
        '---\nlicense: mit\nbase_model: ./some/folder\n---\ntext\n',
        'expected a name on the hub',
      ],
      ['no text', '---\nlicense: mit\nbase_model:\n- a/b\n---\n', 'has fields but no text'],
    ])('refuses a model card with %s', async (_, content, message) => {
      const poor = join(folder, 'poor');
      cpSync(tiny, poor, { recursive: true });
      if (content === undefined) rmSync(join(poor, 'README.md'), { force: true });
      else writeFileSync(join(poor, 'README.md'), content);
      const { code, stderr } = await run(poor, 'me/tiny');
      expect([code, hub.log]).toEqual([1, []]);
      expect(stderr).toContain(message);
    });

    it('refuses a folder without a model', async () => {
      const { code, stderr } = await run(folder, 'me/tiny');
      expect([code, stderr]).toEqual([1, expect.stringContaining('holds no model: expected config.json and weights')]);
    });
  });
});
