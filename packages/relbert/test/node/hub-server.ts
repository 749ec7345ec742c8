import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export const commit = 'c0ffee0000000000000000000000000000000001';

/** One answer of the server in place of the usual one; undefined: the usual one. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/** A small HuggingFace hub: the model's address, resolve addresses with hashes, large files through a redirect. */
export class HubServer {
  readonly files = new Map<string, Buffer>();
  /** `METHOD path[ range]` of every request. */
  readonly log: string[] = [];
  /** Hashes of files in Xet storage, by name. */
  readonly xetHashes = new Map<string, string>();
  /** Hashes are announced in capitals. */
  upperCase = false;
  readonly tokens = new Set<string | undefined>();
  /** Tokens that the storage address was sent: none ever should be. */
  readonly leakedTokens: string[] = [];
  /** Asked for each request of a file's bytes (GET). */
  misbehave: Misbehaviour = () => false;
  /** Asked for every other request. */
  refuse: Misbehaviour = () => false;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #storage = createServer((request, response) => this.#store(request, response));
  readonly #sockets = new Set<Socket>();

  async start(): Promise<this> {
    for (const server of [this.#server, this.#storage]) {
      server.on('connection', (socket) => this.#sockets.add(socket));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#server, this.#storage]) await new Promise((resolve) => server.close(resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.log.length = 0;
    this.tokens.clear();
    this.xetHashes.clear();
    this.upperCase = false;
    this.misbehave = () => false;
    this.refuse = () => false;
  }

  /** Requests for a file's bytes. */
  gets(name: string): string[] {
    return this.log.filter((line) => line.startsWith('GET') && line.includes(`/${name}`));
  }

  static isLarge(name: string): boolean {
    return /\.(safetensors|bin)$/.test(name);
  }

  static etag(name: string, body: Buffer): string {
    return HubServer.isLarge(name)
      ? createHash('sha256').update(body).digest('hex')
      : createHash('sha1').update(`blob ${body.byteLength}\0`).update(body).digest('hex');
  }

  #note(request: IncomingMessage): void {
    this.log.push(`${request.method} ${request.url}${request.headers.range ? ` ${request.headers.range}` : ''}`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    this.tokens.add(request.headers.authorization);
    const url = request.url ?? '';
    if (url.startsWith('/api/models/')) {
      if (this.refuse(request, response, Buffer.alloc(0))) return;
      const sizes = url.endsWith('?blobs=true');
      const siblings = [...this.files].map(([rfilename, { byteLength: size }]) => ({
        rfilename,
        ...(sizes && { size }),
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'org/model', sha: commit, siblings }));
      return;
    }
    const [, name = ''] =
      new RegExp(`^/org/model/resolve/(?:${commit}|main)/(.*)$`).exec(decodeURIComponent(url)) ?? [];
    const body = this.files.get(name);
    if (body === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    if (request.method === 'HEAD' && this.refuse(request, response, body)) return;
    const hash = HubServer.etag(name, body);
    const etag = this.upperCase ? hash.toUpperCase() : hash;
    response.setHeader('x-repo-commit', commit);
    const xetHash = this.xetHashes.get(name);
    if (xetHash !== undefined) response.setHeader('x-xet-hash', xetHash);
    if (HubServer.isLarge(name)) {
      const storage = `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}/${name}`;
      response.setHeader('x-linked-etag', `"${etag}"`).setHeader('x-linked-size', String(body.byteLength));
      response.writeHead(302, { location: storage, etag: '"of-the-redirect"' }).end();
      return;
    }
    response.setHeader('etag', `"${etag}"`);
    this.#send(request, response, body);
  }

  #store(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    if (request.headers.authorization) this.leakedTokens.push(request.headers.authorization);
    const body = this.files.get((request.url ?? '').slice(1));
    if (body === undefined) response.writeHead(404).end();
    else this.#send(request, response, body);
  }

  #send(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    if (request.method === 'GET' && this.misbehave(request, response, body)) return;
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    if (start !== undefined && Number(start) >= body.byteLength) {
      response.writeHead(416).end();
      return;
    }
    const from = Number(start ?? 0);
    if (start !== undefined) {
      response.setHeader('content-range', `bytes ${from}-${body.byteLength - 1}/${body.byteLength}`);
      response.statusCode = 206;
    }
    response.setHeader('content-length', String(body.byteLength - from));
    response.end(request.method === 'HEAD' ? undefined : body.subarray(from));
  }
}
