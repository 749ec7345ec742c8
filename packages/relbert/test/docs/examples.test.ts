import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RelationEncoder } from 'relbert';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const examples = join(root, 'examples');
/** Those with a test elsewhere: `npm run try:vite`, `npm run try:next`. */
const elsewhere = ['browser', 'next'];

/** The examples, each in a folder of its own where this checkout is installed. */
describe('examples', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'relbert-examples-'));
    cpSync(examples, folder, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const output = async (name: string, ...args: string[]): Promise<string> =>
    (await run(process.execPath, ['main.mjs', ...args], { cwd: join(folder, name) })).stdout;
  const firstPairs = (text: string): string[] => text.match(/\S+:\S+/g) ?? [];

  it('are all run', () => {
    const programs = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'package.json')));
    const jobs = ['analogy', 'classify', 'cluster', 'complete', 'embed', 'index', 'mapping', 'mine', 'server'];
    expect(programs.sort()).toEqual([...jobs, ...elsewhere].sort());
    for (const name of programs) {
      expect(
        readFileSync(join(examples, name, 'README.md'), 'utf8')
          .trimEnd()
          .split('\n').length,
      ).toBeLessThan(10);
      const { dependencies } = JSON.parse(readFileSync(join(examples, name, 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      };
      const { version } = JSON.parse(readFileSync(join(root, 'packages/relbert/package.json'), 'utf8')) as {
        version: string;
      };
      expect(dependencies['relbert']).toBe(version);
    }
  });

  it('embed', async () => {
    expect(await output('embed')).toBe('4 pairs of 384 numbers in vectors.jsonl\n');
    const lines = readFileSync(join(folder, 'embed/vectors.jsonl'), 'utf8').trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { head: string; vector: number[] });
    expect(rows.map(({ head, vector }) => [head, vector.length])).toEqual(
      ['Tokyo', 'Paris', 'hot', 'wheel'].map((head) => [head, 384]),
    );
  });

  it('analogy', async () => {
    expect(firstPairs(await output('analogy'))[0]).toBe('note:music');
  });

  it('index, built once', async () => {
    expect(
      firstPairs((await output('index', 'Rome:Italy')).replace(/^\{.*\}$/ms, ''))
        .slice(0, 2)
        .sort(),
    ).toEqual(['Oslo:Norway', 'Paris:France']);
    expect(firstPairs(await output('index', 'nurse:clinic'))[0]).toBe('doctor:hospital');
  });

  it('mine', async () => {
    expect(firstPairs(await output('mine')).sort()).toEqual(
      ['Berlin:Germany', 'Cairo:Egypt', 'Lima:Peru', 'Madrid:Spain', 'Oslo:Norway'].sort(),
    );
  });

  it('complete', async () => {
    expect(await output('complete')).toMatch(/^\d\.\d\d {2}Paris\n/);
    expect(await output('complete', 'Germany')).toMatch(/^\d\.\d\d {2}Berlin\n/);
  });

  it('classify, fitted once', async () => {
    expect(await output('classify')).toMatch(
      /^centroid \S+\nMadrid:Spain capital 0\.\d\d\nwet:dry opposite 0\.\d\d\n$/,
    );
    expect(await output('classify', 'Lima:Peru')).toMatch(/^Lima:Peru capital 0\.\d\d\n$/);
  });

  it('cluster', async () => {
    const text = await output('cluster');
    const groups = text
      .split('\n')
      .slice(0, 3)
      .map((line) => firstPairs(line).sort().join(' '));
    expect(groups.sort()).toEqual([
      'Cairo:Egypt Oslo:Norway Paris:France Tokyo:Japan',
      'bigger:big faster:fast older:old warmer:warm',
      'cook:kitchen doctor:hospital farmer:field teacher:school',
    ]);
    expect(readFileSync(join(folder, 'cluster/map.svg'), 'utf8')).toContain('Tokyo:Japan');
  });

  it('mapping', async () => {
    expect(await output('mapping')).toBe(
      'teacher -> doctor\nstudent -> patient\nschool -> hospital\nlesson -> treatment\n4 of 4 right; proven to be the best mapping: true\n',
    );
  });

  it('server', async () => {
    const env = { ...process.env, PORT: '0' };
    const child = spawn(process.execPath, ['main.mjs'], { cwd: join(folder, 'server'), env });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    try {
      const [url] = (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value.match(
        /^http.*/,
      );
      const body = JSON.stringify({ a: ['Tokyo', 'Japan'], b: ['Paris', 'France'] });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', body, headers });
      expect(((await answer.json()) as { similarity: number }).similarity).toBeGreaterThan(0.9);
      expect((await fetch(new URL('/elsewhere', url))).status).toBe(404);
      const raw = (text: string) => rawAnswer(Number(new URL(url).port), text);
      expect(await raw('GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
      expect(await raw('TRACE /relations/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/ 400 /);
      await raw('POST /relations/v1/similarity HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbroke');
      expect((await fetch(new URL('/elsewhere', url))).status).toBe(404);
    } finally {
      child.kill();
    }
    expect(await ended).toBe(0);
  });

  it('next: a load that failed is tried again by the next request', async () => {
    const route = (await import(join(examples, 'next/app/api/similarity/route.js'))) as {
      GET(request: Request): Promise<Response>;
    };
    const encoder = { similarity: async () => 0.5 } as unknown as RelationEncoder;
    const load = vi.spyOn(RelationEncoder, 'load').mockRejectedValueOnce(new Error('no network'));
    load.mockResolvedValueOnce(encoder);
    try {
      const ask = async () => (await route.GET(new Request('http://localhost/?a=hot:cold&b=wet:dry'))).json();
      expect([await ask(), await ask(), await ask()]).toEqual([
        { error: 'no network' },
        ...[{ similarity: 0.5 }, { similarity: 0.5 }],
      ]);
    } finally {
      load.mockRestore();
    }
  });
});

/** What a server says to bytes after which the client ends the connection. */
async function rawAnswer(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').end(request);
  return (await socket.setEncoding('utf8').toArray()).join('');
}
