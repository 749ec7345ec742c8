import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { HubServer } from './hub-server.ts';

/** An answer instead of the usual one: true where it was given. */
export type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;

interface Repository {
  readonly private: boolean;
  /** Files of the branch main, large ones whole. */
  readonly files: Map<string, Buffer>;
  readonly commits: string[];
}

/** Larger files are sent in parts of this many bytes. */
const PART = 40_000;

/** The writing half of a HuggingFace hub: repositories, preupload, Git LFS (also in parts), commits. */
export class PushServer {
  static readonly writer = 'hf_writer';
  static readonly reader = 'hf_reader';
  readonly repositories = new Map<string, Repository>();
  /** Large files that have arrived, by SHA-256, committed or not. */
  readonly stored = new Map<string, Buffer>();
  readonly log: string[] = [];
  /** Tokens that the storage was sent: none ever should be. */
  readonly leaked: string[] = [];
  trouble: Trouble = () => false;
  readonly #parts = new Map<string, Buffer[]>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => this.#answer(request, response, Buffer.concat(chunks)));
  });

  async start(): Promise<this> {
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests that sent the bytes of large files. */
  get sent(): string[] {
    return this.log.filter((line) => line.startsWith('PUT'));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): unknown {
    const { method = '', url = '' } = request;
    this.log.push(`${method} ${url}`);
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (this.trouble(request, response)) return undefined;
    if (url.startsWith('/storage/')) return this.#store(request, response, body);
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token !== PushServer.writer && token !== PushServer.reader) return json(401, { error: 'Invalid credentials' });
    const content = (body.length > 0 && !url.includes('/commit/') ? JSON.parse(body.toString()) : {}) as Record<
      string,
      never
    >;
    if (method !== 'GET' && token === PushServer.reader) return json(403, { error: 'This token is read-only' });
    if (url === '/api/repos/create') {
      const { name, organization, visibility, type } = content as Record<string, string>;
      const id = `${organization}/${name}`;
      if (type !== 'model') return json(400, { error: 'not a model' });
      if (this.repositories.has(id)) return json(409, { error: 'You already created this model repo' });
      this.repositories.set(id, { private: visibility === 'private', files: new Map(), commits: [] });
      return json(200, { url: `${this.endpoint}/${id}`, id });
    }
    const [, id = '', rest = ''] = /^(?:\/api\/models)?\/([^/]+\/[^/.?]+)(.*)$/.exec(url) ?? [];
    const repository = this.repositories.get(id);
    if (!repository) return json(404, { error: 'Repository not found' });
    if (rest === '') return json(200, { id, private: repository.private });
    if (rest.startsWith('/tree/main'))
      return json(
        200,
        [...repository.files].map(([path, data]) => entryOf(path, data)),
      );
    if (rest === '/preupload/main') {
      const files = content['files'] as unknown as { readonly path: string }[];
      const modeOf = (path: string) => (HubServer.isLarge(path) ? 'lfs' : 'regular');
      return json(200, { files: files.map(({ path }) => ({ path, uploadMode: modeOf(path), shouldIgnore: false })) });
    }
    if (rest === '.git/info/lfs/objects/batch') {
      const objects = content['objects'] as unknown as { readonly oid: string; readonly size: number }[];
      return json(200, { transfer: 'basic', objects: objects.map((object) => this.#actionsFor(object)) });
    }
    if (rest === '/commit/main') return this.#commit(repository, body, json);
    return json(404, { error: `no such address: ${method} ${url}` });
  }

  #actionsFor({ oid, size }: { readonly oid: string; readonly size: number }) {
    if (this.stored.has(oid)) return { oid, size };
    const base = `${this.endpoint}/storage/${oid}`;
    if (size <= PART) return { oid, size, actions: { upload: { href: base } } };
    const parts = Array.from({ length: Math.ceil(size / PART) }, (_, i) => [
      String(i + 1).padStart(5, '0'),
      `${base}/${i}`,
    ]);
    const header = { chunk_size: String(PART), ...Object.fromEntries(parts) };
    return { oid, size, actions: { upload: { href: `${base}/complete`, header } } };
  }

  #store(request: IncomingMessage, response: ServerResponse, body: Buffer): unknown {
    if (request.headers.authorization) this.leaked.push(request.headers.authorization);
    const [, , oid = '', part] = (request.url ?? '').split('/');
    const parts = this.#parts.get(oid) ?? [];
    this.#parts.set(oid, parts);
    if (part === undefined) parts[0] = body;
    else if (part !== 'complete') parts[Number(part)] = body;
    if (part === undefined || part === 'complete') {
      const whole = Buffer.concat(parts);
      if (createHash('sha256').update(whole).digest('hex') !== oid) return response.writeHead(400).end('wrong content');
      this.stored.set(oid, whole);
    }
    return response.writeHead(200, { etag: `"${part ?? 0}"` }).end(part === 'complete' ? '{}' : undefined);
  }

  #commit(repository: Repository, body: Buffer, json: (status: number, value: unknown) => unknown): unknown {
    type Operation = { readonly key: string; readonly value: Readonly<Record<string, string>> };
    const operations = body
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as Operation);
    const added = new Map<string, Buffer>();
    for (const { key, value } of operations) {
      if (key === 'file') added.set(value['path'] as string, Buffer.from(value['content'] as string, 'base64'));
      if (key !== 'lfsFile') continue;
      const data = this.stored.get(value['oid'] as string);
      if (!data) return json(400, { error: `the LFS object of ${value['path']} is missing` });
      added.set(value['path'] as string, data);
    }
    for (const [path, data] of added) repository.files.set(path, data);
    const oid = createHash('sha1').update(body).digest('hex');
    repository.commits.push(operations[0]?.value['summary'] as string);
    return json(200, { commitOid: oid, commitUrl: `${this.endpoint}/commit/${oid}`, hookOutput: '' });
  }
}

function entryOf(path: string, data: Buffer) {
  const oid = createHash('sha1').update(`blob ${data.byteLength}\0`).update(data).digest('hex');
  const large = { oid: HubServer.etag(path, data), size: data.byteLength, pointerSize: 130 };
  return {
    type: 'file',
    path,
    size: data.byteLength,
    oid: HubServer.isLarge(path) ? 'pointer' : oid,
    ...(HubServer.isLarge(path) && { lfs: large }),
  };
}
