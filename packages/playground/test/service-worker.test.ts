import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const root = 'https://site.example/play/';
const kept = new Map<string, Response>();
const listeners = new Map<string, (event: FetchEvent) => void>();
/** How each file was asked for. */
const asked: string[] = [];
let full = false;

beforeAll(async () => {
  vi.stubGlobal('self', {
    site: [
      { prefix: '', version: 'v2', files: ['index.html'] },
      { prefix: 'model/', version: 'v2', files: ['config.json'] },
      { prefix: 'data/', version: 'v2', files: ['map.tsv'], streamed: true },
    ],
    registration: { scope: root },
    addEventListener: (name: string, listener: (event: FetchEvent) => void) => listeners.set(name, listener),
  });
  const store = {
    match: async (url: URL) => kept.get(url.href)?.clone(),
    put: async (url: URL, response: Response) => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      kept.set(url.href, response);
    },
  };
  vi.stubGlobal('caches', { open: async () => store });
  // A browser's HTTP cache has every file as it was before.
  vi.stubGlobal('fetch', async ({ url }: Request, { cache = 'default' }: RequestInit = {}) => {
    asked.push(`${url.slice(root.length)} ${cache}`);
    return new Response(cache === 'default' ? 'old' : 'new');
  });
  await import('../page/service-worker.ts');
});
afterAll(() => void vi.unstubAllGlobals());
beforeEach(() => {
  full = false;
  kept.clear();
  asked.length = 0;
});

async function answerTo(path: string): Promise<string | undefined> {
  let answer: Promise<Response> | undefined;
  const respondWith = (response: Promise<Response>) => {
    answer = response;
  };
  listeners.get('fetch')?.({ request: new Request(root + path), respondWith });
  return (await answer)?.text();
}

it.each(['index.html', 'model/config.json', 'data/map.tsv'])(
  'asks the server whether %s has changed before it keeps it under a new version',
  async (path) => {
    expect(await answerTo(path)).toBe('new');
    expect(await answerTo(path)).toBe('new');
    expect(asked).toEqual([`${path} no-cache`]);
  },
);

it('asks it in the same way where there is no room to keep the file', async () => {
  full = true;
  expect(await answerTo('model/config.json')).toBe('new');
});
