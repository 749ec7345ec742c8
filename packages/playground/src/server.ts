/** Serves the site on this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { compressed, isCompressible, mediaTypeOf, type SiteFile, type SitePart, siteFile } from './site.ts';

export interface SiteServer extends AsyncDisposable {
  readonly url: string;
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Asked at each request: data that are being made join the site when they are done. */
  readonly parts: () => readonly SitePart[];
  /** How far the making of the data is; undefined where it does not run. */
  readonly preparing: () => object | undefined;
}

/** @throws Error where the port is taken or may not be used */
export async function serveSite({ host, port, parts, preparing }: ServerOptions): Promise<SiteServer> {
  const kept = new Map<string, Promise<Uint8Array | undefined>>();
  /** Compressed once for each version. */
  const smaller = (path: string, file: SiteFile): Promise<Uint8Array | undefined> => {
    const key = `${path} ${file.version}`;
    const bytes = kept.get(key) ?? file.read().then(compressed);
    kept.set(key, bytes);
    bytes.catch(() => kept.delete(key));
    return bytes;
  };
  const server = createServer((request, response) => {
    answer(request, response, { parts: parts(), preparing: preparing(), smaller }).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${(error as Error).message}\n`);
    });
  });
  await listen(server, host, port);
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'is in use; name another with --port, or 0 for any that is free',
        EACCES: 'needs more rights; name one from 1024 upward with --port',
      };
      reject(new Error(`port ${port} of ${host} ${reasons[code ?? ''] ?? `cannot be used (${message})`}`));
    });
    server.listen(port, host, resolve);
  });
}

interface Site {
  readonly parts: readonly SitePart[];
  readonly preparing: object | undefined;
  smaller(path: string, file: SiteFile): Promise<Uint8Array | undefined>;
}

async function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  { parts, preparing, smaller }: Site,
): Promise<void> {
  // Threads of WebAssembly need a page that is isolated from other sites.
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  response.setHeader('x-content-type-options', 'nosniff');
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : text);
  };
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return say(405, 'GET and HEAD only\n');
  }
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname).slice(1) || 'index.html';
  } catch {
    return say(400, 'not an address\n');
  }
  const file = siteFile(parts, path);
  if (!file) {
    if (preparing && path.startsWith('data/')) return say(503, JSON.stringify(preparing), 'application/json');
    return say(404, `there is no ${path} here\n`);
  }
  const etag = `"${file.version}"`;
  response.setHeader('etag', etag);
  response.setHeader('cache-control', 'no-cache');
  if (headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('content-type', mediaTypeOf(path));
  response.setHeader('vary', 'accept-encoding');
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(headers['accept-encoding']?.toString() ?? '');
  const gzipped = takesGzip && isCompressible(path) ? await smaller(path, file) : undefined;
  if (gzipped) response.setHeader('content-encoding', 'gzip');
  const bytes = gzipped ?? (await file.read());
  response.writeHead(200, { 'content-length': bytes.byteLength });
  response.end(method === 'HEAD' ? undefined : bytes);
}
