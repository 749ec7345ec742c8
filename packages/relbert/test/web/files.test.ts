import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import { fetchFiles, hubAddress, type WebFileEvent } from '../../src/web/files.ts';

const bert = fileURLToPath(new URL('../fixtures/encoder/bert/', import.meta.url));
const log: string[] = [];
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

  it('keeps files in the Cache API where asked to', async () => {
    const kept = new Map<string, ArrayBuffer>();
    const store = {
      match: async (url: string) => (kept.has(url) ? new Response(kept.get(url)) : undefined),
      put: async (url: string, response: Response) => void kept.set(url, await response.arrayBuffer()),
    };
    vi.stubGlobal('caches', { open: async () => store });
    const first = fetchFiles(base, { cache: 'relbert' });
    const bytes = await first.read('config.json');
    answer = 'failure';
    expect(await fetchFiles(base, { cache: 'relbert' }).read('config.json')).toEqual(bytes);
    expect(log.length).toBe(1);
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
        if (init.method === 'GET') ranges.push(new Headers(init.headers).get('range'));
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

  it('stops when aborted', async () => {
    await expect(fetchFiles(base, { signal: AbortSignal.abort(new Error('enough')) }).list()).rejects.toThrow('enough');
  });

  it('knows the hub', () => {
    expect(hubAddress('org/name')).toBe('https://huggingface.co/org/name/resolve/main');
    expect(hubAddress('org/name', 'refs/pr/1')).toBe('https://huggingface.co/org/name/resolve/refs%2Fpr%2F1');
  });
});
