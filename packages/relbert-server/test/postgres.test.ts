import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { indexFolder, pushIndex, RelationIndex } from 'relbert';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres, PostgresServer } from '../../relbert/test/node/postgres-server.ts';
import type { RunningServer } from '../src/index.ts';
import { modelOptions, post, start, tinyModel } from './server.ts';

const relbert = fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url));
const words = ['sun', 'moon', 'king', 'queen', 'tree', 'leaf', 'hand', 'glove'];
const pairs = words.flatMap((head) => words.filter((tail) => tail !== head).map((tail) => ({ head, tail })));

describeWithPostgres('an index in PostgreSQL', () => {
  let database: PostgresServer;
  let address: string;
  let folder: string;
  let plain: RunningServer;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relbert-server-'));
    const index = join(folder, 'index');
    const file = join(folder, 'pairs.jsonl');
    const lines = pairs.map((pair, i) => JSON.stringify({ ...pair, relation: i % 2 === 0 ? 'even' : 'odd' }));
    await writeFile(file, `${lines.join('\n')}\n`);
    const options = ['--model', tinyModel, '--template', modelOptions.template, '--pooling', modelOptions.pooling];
    await run('index', 'build', index, '--pairs', file, ...options);
    database = await PostgresServer.start();
    address = `${database.address()}?table=words`;
    await using source = await RelationIndex.open(indexFolder(index));
    await pushIndex(source, address);
    plain = await start({ index });
    server = await start({ index: address });
  });
  afterAll(async () => {
    await plain?.close();
    await server?.close();
    database?.[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(...args: readonly string[]): Promise<string> {
    return (await promisify(execFile)(process.execPath, [relbert, ...args])).stdout;
  }

  /** With scores to two places: half vectors are rounded. */
  const withoutScores = (json: unknown): unknown =>
    JSON.parse(JSON.stringify(json), (key, value) => (key === 'score' ? expect.closeTo(value, 2) : value));

  it('answers as the same index in a folder', async () => {
    const ready = async ({ url }: RunningServer) =>
      (await (await fetch(`${url}/ready`)).json()) as RunningServer['info'];
    expect((await ready(server)).index).toEqual({ pairs: 56, columns: ['relation'] });
    expect(await ready(server)).toMatchObject({ model: tinyModel, pooling: 'difference' });
    const questions = [
      [
        '/v1/neighbours',
        {
          pairs: [
            ['sun', 'moon'],
            ['a', 'b'],
          ],
          top: 3,
        },
      ],
      [
        '/v1/neighbours',
        { pairs: [['sun', 'moon']], distinctWords: true, where: 'relation = "odd" and head != "glove"' },
      ],
      [
        '/v1/neighbours',
        {
          pairs: [
            ['sun', 'moon'],
            ['king', 'queen'],
          ],
          mean: true,
          not: [['tree', 'leaf']],
        },
      ],
      [
        '/v1/mine',
        {
          seeds: [
            ['sun', 'moon'],
            ['king', 'queen'],
          ],
          not: [['tree', 'leaf']],
          top: 4,
        },
      ],
    ] as const;
    for (const [path, body] of questions) {
      const [expected, answer] = [await post(plain, path, body), await post(server, path, body)];
      expect([expected.status, answer.status]).toEqual([200, 200]);
      expect(answer.body).toEqual(withoutScores(expected.body));
    }
  });

  it('takes U+0000, which PostgreSQL does not store, as a word that is not there', async () => {
    const odd = { pairs: [['a\0', 'b']], top: 2 };
    expect(await post(server, '/v1/neighbours', { ...odd, distinctWords: true })).toMatchObject({ status: 200 });
    const { status, body } = await post(server, '/v1/neighbours', { ...odd, where: 'head = "\0"' });
    expect([status, body.detail]).toEqual([422, 'where: PostgreSQL stores no U+0000, and no half of a surrogate pair']);
    expect(await post(server, '/v1/neighbours', { ...odd, where: 'none = 1' })).toMatchObject({ status: 422 });
  });

  it('is a pool of the commands neighbours and mine, too, and shows no password', async () => {
    const secret = address.replace('postgres@', 'postgres:secret@');
    const seeds = join(folder, 'seeds.tsv');
    await writeFile(seeds, 'sun\tmoon\nking\tqueen\n');
    const index = join(folder, 'index');
    const [found, table] = await Promise.all(
      [index, secret].map((among) => run('neighbours', 'sun:moon', '--among', among, '--top', '3', '--json')),
    );
    expect(table).not.toContain('secret');
    expect(JSON.parse(table as string)).toEqual({
      ...(withoutScores(JSON.parse(found as string)) as object),
      among: expect.stringMatching(/^postgres:\/\/127.*, table words$/),
    });
    const mined = await Promise.all(
      [index, secret].map(async (among) => {
        const lines = (await run('mine', '--seeds', seeds, '--among', among, '--top', '3', '--json')).trimEnd();
        return lines.split('\n').map((line) => JSON.parse(line));
      }),
    );
    expect(mined[1]).toHaveLength(3);
    expect(mined[1]).toEqual(withoutScores(mined[0]));
  });

  it('says what is wrong with the database at the start, without the password', async () => {
    await expect(start({ index: 'postgres://me:secret@127.0.0.1:1/x' })).rejects.toThrow(
      /^postgres:\/\/127\.0\.0\.1:1\/x, table relbert_pairs: the database cannot be reached/,
    );
    await expect(start({ index: database.address() })).rejects.toThrow('there is no such table');
    await expect(start({ index: address, pooling: 'average' })).rejects.toThrow('has another pooling');
  });

  it('goes on when the database is back, and answers what needs none meanwhile', async () => {
    const body = { pairs: [['sun', 'moon']] };
    database.crash();
    const lost = await post(server, '/v1/neighbours', body);
    expect([lost.status, lost.body.detail]).toEqual([503, 'the index cannot be reached']);
    expect(lost.headers.get('retry-after')).toBe('1');
    expect((await post(server, '/v1/embed', body)).status).toBe(200);
    database.start();
    expect((await post(server, '/v1/neighbours', body)).status).toBe(200);
  });
});
