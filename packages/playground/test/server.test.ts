import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relbert } from '../../relbert/test/cli/command.ts';
import { type SiteServer, serveSite } from '../src/server.ts';
import type { SitePart } from '../src/site.ts';

const bytes = (text: string) => async () => new TextEncoder().encode(text);
const parts: SitePart[] = [
  {
    prefix: '',
    version: 'v1',
    files: new Map([
      ['index.html', bytes('<h1>page</h1>')],
      ['long.js', bytes('// the same\n'.repeat(1000))],
      ['vectors.bin', bytes('the same '.repeat(1000))],
      ['service-worker.js', bytes('code')],
    ]),
  },
  { prefix: 'model/', version: 'v2', streamed: true, files: new Map([['config.json', bytes('{}')]]) },
];

describe('the server of the page', () => {
  let server: SiteServer;
  let preparing: object | undefined = { kind: 'pairs', done: 1, total: 4 };
  beforeAll(async () => {
    server = await serveSite({ host: '127.0.0.1', port: 0, parts: () => parts, preparing: () => preparing });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const ask = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

  it('answers with files of the site, their type, and isolation for threads', async () => {
    const page = await ask('/');
    expect(await page.text()).toBe('<h1>page</h1>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    const config = await ask('/model/config.json', { method: 'HEAD' });
    expect([config.status, config.headers.get('content-length'), await config.text()]).toEqual([200, '2', '']);
    const again = await ask('/', { headers: { 'if-none-match': page.headers.get('etag') as string } });
    expect(again.status).toBe(304);
  });

  it('gives the service worker the list of files, with versions', async () => {
    const [list = '', code] = (await (await ask('/service-worker.js')).text()).split('\n');
    expect(JSON.parse(list.replace('self.site = ', '').replace(/;$/, ''))).toEqual([
      { prefix: '', version: 'v1', files: ['index.html', 'long.js', 'vectors.bin', 'service-worker.js'] },
      { prefix: 'model/', version: 'v2', streamed: true, files: ['config.json'] },
    ]);
    expect(code).toBe('code');
  });

  it('compresses what becomes smaller, for whoever takes it', async () => {
    const sizes = async (path: string, encoding: string) => {
      const answer = await ask(path, { headers: { 'accept-encoding': encoding } });
      const { headers } = answer;
      return [headers.get('content-encoding'), Number(headers.get('content-length')), (await answer.text()).length];
    };
    expect(await sizes('/long.js', 'identity')).toEqual([null, 12_000, 12_000]);
    expect(await sizes('/long.js', 'gzip;q=0, br')).toEqual([null, 12_000, 12_000]);
    for (let twice = 0; twice < 2; twice++) {
      expect(await sizes('/long.js', 'br, gzip')).toEqual(['gzip', expect.any(Number), 12_000]);
    }
    expect((await sizes('/long.js', 'gzip'))[1]).toBeLessThan(200);
    expect(await sizes('/vectors.bin', 'gzip')).toEqual([null, 9000, 9000]);
    expect(await sizes('/', 'gzip')).toEqual([null, 13, 13]);
  });

  it('serves nothing else', async () => {
    for (const path of ['/nothing', '/model/', '/..%2f..%2fpackage.json', '/model/..%2findex.html', '/__proto__']) {
      expect((await ask(path)).status, path).toBe(404);
    }
    expect((await ask('/%ff')).status).toBe(400);
    expect((await ask('/', { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('says how far the making of the pairs is', async () => {
    const answer = await ask('/data/map.tsv');
    expect([answer.status, await answer.json()]).toEqual([503, { kind: 'pairs', done: 1, total: 4 }]);
    preparing = undefined;
    expect((await ask('/data/map.tsv')).status).toBe(404);
  });

  it('says that a port is taken, and refuses what is not a port', async () => {
    const { port } = new URL(server.url);
    const options = { host: '127.0.0.1', port: Number(port), parts: () => parts, preparing: () => undefined };
    await expect(serveSite(options)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use; name another with --port`);
    const wrong = await relbert(['playground', '--port', '70000']);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('Expected a port, a whole number from 0 to 65535.');
    const host = await relbert(['playground', '--port', port, '--host', '192.0.2.1']);
    expect([host.code, host.stderr]).toEqual([1, expect.stringContaining(`port ${port} of 192.0.2.1 cannot be used`)]);
    const help = await relbert(['playground', '--help']);
    expect(help.stdout).toContain('relbert playground --output site');
  });
});
