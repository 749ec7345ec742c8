import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import {
  Table as ArrowTable,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  RecordBatchStreamWriter,
  Schema,
  type Table,
  TimestampNanosecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { type CommandOptions, relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-arrow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];

/** The vocabulary of the tiny model lacks a word of the stream. */
const unknown = 'warning: the model has no token for all or a part of 日本: to it such words are the same\n';

/** Runs `relbert embed --format arrow`; standard output as bytes. */
async function embedArrow(input: NonNullable<CommandOptions['input']>, ...args: string[]) {
  const parts: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      parts.push(chunk);
      done();
    },
  });
  const { code, stderr } = await relbert(['embed', '--format', 'arrow', ...model, ...args], { input, stdout });
  return { code, stderr, bytes: Buffer.concat(parts) };
}

/** The files of this folder that the process has open. */
function openFiles(): string[] {
  const paths = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  return paths.filter((path) => path.startsWith(folder));
}

async function vectorsOf(...pairs: readonly (readonly string[])[]): Promise<number[][]> {
  const { stdout } = await relbert(['embed', ...model, ...pairs.map((pair) => JSON.stringify(pair))]);
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { embedding: number[] }).embedding.map(Math.fround));
}

function columnOf(table: Table, name: string): unknown[] {
  const column = table.getChild(name);
  return Array.from({ length: table.numRows }, (_, i) => {
    const value: unknown = column?.get(i);
    return value && typeof value === 'object' && 'toArray' in value
      ? Array.from((value as { toArray(): Iterable<unknown> }).toArray())
      : value;
  });
}

const pairs = [
  ['cat', 'dog'],
  ['New York', 'Tokyo'],
  ['été', '日本'],
] as const;
const heads = pairs.map(([head]) => head);
const tails = pairs.map(([, tail]) => tail);

/** A stream of two batches of three rows, with an empty one between them, and columns of many types. */
function stream(): Uint8Array {
  const fields = [
    new Field('id', new Int64(), false, new Map([['key', 'yes']])),
    new Field('head', new Utf8()),
    new Field('when', new TimestampNanosecond('Europe/Berlin'), true),
    new Field('tail', new Utf8()),
    new Field('source', new Dictionary(new Utf8(), new Int32()), true),
    new Field('numbers', new List(new Field('item', new Float32(), true)), true),
  ];
  const schema = new Schema(fields, new Map([['made by', 'a test']]));
  const table = (from: bigint, sources: readonly (string | null)[]): Table => {
    const columns = {
      id: vectorFromArray([from, from + 1n, 2n ** 62n + from], new Int64()),
      head: vectorFromArray(heads, new Utf8()),
      when: vectorFromArray([0, null, 1], new TimestampNanosecond('Europe/Berlin')),
      tail: vectorFromArray(tails, new Utf8()),
      source: vectorFromArray(sources, fields[4]?.type as Dictionary<Utf8, Int32>),
      numbers: vectorFromArray([[1], null, []], fields[5]?.type as List<Float32>),
    };
    return new ArrowTable(schema, columns);
  };
  const writer = new RecordBatchStreamWriter();
  const first = table(1n, ['a', null, 'b']);
  for (const part of [first, first.slice(0, 0), table(4n, ['b', 'c', null])]) {
    for (const batch of part.batches) writer.write(batch);
  }
  writer.finish();
  return writer.toUint8Array(true);
}

