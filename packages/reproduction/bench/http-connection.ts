/** A client of HTTP/1.1 with one request at a time on a connection. Node's client costs more than the server that is measured with it. */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly time: number;
}

class Connection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #missing = -1;
  #answered: ((status: number, text: string) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#answer(0, ''));
  }

  get open(): boolean {
    return !this.#socket.destroyed;
  }

  /** status 0: no answer. */
  ask(text: string): Promise<Answer> {
    const start = performance.now();
    return new Promise((resolve) => {
      this.#answered = (status, body) => resolve({ status, text: body, time: performance.now() - start });
      this.#socket.write(text);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    const head = all.indexOf('\r\n\r\n');
    if (head < 0) return;
    const text = all.toString('latin1', 0, head);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    this.#missing = head + 4 + length - all.length;
    if (this.#missing > 0) return;
    this.#chunks = [];
    this.#missing = -1;
    if (/connection: close/i.test(text)) this.#socket.destroy();
    this.#answer(Number(text.slice(9, 12)), all.toString('utf8', head + 4));
  }

  #answer(status: number, text: string): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status, text);
  }
}

const idle: Connection[] = [];

export async function ask(port: number, path: string, body?: string): Promise<Answer> {
  let connection = idle.pop();
  while (connection && !connection.open) connection = idle.pop();
  connection ??= new Connection(port);
  const head = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nhost: localhost\r\n`;
  const sent =
    body === undefined ? '\r\n' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const answer = await connection.ask(head + sent);
  idle.push(connection);
  return answer;
}

/** Before another server is asked. */
export function closeConnections(): void {
  for (const connection of idle.splice(0)) connection.close();
}
