import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from './command.ts';
import { failure } from './evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-mine-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];

const words = ['king', 'queen', 'man', 'woman', 'hot', 'cold', 'big', 'small', 'up', 'down'];
const all = words.flatMap((head) => words.filter((tail) => tail !== head).map((tail) => [head, tail] as const));
writeFileSync(path('pool.tsv'), `head\ttail\tid\n${all.map(([h, t], i) => `${h}\t${t}\t${i}`).join('\n')}\n`);
writeFileSync(path('seeds.tsv'), 'hot\tcold\nbig\tsmall\nhot\tcold\n');
writeFileSync(path('not.tsv'), 'king\tqueen\n');
writeFileSync(
  path('relations.jsonl'),
  `${JSON.stringify({ relation: 'some', positives: all.slice(0, 12) })}\n${JSON.stringify({ relation: 'few', positives: all.slice(20, 23) })}\n`,
);

async function mined(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await relbert(['mine', ...args, '--json']);
  expect([code, stderr.replace(/^.*(read as a header line|no token for .* queen:).*\n/gm, '')]).toEqual([0, '']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('relbert mine', () => {
  const asked = ['--seeds', path('seeds.tsv'), '--not', path('not.tsv'), '--top', '7'];

  it('finds the same among an index, pairs and vectors', async () => {
    const among = await mined(...asked, '--among', path('pool.tsv'), ...model);
    expect(among).toHaveLength(7);
    expect(Object.keys(among[0] ?? {}).sort()).toEqual(['head', 'id', 'score', 'seed', 'tail']);
    for (const { head, tail, seed, score } of among) {
      expect(['hot:cold', 'big:small', 'king:queen']).not.toContain(`${head}:${tail}`);
      expect([
        { head: 'hot', tail: 'cold' },
        { head: 'big', tail: 'small' },
      ]).toContainEqual(seed);
      expect(typeof score).toBe('number');
    }
    const built = await relbert(['index', 'build', path('index'), '--pairs', path('pool.tsv'), ...model]);
    expect(built.code).toBe(0);
    const indexed = await mined(...asked, '--among', path('index'));
    const shown = (list: typeof among): string[] => list.map(({ head, tail }) => `${head}:${tail}`).sort();
    expect(shown(indexed)).toEqual(shown(among));
    const embedded = await relbert(['embed', '--pairs', path('pool.tsv'), '--output', path('pool.npy'), ...model]);
    expect(embedded.code).toBe(0);
    expect(shown(await mined(...asked, '--among', path('pool.npy')))).toEqual(shown(among));
    for (const name of ['pool.arrow', 'pool.arrows']) {
      await relbert(['embed', '--pairs', path('pool.tsv'), '--output', path(name), ...model]);
      expect(await mined(...asked, '--among', path(name))).toEqual(await mined(...asked, '--among', path('pool.npy')));
    }
  });

  it("keeps a candidate's columns beside, under another name where the output has one of that name", async () => {
    const lines = all.map(([head, tail], i) => JSON.stringify({ head, tail, score: i, seed: 'x', input_seed: 1 }));
    writeFileSync(path('scored.jsonl'), lines.join('\n'));
    const args = [...asked, '--among', path('scored.jsonl'), ...model, '--json'];
    const { code, stdout, stderr } = await relbert(['mine', ...args]);
    expect([code, stderr.match(/the column \w+ is called \w+/g)]).toEqual([
      0,
      ['the column score is called input_score', 'the column seed is called input_input_seed'],
    ]);
    const first = JSON.parse(stdout.split('\n')[0] as string) as Record<string, unknown>;
    expect(first).toMatchObject({ input_seed: 1, input_input_seed: 'x', seed: { head: expect.any(String) } });
    expect(all[first['input_score'] as number]).toEqual([first['head'], first['tail']]);
    writeFileSync(path('pool.parquet'), '');
    expect((await relbert(['mine', ...asked, '--among', path('pool.parquet')])).stderr).toContain(
      'Parquet files are written, but not read',
    );
  });

  it('makes candidates of the words of a list', async () => {
    writeFileSync(path('words.txt'), words.join('\n'));
    const among = await mined(...asked, '--among', path('pool.tsv'), ...model);
    const made = await mined(...asked, '--vocabulary', path('words.txt'), ...model);
    expect(made.map(({ head, tail }) => [head, tail])).toEqual(among.map(({ head, tail }) => [head, tail]));
    const neither = await relbert(['mine', '--seeds', path('seeds.tsv')]);
    expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining('--among POOL or --vocabulary FILE')]);
  });

  it('reads seeds with a label in a third column', async () => {
    writeFileSync(path('labelled.tsv'), 'hot\tcold\tantonym\nbig\tsmall\tantonym\n');
    const args = ['--not', path('not.tsv'), '--top', '7', '--among', path('pool.tsv'), ...model, '--json'];
    const labelled = await relbert(['mine', '--seeds', path('labelled.tsv'), ...args]);
    const plain = await relbert(['mine', '--seeds', path('seeds.tsv'), ...args]);
    expect([labelled.code, labelled.stdout]).toEqual([0, plain.stdout]);
    expect(labelled.stderr).toContain('labelled.tsv:1: the third column ("antonym") is read as a label and left out');
  });

  it('prints a table', async () => {
    const { stdout, stderr } = await relbert(['mine', ...asked, '--among', path('pool.tsv'), ...model]);
    expect(stderr.match(/read as a header line/g)).toHaveLength(1); // though the file is read three times
    expect(stdout).toMatch(/pair +score +nearest seed/);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^ *7 +\w+:\w+ +-?\d\.\d{4} +(hot:cold|big:small)$/);
  });

  it('refuses two inputs from standard input', async () => {
    const args = ['mine', '--seeds', '-', '--not', '-', '--among', path('pool.tsv')];
    const { code, stdout, stderr } = await relbert(args, { input: 'hot\tcold\n' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('standard input can be read once: give one of them as a file');
  });

  it('says what is wrong with seeds and candidates', async () => {
    writeFileSync(path('empty.tsv'), '');
    expect(await failure('mine', '--seeds', path('empty.tsv'), '--among', path('pool.tsv'))).toContain(
      'empty.tsv: holds no pair',
    );
    expect(await failure('mine', '--seeds', '-', '--among', path('pool.tsv'))).toContain(
      'standard input: holds no pair',
    );
    expect(await failure('mine', '--seeds', path('seeds.tsv'), '--among', path('empty.tsv'), ...model)).toContain(
      'empty.tsv: holds no pair',
    );
    expect(await failure('mine', '--seeds', path('seeds.tsv'), '--among', path('none.tsv'))).toContain(
      'there is no such file',
    );
    const { code, stderr } = await relbert(['mine', '--seeds', path('seeds.tsv'), '--among', '-']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--among - is read twice')]);
  });
});

describe('relbert evaluate mining', () => {
  it('measures relations of a file among further pairs', async () => {
    const args = [
      '--data',
      path('relations.jsonl'),
      '--among',
      path('pool.tsv'),
      '--seeds',
      '3',
      '6',
      '--least-pairs',
      '10',
    ];
    const run = ['evaluate', 'mining', ...args, '--draws', '2', ...model];
    const { code, stdout, stderr } = await relbert([...run, '--json']);
    expect(stderr).toContain('left out: 1 relation with fewer than 10 pairs');
    expect(code).toBe(0);
    const { pool, results } = JSON.parse(stdout) as { pool: number; results: Record<string, unknown>[] };
    expect(pool).toBe(90);
    expect(results.map(({ method, seeds }) => [method, seeds])).toEqual([
      ['relbert mine', 3],
      ['relbert mine', 6],
      ['cosine to the mean', 3],
      ['cosine to the mean', 6],
    ]);
    // 90 candidates without the seeds: all 9 others are among the first 100.
    expect(results[0]?.['precision100']).toBeCloseTo(0.09, 9);
    const each = (await relbert([...run, '--relations'])).stdout;
    expect(each).toMatch(/^relbert mine, 3 seeds +pairs +P@50 .*\n(-.*\n)?some +12 +0\.\d{3} +0\.090 /m);
    expect(each.match(/^some /gm)).toHaveLength(4);
  });
});
