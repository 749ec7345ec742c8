import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content?: string): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];

describe('relbert embed to a table with further columns', () => {
  const path = file('columns.csv', 'id,head,tail,note\n7,cat,dog,"a, b"\n8,New York,Tokyo,\n');

  it('writes Parquet, row group by row group', async () => {
    const output = file('vectors.parquet');
    const { code } = await relbert(['embed', '--pairs', path, ...model, '--output', output]);
    expect(code).toBe(0);
    const bytes = new Uint8Array(readFileSync(output)).buffer;
    const found = await parquetReadObjects({ file: bytes });
    const { stdout } = await relbert(['embed', ...model, 'cat:dog', 'New York:Tokyo']);
    const vectors = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { embedding: number[] }).embedding.map(Math.fround));
    expect(found).toEqual([
      { head: 'cat', tail: 'dog', id: '7', note: 'a, b', embedding: vectors[0] },
      { head: 'New York', tail: 'Tokyo', id: '8', note: '', embedding: vectors[1] },
    ]);
    const many = file('many.tsv', Array.from({ length: 9000 }, (_, i) => `w${i % 7}\tcat\n`).join(''));
    await relbert(['embed', '--pairs', many, ...model, '--output', output]);
    const metadata = parquetMetadata(new Uint8Array(readFileSync(output)).buffer);
    expect([metadata.num_rows, metadata.row_groups.map(({ num_rows }) => num_rows)]).toEqual([9000n, [8192n, 808n]]);
  });

  it('leaves no file where the writing fails, and needs one', async () => {
    const output = file('failed.parquet');
    const wrong = file('wrong.tsv', 'cat\tdog\nalone\n');
    const { code, stderr } = await relbert(['embed', '--pairs', wrong, ...model, '--output', output]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('wrong.tsv:2: expected two words, got one')]);
    expect(readdirSync(folder).filter((name) => name.includes('failed'))).toEqual([]);
    const without = await relbert(['embed', 'cat:dog', ...model, '--format', 'parquet']);
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('the format parquet needs --output FILE'),
    ]);
  });

  it('names the columns of a .npy in the first line of its pairs; word2vec says that it has none', async () => {
    const output = file('vectors.npy');
    expect((await relbert(['embed', '--pairs', path, ...model, '--output', output])).code).toBe(0);
    expect(readFileSync(file('vectors.pairs.tsv'), 'utf8')).toBe(
      'head\ttail\tid\tnote\ncat\tdog\t7\ta, b\nNew York\tTokyo\t8\t\n',
    );
    const found = await relbert(['neighbours', 'cat:dog', '--among', output, ...model, '--json']);
    expect(found.stdout).toContain('"New York"');
    const word2vec = await relbert(['embed', '--pairs', path, ...model, '--format', 'word2vec']);
    expect(word2vec.stderr).toContain('further columns such as id were left out');
  });
});