describe('relbert embed --format arrow', () => {
  it('gives every batch back with an embedding for each row, and every other column as it came', async () => {
    const input = stream();
    const { code, stderr, bytes } = await embedArrow(input);
    expect([code, stderr]).toEqual([0, unknown]);
    const before = tableFromIPC(input);
    const after = tableFromIPC(bytes);
    expect(after.schema.metadata).toEqual(before.schema.metadata);
    expect(after.schema.fields.slice(0, -1).map(String)).toEqual(before.schema.fields.map(String));
    expect(after.schema.fields[0]?.metadata).toEqual(new Map([['key', 'yes']]));
    expect(String(after.schema.fields.at(-1))).toBe('embedding: List<Float32>');
    expect(after.batches.map(({ numRows }) => numRows)).toEqual(before.batches.map(({ numRows }) => numRows));
    for (const { name } of before.schema.fields) expect(columnOf(after, name)).toEqual(columnOf(before, name));
    const expected = await vectorsOf(...pairs);
    expect(columnOf(after, 'embedding')).toEqual([...expected, ...expected]);
  });

  it('keeps a column that is called embedding under another name', async () => {
    const once = (await embedArrow(stream())).bytes;
    const twice = await embedArrow(once);
    expect([twice.code, twice.stderr]).toEqual([
      0,
      expect.stringContaining('the column embedding is called input_embedding in the output'),
    ]);
    const table = tableFromIPC(twice.bytes);
    const names = tableFromIPC(once).schema.fields.map(({ name }) => name);
    expect(table.schema.fields.map(({ name }) => name)).toEqual([
      ...names.slice(0, -1),
      'input_embedding',
      'embedding',
    ]);
    expect(columnOf(table, 'input_embedding')).toEqual(columnOf(table, 'embedding'));
    const lines = file('embedded.jsonl', '{"head":"cat","tail":"dog","embedding":[7],"id":1}\n');
    const { stdout, stderr } = await relbert(['embed', '--pairs', lines, ...model]);
    expect(stderr).toContain('the column embedding is called input_embedding');
    expect(Object.keys(JSON.parse(stdout))).toEqual(['head', 'tail', 'input_embedding', 'id', 'embedding']);
    expect(JSON.parse(stdout)).toMatchObject({ input_embedding: [7], id: 1 });
  });

  it('answers a batch before the next one is there, and ends when the input does', async () => {
    const input = stream();
    const starts = [...input.keys()].filter((at) => input.subarray(at, at + 4).every((byte) => byte === 0xff));
    const second = starts[3]; // the schema, a dictionary and the first batch come before it
    const stdin = new PassThrough();
    const parts: Buffer[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _, done) {
        parts.push(chunk);
        done();
      },
    });
    const end = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]);
    const run = relbert(['embed', '--format', 'arrow', ...model], { input: stdin, stdout });
    stdin.write(input.subarray(0, second));
    while (rowsOf(Buffer.concat([...parts, end])) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    stdin.end(input.subarray(second));
    expect((await run).code).toBe(0);
    expect(rowsOf(Buffer.concat(parts))).toBe(6);
  });

  it('reads an Arrow file too, and writes one where the ending says so', async () => {
    const columns = ['id', 'head', 'when', 'tail'];
    const path = file('pairs.arrow', tableToIPC(tableFromIPC(stream()).select(columns), 'file'));
    const output = file('vectors.arrow');
    const { code, stderr } = await relbert(['embed', '--pairs', path, ...model, '--output', output]);
    expect([code, stderr]).toEqual([0, unknown]);
    expect(readFileSync(output).subarray(0, 6).toString()).toBe('ARROW1');
    expect(columnOf(tableFromIPC(readFileSync(output)), 'id')).toEqual([
      1n,
      2n,
      2n ** 62n + 1n,
      4n,
      5n,
      2n ** 62n + 4n,
    ]);
  });

  it('reads Arrow for other formats where JSON can hold its columns', async () => {
    const table = new ArrowTable({
      head: vectorFromArray(heads),
      tail: vectorFromArray(tails),
      id: vectorFromArray([7, 8, 9]),
    });
    const path = file('plain.arrows', tableToIPC(table, 'stream'));
    const { stdout } = await relbert(['embed', '--pairs', path, ...model]);
    expect(stdout.split('\n')[1]).toMatch(/^\{"head":"New York","tail":"Tokyo","id":8,"embedding":\[/);
    const named = new ArrowTable({
      word1: vectorFromArray(heads),
      word2: vectorFromArray(tails),
      tail: vectorFromArray(tails),
    });
    const both = await relbert(['embed', '--pairs', file('both.arrows', tableToIPC(named, 'stream')), ...model]);
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('the name tail is given to two columns')]);
    const { code, stderr } = await relbert(['embed', '--pairs', file('pairs.arrow'), ...model]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /the column when has the type Timestamp.*; cast or drop it \(only `relbert embed --format arrow` passes it on\)/,
      ),
    ]);
  });

  it('fails where rows are lost: a stream that is cut off anywhere, and a second stream', async () => {
    const input = stream();
    const cut = 'the Arrow stream is cut off after';
    const cases: [Uint8Array, string][] = [
      [input.subarray(0, 40), `${cut} 0 whole batches`],
      [input.subarray(0, input.length - 8), `${cut} 3 whole batches: no end mark`],
      [input.subarray(0, input.length - 100), `${cut} 2 whole batches`],
      [Buffer.concat([input, input]), 'has further bytes after its Arrow stream'],
      [tableToIPC(tableFromIPC(input).select(['head', 'tail']), 'file').subarray(0, -10), 'the Arrow file is cut off'],
    ];
    for (const [bytes, message] of cases) {
      const { code, stderr } = await embedArrow(bytes);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`standard input: ${message}`)]);
    }
  });

  it('says what is wrong with a column of embeddings, in every command that reads vectors', async () => {
    const columns = { head: vectorFromArray(['a', 'c'], new Utf8()), tail: vectorFromArray(['b', 'd'], new Utf8()) };
    const written = (name: string, type: Float32 | Float64, rows: readonly (readonly (number | null)[])[]) => {
      const embedding = vectorFromArray(rows, new List(new Field('item', type)));
      return file(name, tableToIPC(new ArrowTable({ ...columns, embedding }), 'stream'));
    };
    const near = (path: string) => relbert(['neighbours', 'a:b', '--among', path]);
    const gap = await near(
      written('gap.arrows', new Float32(), [
        [1, 2, 3],
        [1, null, 3],
      ]),
    );
    expect([gap.code, gap.stderr]).toEqual([
      1,
      expect.stringContaining('row 2, ["c","d"]: value 2 of the embedding is null; expected a number'),
    ]);
    const double = await near(
      written('double.arrows', new Float64(), [
        [1, 2],
        [3, 4],
      ]),
    );
    expect([double.code, double.stderr]).toEqual([
      1,
      expect.stringContaining('the column embedding has the type List<Float64>; expected List<Float32>: cast it'),
    ]);
    // Read to its first row, and twice to its schema.
    const found = await near(
      written('found.arrows', new Float32(), [
        [1, 2],
        [3, 4],
      ]),
    );
    expect(found.code).toBe(0);
    if (process.platform === 'linux') await expect.poll(openFiles, { timeout: 2000 }).toEqual([]);
  });

  it('names the row that has no words, and the input that is no table of pairs', async () => {
    const table = (columns: Record<string, Vector>) => tableToIPC(new ArrowTable(columns), 'stream');
    const texts = (...values: (string | null)[]) => vectorFromArray(values, new Utf8());
    const cases: [Uint8Array, string][] = [
      [table({ head: texts('a', null), tail: texts('b', 'c') }), 'row 2: the head is null'],
      [table({ head: texts('a', 'b', 'c'), tail: texts('b', 'c', ' ') }), 'row 3: the tail word is blank'],
      [table({ word: texts('a'), tail: texts('b') }), 'has the columns word, tail; expected head and tail among them'],
      [table({ head: vectorFromArray([1]), tail: texts('b') }), 'the column head has the type Float64; expected texts'],
      [table({ head: texts(Array(99).fill('a').join(' ')), tail: texts('b') }), 'row 1, ["a a'],
    ];
    for (const [bytes, message] of cases) {
      const { code, stderr } = await embedArrow(bytes);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`standard input: ${message}`)]);
    }
    const long = table({ head: texts('cat', Array(99).fill('a').join(' ')), tail: texts('dog', 'b') });
    const skipped = await embedArrow(long, '--skip-too-long');
    expect([skipped.code, skipped.stderr]).toEqual([0, '1 pair was left without an embedding: too long a prompt\n']);
    expect(columnOf(tableFromIPC(skipped.bytes), 'embedding')).toEqual([(await vectorsOf(['cat', 'dog']))[0], null]);
  });

  it('refuses compressed streams and damaged ones', async () => {
    // pyarrow, IpcWriteOptions(compression='lz4')
    const compressed = gunzipSync(
      Buffer.from(
        'H4sIAK3BDGsC/51QsQ3CMBA8gxMi5MIFRQokEFOkzAL0lASBBBIFBQNEVIzBOIzACGxhzvYHiCUaXrLv7333/7Jzzt0AWPgYwyBHhoIZQ2lykBW8tdzAgKeW/EE/hZn3l1KD4Lk5HH1+p8ZiQn+OUehoZV70TRPfftdsY67fdbZwT+JEuOG0uKkJHTHUoc8JnzCs2LB31Fxllu+hvnTdnBy/YyY4FywFq0RXJfpVoof8n0p8KS+63RbLcl1fSNueTPXfSdvmT9+m+1+PL0RDGMUQAgAA',
        'base64',
      ),
    );
    expect(await embedArrow(compressed)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('write it without'),
    });
    const damaged = stream();
    damaged.fill(0x55, 8, 200);
    expect(await embedArrow(damaged)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: standard input: .*\n$/),
    });
  });

  it('writes Arrow from text: one type a column, null where a row has none', async () => {
    const lines = [
      '{"head":"cat","tail":"dog","id":1,"score":0.5,"ok":true}',
      '{"head":"a","tail":"b","score":2,"note":[1]}',
    ];
    const path = file('pairs.jsonl', `${lines.join('\n')}\n`);
    const output = file('typed.arrows');
    expect((await relbert(['embed', '--pairs', path, ...model, '--output', output])).code).toBe(0);
    const table = tableFromIPC(readFileSync(output));
    expect(table.schema.fields.map(String)).toEqual([
      ...[
        'head: Utf8',
        'tail: Utf8',
        'id: Int64',
        'score: Float64',
        'ok: Bool',
        'note: Utf8',
        'embedding: List<Float32>',
      ],
    ]);
    const further = ['id', 'score', 'ok', 'note'].map((name) => columnOf(table, name));
    expect(further).toEqual([
      [1n, null],
      [0.5, 2],
      [true, null],
      [null, '[1]'],
    ]);
    expect(columnOf(table, 'embedding')).toEqual(await vectorsOf(['cat', 'dog'], ['a', 'b']));
    expect(columnOf(tableFromIPC((await embedArrow('')).bytes), 'head')).toEqual([]);
  });

  it('names the row of a text stream whose columns are not those of the first rows', async () => {
    const first = '{"head":"cat","tail":"dog","id":1}\n'.repeat(1024);
    for (const [line, problem] of [
      ['{"head":"a","tail":"b","id":"x"}', 'the column "id" holds "x", and whole numbers before'],
      ['{"head":"a","tail":"b","note":1}', 'there was no column "note" before'],
    ]) {
      const { code, stderr } = await embedArrow(`${first}${line}\n`, '--pairs', '-');
      expect([code, stderr]).toEqual([1, expect.stringContaining(`row 1025, ["a","b"]: ${problem}`)]);
    }
  });
});

/** Rows of a stream that may be cut off. */
function rowsOf(bytes: Uint8Array): number {
  try {
    return tableFromIPC(bytes).numRows;
  } catch {
    return 0;
  }
}
