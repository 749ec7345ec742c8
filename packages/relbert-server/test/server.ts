/** A server on a free port with a tiny model, and clients that are as rude as the test wants. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type RunningServer, type ServeOptions, serve } from 'relbert-server';

/** A tiny BERT with random weights and its tokenizer. */
export const tinyModel = fileURLToPath(new URL('../../relbert/test/fixtures/encoder/bert', import.meta.url));
export const modelOptions = { template: '<subj> is to <obj>', pooling: 'difference' } as const;

export function start(options: ServeOptions = {}): Promise<RunningServer> {
  return serve({ model: tinyModel, ...modelOptions, port: 0, log: 'silent', ...options });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what the test expects
  readonly body: any;
}

/** POSTs JSON, or a text as it is. */
export async function post(
  { url }: { readonly url: string },
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

/** A connection that writes what it is given; `answer` is everything that comes until the server ends it. */
export async function raw({ port }: { readonly port: number }, ...parts: readonly string[]) {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const ended = once(socket, 'end');
  for (const part of parts) socket.write(part);
  return {
    socket,
    received: () => received,
    answer: async () => {
      await ended;
      socket.destroy();
      return received;
    },
  };
}

/** A request with a body, as it stands on the wire. */
export function requestText(path: string, body: string, headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}
