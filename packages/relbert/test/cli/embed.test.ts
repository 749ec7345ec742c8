import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npyRows } from '../../src/formats/npy.ts';
import { readPairVectors } from '../../src/formats/word-vectors.ts';
import { parseWord2vecHeader, parseWord2vecLine } from '../../src/formats/word2vec.ts';
import { shell } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-embed-'));
const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  readonly head: string;
  readonly tail: string;
  readonly embedding: readonly number[];
}
const rows = (stdout: string): Row[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
const embed = (...args: string[]) => relbert(['embed', '--model', tinyModel, '--threads', '1', ...args]);

describe('relbert embed', () => {
  it('writes JSON lines in the order given and keeps quiet in a pipe', async () => {
    const { code, stdout, stderr } = await embed(
      '--template',
      'a',
      '--pooling',
      'average',
      'cat:dog',
      '["a:b", "c"]',
      'cat:dog',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = rows(stdout);
    expect(lines.map(({ head, tail }) => [head, tail])).toEqual([
      ['cat', 'dog'],
      ['a:b', 'c'],
      ['cat', 'dog'],
    ]);
    expect(Object.keys(lines[0] as Row)).toEqual(['head', 'tail', 'embedding']);
    expect(lines.every(({ embedding }) => embedding.length === 24 && embedding.every(Number.isFinite))).toBe(true);
    expect(lines[0]?.embedding).toEqual(lines[2]?.embedding);
    expect(lines[0]?.embedding).not.toEqual(lines[1]?.embedding);
  });

  it('warns of words without a token, and names a few where there are many', async () => {
    const prompt = ['--template', 'a', '--pooling', 'average'];
    const one = await embed(...prompt, 'cat:dog', 'café:🍕');
    expect([one.code, rows(one.stdout).length]).toEqual([0, 2]);
    expect(one.stderr).toBe('warning: the model has no token for all or a part of 🍕: to it such words are the same\n');
    const foods = ['🍕', '🍔', '🍟', '🌭', '🍿', '🧂', '🥓'].map((food) => `${food}\tcat\n`);
    const many = await embed(...prompt, '--pairs', file('foods.tsv', `cat\tdog\n${foods.join('')}`));
    expect(many.stderr).toContain('part of 🍕, 🍔, 🍟, 🌭, 🍿 and perhaps others: to it');
  });

  it('says which prompt counts for a plain language model, on standard error', async () => {
    const { stdout, stderr } = await embed('cat:dog');
    expect(stderr).toMatch(/plain language model: template a with average_no_mask/);
    const asked = await embed('--template', 'a', '--pooling', 'average_no_mask', 'cat:dog');
    expect(asked.stdout).toBe(stdout);
  });

  it('computes in 8 bits where the weights are, unless told otherwise', async () => {
    const vector = async (...options: string[]) => rows((await relbert(['embed', 'cat:dog', ...options])).stdout)[0];
    const [chosen, int8, f32] = [await vector(), await vector('--dtype', 'int8'), await vector('--dtype', 'f32')];
    expect(chosen).toEqual(int8);
    expect(chosen).not.toEqual(f32);
    const similar = (await relbert(['embed', 'cat:dog', '--model', tinyModel, '--dtype', 'f32'])).stdout;
    expect((await embed('cat:dog')).stdout).toBe(similar);
  });

  it('normalises where asked', async () => {
    const { stdout } = await embed('--normalize', 'cat:dog');
    const norm = Math.hypot(...(rows(stdout)[0] as Row).embedding);
    expect(norm).toBeCloseTo(1, 5);
  });

  const pairs = [
    ['cat', 'dog'],
    ['New York', 'Tokyo'],
    ['été', '日本'],
  ] as const;

  it.each([
    ['.tsv', pairs.map((pair) => pair.join('\t')).join('\n')],
    ['.tsv with BOM and CRLF', `\uFEFF${pairs.map((pair) => `${pair.join('\t')}\r\n`).join('')}`],
    ['.csv', pairs.map(([head, tail]) => `"${head}",${tail}\n`).join('')],
    ['.jsonl', pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('')],
    ['.jsonl of objects', pairs.map(([head, tail]) => `${JSON.stringify({ head, tail })}\n`).join('')],
  ])('reads a %s file', async (name, content) => {
    const path = file(`pairs${name.split(' ')[0]}`, content);
    const { code, stdout } = await embed('--pairs', path);
    expect(code).toBe(0);
    expect(rows(stdout).map(({ head, tail }) => [head, tail])).toEqual(pairs);
  });

  it('reads JSON and tab-separated lines from standard input', async () => {
    const { code, stdout } = await relbert(['embed', '--model', tinyModel, '--pairs', '-'], {
      input: 'cat\tdog\n["New York","Tokyo"]\n{"head":"été","tail":"日本"}\n',
    });
    expect(code).toBe(0);
    expect(rows(stdout).map(({ head, tail }) => [head, tail])).toEqual(pairs);
  });

  it('does not write JSON lines into a file whose ending says something else', async () => {
    const { code, stderr } = await embed('cat:dog', '--output', file('v.csv'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/v\.csv: \.csv says no format: end it in \.jsonl, .*\.parquet, or give --format/),
    ]);
    expect(existsSync(file('v.csv'))).toBe(false);
  });

  it('takes an empty file', async () => {
    const path = file('empty.tsv', '');
    const { code, stdout, stderr } = await embed('--pairs', path);
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('the input holds no pair\n')]);
    expect((await embed('--pairs', path, '--output', file('empty.npy'))).code).toBe(0);
    expect(readFileSync(file('empty.npy'), 'latin1')).toContain("'shape': (0, 24)");
    expect((await embed('--pairs', path, '--output', file('empty.vec'))).code).toBe(0);
    expect(readFileSync(file('empty.vec'), 'utf8')).toBe('0 24\n');
  });

  it('writes npy beside its pairs, and word2vec, with the numbers of the JSON lines', async () => {
    const input = file('three.tsv', `${pairs.map((pair) => pair.join('\t')).join('\n')}\n`);
    const expected = rows((await embed('--pairs', input)).stdout);

    expect((await embed('--pairs', input, '--output', file('v.npy'))).code).toBe(0);
    const blocks = npyRows([readFileSync(file('v.npy'))], 'v.npy', 10);
    const { shape, data } = (await blocks.next()).value as { shape: readonly number[]; data: Float32Array };
    expect(shape).toEqual([3, 24]);
    expect([...data]).toEqual(expected.flatMap(({ embedding }) => embedding.map(Math.fround)));
    expect(readFileSync(file('v.pairs.tsv'), 'utf8')).toBe(readFileSync(input, 'utf8'));

    // A pair that comes twice has one vector: readers of the format expect each key once.
    const twice = [...pairs, pairs[0]].map((pair) => JSON.stringify(pair));
    const { code, stdout, stderr } = await embed('--format', 'word2vec', ...twice);
    expect(code).toBe(0);
    expect(stderr).toContain('1 pair was left out: the key had been written before (cat__dog)');
    const [first, ...lines] = stdout.trimEnd().split('\n');
    expect(first).toBe('3 24');
    const vectors = lines.map((line) => parseWord2vecLine(line, 24));
    expect(vectors.map(({ key }) => key)).toEqual(['cat__dog', 'New_York__Tokyo', 'été__日本']);
    expect(vectors.flatMap(({ vector }) => [...vector])).toEqual([...data]);

    expect((await embed('--pairs', input, '--output', file('v.bin'))).code).toBe(0);
    const words = pairs.map(([head = '', tail = '']) => ({ head, tail }));
    const binary = await readPairVectors([readFileSync(file('v.bin'))], words, 'v.bin');
    expect(words.flatMap((pair) => [...(binary.get(pair) ?? [])])).toEqual([...data]);
  });

  it('passes further columns on, and skips a header line', async () => {
    const input = file('columns.csv', 'id,head,tail,note\n7,cat,dog,"a, b"\n8,New York,Tokyo,\n');
    const { code, stdout, stderr } = await embed('--pairs', input);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${input}:1: read as a header line, not as a pair\n`)]);
    expect(stdout.split('\n').map((line) => line.slice(0, line.indexOf(',"embedding"')))).toEqual([
      '{"head":"cat","tail":"dog","id":"7","note":"a, b"',
      '{"head":"New York","tail":"Tokyo","id":"8","note":""',
      '',
    ]);
    expect(rows(stdout)[0]?.embedding).toHaveLength(24);
  });

  it('reads HEAD:TAIL lines', async () => {
    const { code, stdout } = await relbert(['embed', '--model', tinyModel, '--pairs', '-'], { input: 'Tokyo:Japan\n' });
    expect([code, rows(stdout).map(({ head, tail }) => [head, tail])]).toEqual([0, [['Tokyo', 'Japan']]]);
  });

  it('fills in the first line of a long word2vec file at its end', async () => {
    const count = 7500; // about 4.3 MB of text
    const text = Array.from({ length: count }, (_, i) => `w${i}\tv${i % 7}\n`).join('');
    const path = file('long.vec');
    const { code, stderr } = await relbert(
      [
        'embed',
        '--model',
        tinyModel,
        '--pairs',
        '-',
        '--template',
        '<subj> <obj>',
        '--pooling',
        'average+difference',
        '--output',
        path,
      ],
      { input: text },
    );
    expect([code, stderr]).toEqual([0, '']);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(parseWord2vecHeader(lines[0] as string)).toEqual({ count, dimensions: 48 });
    expect(lines).toHaveLength(count + 1);
    expect(parseWord2vecLine(lines[count] as string, 48).key).toBe(`w${count - 1}__v${(count - 1) % 7}`);
  });

  it.skipIf(!existsSync('/usr/bin/script'))('shows progress where standard error is a terminal', async () => {
    const output = file('terminal.jsonl');
    const line = `script -qec "$RELBERT embed --model ${tinyModel} --template a --pooling cls cat:dog a:b > ${output}" /dev/null`;
    const { code, stdout } = await shell(line);
    expect(code).toBe(0);
    expect(stdout).toMatch(/encoding .*\/2 pairs/);
    expect(rows(readFileSync(output, 'utf8'))).toHaveLength(2);
  });

  it('writes the file that standard output would show', async () => {
    const { stdout } = await embed('cat:dog');
    const path = file('out.jsonl', 'older');
    const { code, stdout: silent } = await embed('cat:dog', '--output', path);
    expect([code, silent]).toEqual([0, '']);
    expect(readFileSync(path, 'utf8')).toBe(stdout);
  });

  it('takes - for standard output, whatever the format', async () => {
    const { stdout } = await embed('cat:dog');
    for (const name of ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']) {
      expect(await embed('cat:dog', '--output', name)).toMatchObject({ code: 0, stdout });
      const npy = await embed('cat:dog', '--format', 'npy', '--output', name);
      expect([npy.code, npy.stdout, npy.stderr]).toEqual([2, '', expect.stringContaining('needs --output FILE')]);
    }
    expect(readdirSync('.').filter((name) => name.startsWith('-'))).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/stdout'))('adds to the file that standard output is redirected to', async () => {
    const all = file('all.jsonl', 'earlier\n');
    const { code } = await shell(`$RELBERT embed --model ${tinyModel} cat:dog --output /dev/stdout >> ${all}`);
    expect([code, readFileSync(all, 'utf8')]).toEqual([0, `earlier\n${(await embed('cat:dog')).stdout}`]);
  });

  it('fails early where word2vec is too long for standard output', async () => {
    const input = Array.from({ length: 7500 }, (_, i) => `w${i}\tv\n`).join('');
    const { code, stdout, stderr } = await relbert(
      [
        ...[
          'embed',
          '--model',
          tinyModel,
          '--pairs',
          '-',
          '--template',
          '<subj> <obj>',
          '--pooling',
          'average+difference',
        ],
        ...['--format', 'word2vec', '--output', '-'],
      ],
      { input },
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('so many vectors in the format word2vec need --output FILE');
  });

  it('writes the names of columns once, and knows them, where the whole first block is left out', async () => {
    const long = (count: number) => Array.from({ length: count }, () => `${'cat '.repeat(80)}\tdog\t1\n`).join('');
    const text = `head\ttail\tid\n${long(1024)}cat\tdog\t2\n`;
    const input = file('first-block.tsv', text);
    const pairsFile = 'head\ttail\tid\ncat\tdog\t2\n';
    const run = async (pairs: string, name: string) => {
      const args = ['embed', '--model', tinyModel, '--skip-too-long', '--pairs', pairs, '--output', file(name)];
      const { code, stderr } = await relbert(args, { input: text });
      expect([code, stderr]).toEqual([0, expect.stringContaining('1024 pairs were left out')]);
    };
    for (const [name, pairs] of [
      ['of-file', input],
      ['of-input', '-'],
    ] as const) {
      await run(pairs, `${name}.npy`);
      expect(readFileSync(file(`${name}.pairs.tsv`), 'utf8')).toBe(pairsFile);
    }
    await run('-', 'of-input.arrow');
  });

  it.each(['jsonl', 'npy', 'word2vec'])('leaves out too long prompts of %s where asked', async (format) => {
    const pairs = ['cat:dog', `${'cat '.repeat(80)}cat:dog`, 'a:b'];
    const output = (name: string) => ['--format', format, '--output', file(`${name}.${format}`)];
    const skipping = await embed(...pairs, '--skip-too-long', ...output('skipped'));
    expect([skipping.code, skipping.stderr]).toEqual([
      0,
      expect.stringMatching(/1 pair was left out: too long a prompt \(\["cat cat.*has \d+ tokens, 64 are allowed\)/),
    ]);
    expect((await embed('cat:dog', 'a:b', ...output('short'))).code).toBe(0);
    expect(readFileSync(file(`skipped.${format}`))).toEqual(readFileSync(file(`short.${format}`)));
    const all = await embed('cat:dog', 'a:b', '--max-length', '3', '--skip-too-long', ...output('none'));
    expect([all.code, all.stderr]).toEqual([0, expect.stringContaining('2 pairs were left out')]);
  });
});
