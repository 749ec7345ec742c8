/** Answers from what it keeps, and keeps what it fetches. The site puts a list of its files before this code. */

interface KeptPart {
  readonly prefix: string;
  readonly version: string;
  readonly streamed?: boolean;
  readonly files: readonly string[];
}

interface WorkerScope {
  readonly site: readonly KeptPart[];
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: string, listener: (event: WorkerEvent) => void): void;
}

interface WorkerEvent {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

const worker = self as unknown as WorkerScope;
const { site } = worker;
const root = new URL(worker.registration.scope);
const storeOf = ({ prefix, version }: KeptPart): string => `relbert ${prefix || 'page'} ${version}`;
const [page] = site as readonly [KeptPart];

worker.addEventListener('install', (event) => {
  const keepPage = async (): Promise<void> => {
    const store = await caches.open(storeOf(page));
    const files = page.files.filter((name) => name !== 'service-worker.js');
    await store.addAll(['', ...files].map((name) => new Request(new URL(name, root), { cache: 'no-cache' })));
    await worker.skipWaiting();
  };
  event.waitUntil(keepPage());
});

worker.addEventListener('activate', (event) => {
  const current = new Set(site.map(storeOf));
  const clean = async (): Promise<void> => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith('relbert ') && !current.has(name)).map((name) => caches.delete(name)),
    );
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== root.origin || !pathname.startsWith(root.pathname)) return;
  if (request.method !== 'GET' && request.method !== 'HEAD') return;
  const path = pathname.slice(root.pathname.length);
  if (path === 'service-worker.js') return;
  event.respondWith(answer(request, path));
});

async function answer(request: Request, path: string): Promise<Response> {
  const part = [...site].reverse().find(({ prefix }) => path.startsWith(prefix)) as KeptPart;
  const listed = path === '' || part.files.includes(path.slice(part.prefix.length));
  // The list of a folder is whole; a folder without a list was made after it, and is the server's to answer for.
  if (!listed) return part === page ? fetch(request) : new Response(null, { status: 404 });
  if (request.method === 'HEAD') return new Response(null);
  const store = await caches.open(storeOf(part));
  const kept = await store.match(new URL(path, root));
  if (kept) return kept;
  // The version is new, and what the HTTP cache has may be of the one before.
  const fetchNew = () => fetch(request, { cache: 'no-cache' });
  const response = await fetchNew();
  if (response.status !== 200) return response;
  if (part.streamed) {
    const copy = response.clone();
    void store.put(new URL(path, root), copy).catch(() => {});
    return response;
  }
  // In Chromium a page that reads a body beside the cache sometimes never sees its end: files come from the cache.
  try {
    await store.put(new URL(path, root), response);
    return (await store.match(new URL(path, root))) ?? fetchNew();
  } catch {
    return fetchNew(); // no room: the page works on, with the network
  }
}
