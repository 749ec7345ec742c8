import { describe, expect, it } from 'vitest';
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
    expect(log).toEqual(['HEAD', 'GET bytes=0-0']);
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
});
