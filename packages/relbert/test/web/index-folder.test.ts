import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webIndexFolder } from '../../src/web/index-folder.ts';

const content = Uint8Array.from({ length: 100 }, (_, i) => i);

/** A server that does not take HEAD requests. */
function serve(status: number, ranges: boolean): { readonly fetch: typeof fetch; readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    async fetch(input, init = {}) {
      const range = new Headers(init.headers).get('range');
      log.push(`${init.method ?? 'GET'} ${range ?? ''}`.trimEnd());
      if (init.method === 'HEAD') return new Response(null, { status });
      if (!String(input).endsWith('/segment.bin')) return new Response(null, { status: 404 });
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
      if (!ranges || start === undefined) return new Response(content, { headers: { 'content-length': '100' } });
      const part = content.subarray(Number(start), Number(end) + 1);
      const headers = { 'content-range': `bytes ${start}-${end}/100`, 'content-length': String(part.byteLength) };
      return new Response(part, { status: 206, headers });
    },
  };
}

describe('webIndexFolder', () => {
  it.each([
    [405, true],
    [501, true],
    [405, false],
  ])('finds the size with GET where HEAD is answered with %d (ranges: %s)', async (status, ranges) => {
    const { fetch, log } = serve(status, ranges);
    const folder = webIndexFolder('https://example.org/index/', { fetch });
    const file = await folder.open('segment.bin');
    expect(log).toEqual(['HEAD bytes=0-', 'GET bytes=0-0']);
    expect(file?.size).toBe(100);
    expect(await file?.read(10, 13)).toEqual(Uint8Array.of(10, 11, 12));
    expect(await folder.open('missing.bin')).toBeUndefined();
  });

  it('refuses an answer that does not say the size', async () => {
    const folder = webIndexFolder('https://example.org/index', {
      fetch: async (_, init) =>
        new Response(init?.method === 'HEAD' ? null : 'x', { status: init?.method === 'HEAD' ? 405 : 206 }),
    });
    await expect(folder.open('segment.bin')).rejects.toThrow('does not say how long the file is');
  });

  it('asks the server whether the manifest has changed', async () => {
    const asked: unknown[] = [];
    const folder = webIndexFolder('https://example.org/index', {
      fetch: async (url, init = {}) => {
        asked.push([url, init.method ?? 'GET', init.cache]);
        return new Response('{}');
      },
    });
    expect(await (await folder.open('manifest.json'))?.read(0, 2)).toEqual(new TextEncoder().encode('{}'));
    expect(asked).toEqual([['https://example.org/index/manifest.json', 'GET', 'no-cache']]);
  });

  it('takes the length of all bytes where a page of another origin is not shown Content-Range', async () => {
    const folder = webIndexFolder('https://example.org/index', {
      fetch: async () => new Response(null, { status: 206, headers: { 'content-length': '100' } }),
    });
    expect((await folder.open('segment.bin'))?.size).toBe(100);
  });

  describe('on a server that compresses', () => {
    const log: string[] = [];
    let server: Server;
    let url: string;
    const whole = Buffer.from(JSON.stringify({ format: 'relbert-index', text: 'x'.repeat(1000) }));
    beforeAll(async () => {
      server = createServer(({ method, url, headers }, response) => {
        log.push(`${method} ${url} ${headers.range ?? ''}`.trimEnd());
        if (headers['accept-encoding']?.includes('gzip')) {
          const packed = gzipSync(whole);
          response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.byteLength });
          return response.end(method === 'HEAD' ? undefined : packed);
        }
        const [, start, end = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
        const part = whole.subarray(Number(start ?? 0), end === '' ? undefined : Number(end) + 1);
        response.writeHead(start === undefined ? 200 : 206, { 'content-length': part.byteLength });
        return response.end(method === 'HEAD' ? undefined : part);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    it('opens the manifest and a segment in one request each, and reads all of their bytes', async () => {
      const folder = webIndexFolder(url);
      const [manifest, segment] = [await folder.open('manifest.json'), await folder.open('segment-0.bin')];
      expect([manifest?.size, segment?.size]).toEqual([whole.byteLength, whole.byteLength]);
      expect(log).toEqual(['GET /manifest.json', 'HEAD /segment-0.bin bytes=0-']);
      for (const file of [manifest, segment]) {
        expect(Buffer.from((await file?.read(0, whole.byteLength)) ?? []).equals(whole)).toBe(true);
      }
      expect(log.slice(2)).toEqual([`GET /segment-0.bin bytes=0-${whole.byteLength - 1}`]);
    });
  });
});
