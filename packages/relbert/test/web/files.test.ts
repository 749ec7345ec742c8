import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { fetchFiles, hubAddress, type WebFileEvent } from '../../src/web/files.ts';
import type { ListedFile } from '../../src/web/model-manifest.ts';

const bert = fileURLToPath(new URL('../fixtures/encoder/bert/', import.meta.url));
const log: string[] = [];
/** What is served as files.json. */
let manifest: Record<string, ListedFile> | undefined;
const getOf = (name: string) => `GET /models/bert/${name}`;
function manifestOf(names: readonly string[]): Record<string, ListedFile> {
  return Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(join(bert, name));
      return [name, { size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') }];
    }),
  );
}
let answer: 'files' | 'html' | 'failure' | 'short' | 'forbidden' = 'files';
/** Status of the answer to every HEAD request; undefined: the usual one. */
let headStatus: number | undefined;
const server: Server = createServer((request, response) => {
  log.push(`${request.method} ${request.url}`);
  const name = (request.url ?? '').replace('/models/bert/', '');
  let body: Buffer | undefined;
  try {
    body = readFileSync(join(bert, name));
  } catch {
    body = undefined;
  }
  if (name === 'files.json' && manifest) body = Buffer.from(JSON.stringify({ files: manifest }));
  if (answer === 'failure') response.writeHead(500).end();
  else if (request.method === 'HEAD' && headStatus !== undefined) response.writeHead(headStatus).end();
  else if (body === undefined && answer === 'forbidden') response.writeHead(403).end();
  else if (body !== undefined && request.headers.range === 'bytes=0-0') {
    response.writeHead(206, { 'content-range': `bytes 0-0/${body.byteLength}`, 'content-length': 1 });
    response.end(body.subarray(0, 1));
  } else if (body === undefined && answer === 'html') {
    response.setHeader('content-type', 'text/html').end('<!doctype html>');
  } else if (body === undefined) response.writeHead(404).end();
  else if (answer === 'short') {
    response.setHeader('content-length', String(body.byteLength)).write(body.subarray(0, 10), () => response.destroy());
  } else
    response.setHeader('content-length', String(body.byteLength)).end(request.method === 'HEAD' ? undefined : body);
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/bert`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  answer = 'files';
  manifest = undefined;
  headStatus = undefined;
  log.length = 0;
  vi.unstubAllGlobals();
});

describe('fetchFiles', () => {
  it.each(['files', 'html'] as const)('opens a checkpoint on a web server (%s for unknown names)', async (mode) => {
    answer = mode;
    const events: WebFileEvent[] = [];
    const checkpoint = await openCheckpoint(fetchFiles(`${base}/`, { onProgress: (event) => events.push(event) }));
    expect(checkpoint.origin).toBe(base);
    expect(checkpoint.config['model_type']).toBe('bert');
    expect([...checkpoint.tokenizerFiles.keys()].sort()).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const name = checkpoint.weights.names[0] as string;
    expect((await checkpoint.weights.get(name)).data.length).toBeGreaterThan(0);
    expect(log.filter((line) => line === 'GET /models/bert/model.safetensors').length).toBe(1);
    const size = readFileSync(join(bert, 'model.safetensors')).byteLength;
    expect(events).toContainEqual({ kind: 'progress', file: 'model.safetensors', loaded: size, size });
    expect(events).toContainEqual({ kind: 'done', file: 'model.safetensors' });
  });

  describe('in the Cache API', () => {
    const kept = new Map<string, Response>();
    beforeEach(() => {
      kept.clear();
      const store = {
        match: async (url: string) => kept.get(url)?.clone(),
        put: async (url: string, response: Response) => void kept.set(url, response),
      };
      vi.stubGlobal('caches', { open: async () => store });
    });

    it('keeps files where asked to, and what is not there', async () => {
      const first = await openCheckpoint(fetchFiles(base, { cache: 'mine' }));
      answer = 'failure';
      log.length = 0;
      const again = await openCheckpoint(fetchFiles(base, { cache: 'mine' }));
      expect(again.tokenizerFiles).toEqual(first.tokenizerFiles);
      expect(log).toEqual([]);
    });

    it('keeps nothing of a folder without a manifest by default', async () => {
      await openCheckpoint(fetchFiles(base));
      expect(kept.size).toBe(0);
    });

    it('keeps what a manifest lists until the manifest says otherwise, and works without the server', async () => {
      manifest = manifestOf(['config.json', 'model.safetensors', 'tokenizer.json']);
      const read = async () => (await openCheckpoint(fetchFiles(base))).config['model_type'];
      expect(await read()).toBe('bert');
      expect(log).toEqual(['files.json', 'config.json', 'model.safetensors', 'tokenizer.json'].map(getOf));
      log.length = 0;
      expect(await read()).toBe('bert');
      expect(log).toEqual([getOf('files.json')]);
      answer = 'failure';
      expect(await read()).toBe('bert');
      answer = 'files';
      manifest['config.json'] = { size: 1, sha256: '0'.repeat(64) };
      await expect(read()).rejects.toThrow(/config.json: \d+ bytes where its manifest says 1; .*put the whole folder/);
    });

    it('works where storage is denied or full', async () => {
      manifest = manifestOf(['config.json', 'model.safetensors', 'tokenizer.json']);
      const denied = () => Promise.reject(new DOMException('denied', 'SecurityError'));
      for (const caches of [undefined, { open: denied }, { open: async () => ({ match: denied, put: denied }) }]) {
        vi.stubGlobal('caches', caches);
        expect((await openCheckpoint(fetchFiles(base, { cache: 'mine' }))).config['model_type']).toBe('bert');
      }
    });
  });

  it('asks for what the manifest lists alone, and checks it', async () => {
    manifest = manifestOf(['config.json', 'model.safetensors']);
    const files = fetchFiles(base);
    expect(await files.list()).toEqual(['config.json', 'model.safetensors']);
    expect(await files.read('README.md')).toBeUndefined();
    expect(log).toEqual([getOf('files.json')]);
    manifest['config.json'] = { ...manifest['config.json'], sha256: '0'.repeat(64) } as ListedFile;
    const damaged = fetchFiles(base);
    await damaged.list();
    await expect(damaged.read('config.json')).rejects.toThrow(/its SHA-256 is [0-9a-f]{64}, its manifest says 0{64}; /);
    manifest = { '../x': { size: 1, sha256: '' } };
    await expect(fetchFiles(base).list()).rejects.toThrow(
      'files.json: "../x" is not a plain file name; write it again',
    );
  });

  it('asks past the HTTP cache where what that has is not what the manifest lists', async () => {
    manifest = manifestOf(['config.json', 'model.safetensors', 'tokenizer.json']);
    const asked: string[] = [];
    /** A browser that visited when the config was shorter, and has kept it; other files are as they were. */
    const files = fetchFiles(base, {
      fetch: async (url, init) => {
        asked.push(`${url.slice(base.length + 1)} ${init.cache}`);
        const stale = url.endsWith('/config.json') && init.cache !== 'reload' && init.cache !== 'no-cache';
        return stale ? new Response('{"model_type": "old"}') : fetch(url, init);
      },
    });
    expect((await openCheckpoint(files)).config['model_type']).toBe('bert');
    expect(asked).toEqual([
      'files.json no-cache',
      'config.json default',
      'config.json reload',
      'model.safetensors default',
      'tokenizer.json default',
    ]);
    asked.length = 0;
    const damaged = fetchFiles(
      { 'config.json': { size: 1, sha256: '0'.repeat(64), url: `${base}/config.json` } },
      {
        fetch: async (_, init) => {
          asked.push(String(init.cache));
          return new Response('ab');
        },
      },
    );
    await expect(damaged.read('config.json')).rejects.toThrow(
      '2 bytes where its manifest says 1; the server has files',
    );
    expect(asked).toEqual(['default', 'reload']);
  });

  it('takes a manifest with addresses, as the package of a model exports it', async () => {
    const files = fetchFiles(
      Object.fromEntries(
        Object.entries(manifestOf(['config.json'])).map(([name, file]) => [name, { ...file, url: `${base}/${name}` }]),
      ),
    );
    expect(files.origin).toBe(base);
    expect(await files.list()).toEqual(['config.json']);
    expect((await files.read('config.json'))?.byteLength).toBe(manifestOf(['config.json'])['config.json']?.size);
    expect(log).toEqual([getOf('config.json')]);
  });

  it('says what to do where another origin does not let the page read, and where there is no network', async () => {
    const failed = async () => Promise.reject(new TypeError('Failed to fetch'));
    const list = () => fetchFiles('https://models.example/x', { fetch: failed }).list();
    await expect(list()).rejects.toThrow('models.example/x/files.json: the server cannot be reached (Failed to fetch)');
    vi.stubGlobal('location', { origin: 'https://page.example' });
    await expect(list()).rejects.toThrow('let it send the header Access-Control-Allow-Origin: https://page.example');
    vi.stubGlobal('navigator', { onLine: false });
    await expect(list()).rejects.toThrow('the browser is offline, and the file is not in its cache');
  });

  it('says what is wrong', async () => {
    expect(await fetchFiles(base).read('missing.json')).toBeUndefined();
    await expect(openCheckpoint(fetchFiles(`${base}/nothing`))).rejects.toThrow('there is no config.json');
    answer = 'failure';
    await expect(fetchFiles(base).list()).rejects.toThrow('the server answers 500');
    answer = 'short';
    await expect(fetchFiles(base).read('model.safetensors')).rejects.toThrow('broke off');
    await expect(fetchFiles('http://127.0.0.1:9/x').list()).rejects.toThrow('the server cannot be reached');
  });

  it('takes 403 for "not there", as storage answers that does not show which files it has', async () => {
    answer = 'forbidden';
    const files = fetchFiles(base);
    expect([...(await files.list())].sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await files.read('README.md')).toBeUndefined();
    expect((await openCheckpoint(fetchFiles(base))).config['model_type']).toBe('bert');
    await expect(fetchFiles(`${base}/nothing`).list()).rejects.toThrow('config.json: the server answers 403');
  });

  it('refuses 403 for a file that was listed', async () => {
    const files = fetchFiles(base, {
      fetch: async (url, init) =>
        init.method === 'GET' && url.endsWith('/tokenizer.json')
          ? new Response(null, { status: 403 })
          : fetch(url, init),
    });
    await files.list();
    await expect(files.read('tokenizer.json')).rejects.toThrow('tokenizer.json: the server answers 403');
  });

  it.each([405, 501])('asks with GET for the first byte where HEAD is answered with %d', async (status) => {
    headStatus = status;
    const ranges: unknown[] = [];
    const files = fetchFiles(base, {
      fetch: (url, init) => {
        if (init.method === 'GET' && !url.endsWith('/files.json')) ranges.push(new Headers(init.headers).get('range'));
        return fetch(url, init);
      },
    });
    expect([...(await files.list())].sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(new Set(ranges)).toEqual(new Set(['bytes=0-0']));
    expect((await openCheckpoint(files)).config['model_type']).toBe('bert');
  });

  describe('of another origin, where the server packs files and a page sees their packed length alone', () => {
    const text = JSON.stringify({ model_type: 'bert', padding: 'x'.repeat(500) });
    /** Chunks of one answer with this length. */
    const answerOf =
      (length: number, ...chunks: string[]) =>
      async (): Promise<Response> =>
        new Response(
          new ReadableStream<Uint8Array>({
            start(controller) {
              for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
              controller.close();
            },
          }),
          { headers: { 'content-length': String(length) } },
        );

    it('takes more bytes than were announced, and then says no size', async () => {
      const sizes: unknown[] = [];
      const files = fetchFiles('https://models.example/x', {
        fetch: answerOf(53, text.slice(0, 40), text.slice(40)),
        onProgress: (event) => event.kind === 'progress' && sizes.push([event.loaded, event.size]),
      });
      expect(new TextDecoder().decode(await files.read('config.json'))).toBe(text);
      expect(sizes).toEqual([
        [40, 53],
        [text.length, undefined],
      ]);
    });

    it('refuses fewer bytes than were announced', async () => {
      const fetch = answerOf(text.length + 1, text);
      await expect(fetchFiles('https://models.example/x', { fetch }).read('config.json')).rejects.toThrow(
        `config.json: the server sent ${text.length} bytes where it had announced ${text.length + 1}; try again`,
      );
    });
  });

  it('stops when aborted', async () => {
    const stop = new AbortController();
    const onProgress = ({ kind }: WebFileEvent) => kind === 'progress' && stop.abort(new Error('enough'));
    await expect(fetchFiles(base, { signal: stop.signal, onProgress }).read('model.safetensors')).rejects.toThrow(
      'enough',
    );
  });

  it('knows the hub', () => {
    expect(hubAddress('org/name')).toBe('https://huggingface.co/org/name/resolve/main');
    expect(hubAddress('org/name', 'refs/pr/1')).toBe('https://huggingface.co/org/name/resolve/refs%2Fpr%2F1');
  });
});
