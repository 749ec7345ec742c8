/** @file The socket: connections, slow clients, and the end. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { checkOptionNames } from 'relbert/cli';
import { Problem, problemType } from './problem.ts';
import { createApp, type RelbertApp } from './relbert-app.ts';
import { type ServerOptions, serverOptionNames } from './server-options.ts';
import type { WorkerInfo } from './worker-message.ts';

export interface ServeOptions extends ServerOptions {
  /** Default 8000; 0: any free one. */
  readonly port?: number | undefined;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** Ends the server as `close` does; while the model loads, `serve` gives up and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const serveOptionNames: Readonly<Record<keyof ServeOptions, true>> = {
  ...serverOptionNames,
  ...{ port: true, host: true, signal: true },
};

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly info: WorkerInfo;
  readonly app: RelbertApp;
  /** Takes no more connections, answers what has come, then ends; after `timeout` seconds at the latest. */
  close(): Promise<void>;
}

/** Seconds in which clients of a server without a model take their refusals. */
const farewell = 1;

/**
 * Listens, loads the model, and resolves when requests are answered; /health answers and /ready says 503 meanwhile.
 *
 * @throws Error where the address cannot be listened on or the model not be loaded, UsageError or OptionError where
 *   an option is wrong, the signal's reason when aborted
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  checkOptionNames(options, serveOptionNames);
  const { port = 8000, host = '127.0.0.1', signal, ...rest } = options;
  signal?.throwIfAborted();
  const app = createApp(rest);
  const server = createHttpServer(app);
  let loaded = false;
  const close = once(async () => {
    signal?.removeEventListener('abort', stop);
    await drain(server, app, app.limits.timeout);
  });
  // Without a model nothing can be answered: loading ends, and requests that wait for it hear so.
  const stop = (): void => void (loaded ? close() : app.close());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await listen(server, port, host);
    const info = await app.loaded;
    signal?.throwIfAborted();
    loaded = true;
    const address = server.address() as AddressInfo;
    const url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    app.log.info({ url, ...info }, 'ready');
    return { url, port: address.port, info, app, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    signal?.removeEventListener('abort', stop);
    await drain(server, app, farewell);
    throw signal?.aborted ? signal.reason : error;
  }
}

function createHttpServer(app: RelbertApp): Server {
  const time = app.limits.timeout * 1000;
  const listener = getRequestListener(app.fetch, {
    hostname: 'localhost',
    errorHandler: () => {
      const problem = new Problem(400, 'the request line or the header Host cannot be read');
      return new Response(problem.body(), { status: 400, headers: { 'content-type': problemType } });
    },
  });
  const server = createServer(
    {
      headersTimeout: Math.min(10_000, time),
      requestTimeout: time,
      connectionsCheckingInterval: 500,
      keepAliveTimeout: 65_000,
    },
    (request, response) => app.shed(request, response) || listener(request, response),
  );
  // A client may close its half after the request and still wants the answer. Node has the switch, its types do not.
  Object.assign(server, { httpAllowHalfOpen: true });
  // A client that takes no more of its answer for so long has gone.
  server.setTimeout(2 * time, (socket) => socket.destroy());
  server.on('clientError', refuseConnection);
  return server;
}

/** What is not HTTP, too long a head, or too slow. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Problem(408, 'the request did not arrive in time')
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? new Problem(431, 'the head of the request is too long')
        : new Problem(400, 'this is not HTTP');
  const body = problem.body();
  const { title } = JSON.parse(body) as { readonly title: string };
  socket.end(
    `HTTP/1.1 ${problem.status} ${title}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error & { readonly code?: string }) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'another program listens there; choose another --port',
        EACCES: 'permission denied; ports below 1024 need rights, choose another --port',
        EADDRNOTAVAIL: 'this machine does not have the address',
        ENOTFOUND: 'there is no such host',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
    });
    server.listen({ port, host, backlog: 4096 }, resolve);
  });
}

/** @param seconds Until connections end that have not ended by themselves. */
async function drain(server: Server, app: RelbertApp, seconds: number): Promise<void> {
  app.stop();
  if (server.listening) {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), seconds * 1000);
    await closed;
    clearTimeout(late);
  }
  await app.close();
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}
