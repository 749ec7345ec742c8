import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IndexNeighbour } from '../../src/index/pair-index.ts';
import { type PgClient, requireVector } from '../../src/node/postgres/connection.ts';
import { PostgresIndex } from '../../src/node/postgres/postgres-index.ts';
import { pushIndex } from '../../src/node/postgres/push-index.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';
import { relbert, tinyModel } from '../cli/command.ts';
import { MemoryIndex, model } from './memory-index.ts';
import { describeWithPostgres, PostgresServer } from './postgres-server.ts';

const idsOf = (neighbours: readonly IndexNeighbour[] = []): unknown[] =>
  neighbours.map(({ pair }) => pair.columns?.['id']);
const expectMessage = (run: Promise<unknown>, message: RegExp | string) => expect(run).rejects.toThrow(message);

describeWithPostgres('an index in PostgreSQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-push-'));
  let server: PostgresServer;
  let pool: pg.Pool;
  const sql = async (text: string): Promise<Record<string, unknown>[]> => (await pool.query(text)).rows;
  let address: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
    address = server.address();
    pool = new pg.Pool({ connectionString: address });
    pool.on('error', () => {});
  });
  afterAll(async () => {
    await pool.end();
    server[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  it('answers as the index in the folder does, to the command', async () => {
    const index = join(folder, 'index');
    const pairs = join(folder, 'pairs.jsonl');
    const lines = ['king queen', 'man woman', 'hot cold', 'big small', 'New_York USA'].map((text, id) => {
      const [head, tail] = text.split(' ');
      return {
        head,
        tail,
        relation: id < 2 ? 'gender' : id < 4 ? 'opposite' : 'place',
        id,
        ...(id === 4 && { note: null, list: [1] }),
      };
    });
    writeFileSync(pairs, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const flags = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];
    expect((await relbert(['index', 'build', index, '--pairs', pairs, ...flags])).code).toBe(0);
    const push = ['index', 'push', '--to', address, '--table', 'words', '--index', index, '--json'];
    expect((await relbert(push)).stdout).toBe('{"added":5,"repeated":0,"rows":5}\n');
    expect((await relbert(push)).stdout).toBe('{"added":0,"repeated":5,"rows":5}\n');
    const questions = [
      ['hot:cold'],
      ['hot:cold', 'king:queen', '--top', '2'],
      ['hot:cold', '--mean', '--not', 'king:queen', '--exact'],
      ['York:London', '--distinct-words'],
      ['hot:warm', '--where', 'relation = "opposite" and head != "big"'],
      ['a:b', '--where', 'id >= 1 and id < 3.5 and not (head = "hot")'],
      ['a:b', '--where', 'note = null or id in (1, 2)'],
      ['a:b', '--where', 'list = "[1]" or relation < "h"'],
      ['a:b', '--where', 'not note = null'],
      ['--vector', JSON.stringify(Array.from({ length: 24 }, (_, i) => i - 12))],
    ];
    for (const question of questions) {
      const ask = async (place: readonly string[]) => {
        const { code, stdout, stderr } = await relbert(['index', 'search', ...question, ...place, '--json']);
        expect([code, stderr]).toEqual([0, '']);
        const scores: number[] = [];
        const text = stdout.replace(
          /"score":(-?[\d.e-]+)/g,
          (_, score: string) => `"score":${scores.push(Number(score))}`,
        );
        return { text, scores };
      };
      const table = await ask(['--in', `${address}?table=words`]);
      const plain = await ask(['--index', index]);
      expect(table.text, question.join(' ')).toBe(plain.text);
      for (const [i, score] of table.scores.entries()) expect(score).toBeCloseTo(plain.scores[i] ?? 0, 2);
    }
    const wide = await relbert([...push, '--overwrite', '--build-memory', '9000000']);
    expect([wide.code, wide.stderr]).toEqual([1, expect.stringContaining('maintenance_work_mem')]);
    const search = ['index', 'search', 'hot:cold', '--in', address, '--table', 'words', '--ef-search'];
    expect((await relbert([...search, '2000'])).stderr).toContain('efSearch must be a whole number from 1 to 1000');
    const both = await relbert(['index', 'search', 'a:b', '--in', address, '--index', index]);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('give --index DIR or --in postgres://')]);
    const other = await relbert([
      'index',
      'search',
      'a:b',
      '--in',
      address,
      '--table',
      'words',
      '--pooling',
      'average',
    ]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('has another pooling')]);
  });

  it('finds the nearest pairs, as many as are asked for where a filter leaves few', async () => {
    const source = new MemoryIndex(3000);
    expect(await pushIndex(source, address, { table: 'many' })).toEqual({ added: 3000, repeated: 0, rows: 3000 });
    await using index = await PostgresIndex.open(address, { table: 'many' });
    expect([index.dimension, index.model, index.columns, await index.count()]).toEqual([
      16,
      model,
      ['id', 'relation'],
      3000,
    ]);
    const queries = Array.from({ length: 20 }, (_, i) => ({ vector: source.vector(i * 7) }));
    const found = await index.search(queries);
    const expected = await source.search(queries);
    const hits = found.flatMap((list, q) => idsOf(list).filter((id) => idsOf(expected[q]).includes(id))).length;
    expect(hits).toBeGreaterThanOrEqual(198);
    for (const [i, { score }] of (found[0] ?? []).entries()) expect(score).toBeCloseTo(expected[0]?.[i]?.score ?? 0, 3);
    const plan = await sql(
      `explain select 1 from many order by embedding <=> (select embedding from many limit 1) limit 10`,
    );
    expect(JSON.stringify(plan)).toContain('Index Scan using many_embedding');

    const rare = await index.search(queries, { top: 25, where: 'relation = "rare"' });
    const expectedRare = await source.search(queries, { top: 25, only: (row) => row % 100 === 0 });
    expect(rare.map(({ length }) => length)).toEqual(queries.map(() => 25));
    expect(idsOf(rare[0])).toEqual(idsOf(expectedRare[0]));
    expect((await index.search(queries.slice(0, 1), { top: 500 }))[0]).toHaveLength(500);
    expect((await index.search(queries.slice(0, 1), { top: 9000 }))[0]).toHaveLength(3000);
    expect((await index.search(queries, { where: 'relation = "none"' })).flat()).toEqual([]);

    const pair = source.pairs[3] as WordPair;
    const vector = await index.vectorOf(pair);
    const norm = Math.hypot(...source.vector(3));
    expect(vector).toHaveLength(source.vector(3).length);
    for (const [i, x] of (vector as Float32Array).entries()) {
      expect(Math.abs(x - (source.vector(3)[i] as number) / norm)).toBeLessThan(1e-3);
    }
    expect(await index.vectorOf({ head: 'no', tail: 'pair' })).toBeUndefined();
    const odd = [{ vector: source.vector(3), pairs: [{ head: 'head 3', tail: '\ud800' }] }];
    expect(await index.search(odd)).toEqual(await index.search([{ vector: source.vector(3) }]));
    expect(await index.search(odd, { distinctWords: true })).toEqual([[]]); // all have the word "head"
    const [without] = await index.search([{ vector: source.vector(3), pairs: [pair] }], {
      distinctWords: true,
      top: 4000,
    });
    expect(without).toHaveLength(0); // all have the word "head"
    let rows = 0;
    for await (const block of index.blocks()) rows += block.pairs.length;
    expect(rows).toBe(3000);
  });

  it('refuses questions that cannot be', async () => {
    await using index = await PostgresIndex.open(`${address}?table=many`);
    const vector = new Float32Array(16).fill(1);
    await expectMessage(index.search([{ vector: new Float32Array(8).fill(1) }]), 'question 1 has 8 dimensions');
    await expectMessage(index.search([{ vector: new Float32Array(16) }]), 'all zeros');
    await expectMessage(index.search([{ vector }], { where: 'source = "x"' }), "there is no column 'source'");
    await expectMessage(index.search([{ vector }], { top: 0 }), 'top must be a positive whole number');
    await expectMessage(index.search([{ vector }], { probes: 3 }), 'probes are lists');
    await expectMessage(PostgresIndex.open(address, { table: 'many', efSearch: 2000 }), 'efSearch must be');
  });

  it('ends a question that waits when it is aborted, and answers the next one', async () => {
    await pushIndex(new MemoryIndex(20), address, { table: 'held' });
    await using index = await PostgresIndex.open(address, { table: 'held' });
    const holder = await pool.connect();
    await holder.query('begin; lock table held in access exclusive mode');
    const stop = new AbortController();
    const asked = index.search([{ vector: await new MemoryIndex(20).sample(1) }], { top: 3, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('not wanted any more')), 100);
    await expectMessage(asked, 'not wanted any more');
    await holder.query('rollback');
    holder.release();
    expect((await index.search([{ vector: await new MemoryIndex(20).sample(1) }], { top: 3 }))[0]).toHaveLength(3);
  });

  it('goes on after an interruption, and adds nothing twice', async () => {
    const controller = new AbortController();
    const stopped = new MemoryIndex(1250, {
      onBlock: (done) => {
        if (done === 800) controller.abort(new Error('stopped by the test'));
      },
    });
    await expectMessage(
      pushIndex(stopped, address, { table: 'long', commitRows: 500, signal: controller.signal }),
      'stopped by the test',
    );
    expect((await sql('select count(*)::int as rows from long'))[0]?.['rows']).toBe(500);
    const whole = new MemoryIndex(1250);
    expect(await pushIndex(whole, address, { table: 'long', commitRows: 500 })).toEqual({
      added: 750,
      repeated: 500,
      rows: 1250,
    });
    expect((await sql('select count(distinct key)::int as rows from long'))[0]?.['rows']).toBe(1250);
    expect(await pushIndex(new MemoryIndex(1260), address, { table: 'long', commitRows: 500 })).toMatchObject({
      added: 10,
      rows: 1260,
    });
  });

  it('says that the database went away in the middle, and goes on when it is back', async () => {
    const table = 'lost';
    const ended = new MemoryIndex(1250, {
      onBlock: async (done) => {
        if (done === 800)
          await sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relbert'`);
      },
    });
    await expectMessage(
      pushIndex(ended, address, { table, commitRows: 500 }),
      /table lost: the database went away .* run the command again/,
    );
    const crashed = new MemoryIndex(1250, {
      onBlock: (done) => {
        if (done === 1200) server.crash();
      },
    });
    await expectMessage(pushIndex(crashed, address, { table, commitRows: 500 }), 'the database went away');
    await expectMessage(pushIndex(crashed, address, { table, commitRows: 500 }), 'the database cannot be reached');
    server.start();
    expect(await pushIndex(new MemoryIndex(1250), address, { table, commitRows: 500 })).toMatchObject({
      added: 250,
      rows: 1250,
    });
  });

  it('refuses a table that is not its own, or has another shape, model or dimension', async () => {
    const source = new MemoryIndex(10);
    await sql('create table plain (id int)');
    await expectMessage(pushIndex(source, address, { table: 'plain', overwrite: true }), 'it was not made by relbert');
    await expectMessage(PostgresIndex.open(address, { table: 'plain' }), 'it was not made by relbert');
    await expectMessage(
      PostgresIndex.open(address, { table: 'none' }),
      "there is no such table; make it with 'relbert index push'",
    );
    await pushIndex(source, address, { table: 'public.small' });
    const why = 'push to another table, or replace this one with --overwrite';
    await expectMessage(
      pushIndex(new MemoryIndex(10, { dimension: 8 }), address, { table: 'small' }),
      `holds vectors of 16 dimensions, memory of 8; ${why}`,
    );
    for (const [change, difference] of [
      [{ hash: 'def' }, 'other weights'],
      [{ prompt: 'b' }, 'another prompt'],
      [{ pooling: 'average' }, 'another pooling'],
    ] as const) {
      const other = new MemoryIndex(10, { model: change });
      await expectMessage(pushIndex(other, address, { table: 'small' }), `those of memory have ${difference}`);
    }
    await sql('alter table small drop column words');
    const shape = 'the column words of the table is missing; expected text[]';
    await expectMessage(pushIndex(source, address, { table: 'small' }), shape);
    await expectMessage(PostgresIndex.open(address, { table: 'small' }), shape);
    expect(await pushIndex(source, address, { table: 'small', overwrite: true })).toMatchObject({
      added: 10,
      rows: 10,
    });
  });

  it('refuses more dimensions than half vectors have, characters that are not stored, and a second push', async () => {
    await expectMessage(
      pushIndex(new MemoryIndex(1, { dimension: 4001 }), 'postgres://nowhere/x'),
      'has 4001 dimensions; pgvector can index up to 4000',
    );
    expect(await pushIndex(new MemoryIndex(3, { dimension: 4000 }), address, { table: 'wide' })).toMatchObject({
      rows: 3,
    });
    const source = new MemoryIndex(1);
    const odd = (pair: WordPair) => Object.assign(new MemoryIndex(1), { pairs: [pair] });
    for (const pair of [
      { head: 'a\0', tail: 'b' },
      { head: 'a', tail: '\ud800' },
      { head: '\ud83d', tail: '\ude00' }, // one character together
      { head: 'a', tail: 'b', columns: { id: '\\\0' } },
    ]) {
      await expectMessage(pushIndex(odd(pair), address, { table: 'odd' }), 'holds U+0000 or half of a surrogate pair');
    }
    expect(
      await pushIndex(odd({ head: 'a', tail: 'b', columns: { id: '\\u0000' } }), address, { table: 'odd' }),
    ).toMatchObject({ rows: 1 });
    let second: Promise<unknown> | undefined;
    const slow = new MemoryIndex(800, {
      onBlock: async () => {
        second ??= pushIndex(source, address, { table: 'both' });
        await second.catch(() => {});
      },
    });
    await pushIndex(slow, address, { table: 'both' });
    await expectMessage(second as Promise<unknown>, 'another push is writing to this table');
  });

  it('says what a database lacks', async () => {
    await sql('create role guest login');
    await sql('create database bare');
    const bare = server.address('bare', 'guest');
    await expectMessage(PostgresIndex.open(bare), "pgvector is not in this database: run 'create extension vector'");
    await expectMessage(
      pushIndex(new MemoryIndex(1), bare),
      /pgvector is not in this database, and cannot be added \(permission denied/,
    );
    await expectMessage(PostgresIndex.open(server.address('none')), 'there is no such database');
    // A server with a version from before halfvec had filtered searches, and one without pgvector.
    await sql('create database old');
    const client = new pg.Client(server.address('old'));
    await client.connect();
    await client.query('create extension vector');
    await client.query(`update pg_extension set extversion = '0.7.4' where extname = 'vector'`);
    await client.end();
    for (const refused of [
      PostgresIndex.open(server.address('old')),
      pushIndex(new MemoryIndex(1), server.address('old')),
    ]) {
      await expectMessage(
        refused,
        /pgvector 0\.7\.4 is too old, 0\.8\S* or later is needed: install it on the server, then run 'alter extension vector update'/,
      );
    }
    const without = { query: async () => ({ rows: [], rowCount: 0 }) } as unknown as PgClient;
    await expectMessage(
      requireVector(without, 'here', true),
      /^here: this server does not have pgvector; install version 0\.8\S* or later$/,
    );
    await expectMessage(
      PostgresIndex.open('postgres://127.0.0.1:1/x'),
      /^postgres:\/\/127\.0\.0\.1:1\/x, table relbert_pairs: the database cannot be reached/,
    );
    await expectMessage(PostgresIndex.open('postgres://me:secret@127.0.0.1:1/x'), /^(?!.*secret)/);
    await expectMessage(PostgresIndex.open(address, { table: 'a"b' }), 'is not a name of a table');
    const wrong = await relbert(['index', 'push', '--to', 'mysql://x', '--index', folder]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('postgres://')]);
  });
});
