import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-refused-'));
const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const embed = (...args: string[]) => relbert(['embed', '--model', tinyModel, '--threads', '1', ...args]);

describe('a bad pairs file is refused with its line, and no output stays', () => {
  const bad: readonly (readonly [string, string, string | Uint8Array, RegExp])[] = [
    ['one word', 'one.tsv', 'cat\tdog\nTokyo\n', /one\.tsv:2: expected two words, got one: write a tab between them/],
    ['semicolons', 'semi.csv', 'cat;dog\n', /semi\.csv:1: expected two words, got one: write a comma between them/],
    ['three words', 'three.tsv', 'cat\tdog\n\na\tb\tc\n', /three\.tsv:3: expected two words, got 3/],
    ['three fields', 'three.csv', 'a,b\na,b,c\n', /three\.csv:2: expected two words, got 3/],
    [
      'invalid UTF-8',
      'latin1.tsv',
      Buffer.from('cat\tdog\ncaf\xe9\tbar\n', 'latin1'),
      /latin1\.tsv:2: not valid UTF-8/,
    ],
    ['no JSON', 'bad.jsonl', '["a","b"]\n["c","d"\n', /bad\.jsonl:2: not JSON/],
    ['a number', 'number.jsonl', '["a",3]\n', /number\.jsonl:1: the tail should be a string, got 3/],
    ['a blank word', 'blank.tsv', 'cat\t \n', /blank\.tsv:1: the tail word is blank/],
  ];

  it.each(bad)('%s', async (_, name, content, message) => {
    const output = file(`${name}.npy`);
    const { code, stdout, stderr } = await embed('--pairs', file(name, content), '--output', output);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([1, '']);
    expect(readdirSync(folder).filter((entry) => entry.includes(`${name}.`))).toEqual([]);
  });

  it('no such file, or a folder', async () => {
    const missing = await embed('--pairs', file('missing.tsv'));
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/missing\.tsv: there is no such file/);
    const { code, stderr } = await relbert(['embed', '--model', tinyModel, '--pairs', `${tinyModel}.tsv/x.tsv`]);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no such file');
  });

  it('a prompt longer than the model takes, with the pair and both lengths', async () => {
    const long = Array.from({ length: 80 }, () => 'cat').join(' ');
    const { code, stderr } = await embed(`${long}:dog`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the prompt of the pair \["cat cat.*has \d+ tokens, 64 are allowed/);
    // In the words of the command.
    expect(stderr).toContain(
      'use a shorter --template, or a larger --max-length where the model takes it, or --skip-too-long',
    );
    expect(stderr).not.toMatch(/maxLength|onTooLong/);
    const other = await relbert(['similarity', `${long}:dog`, 'a:b', '--model', tinyModel]);
    expect(other.stderr).toMatch(/use a shorter --template, or a larger --max-length where the model takes it\n$/);
  });
});

describe('an output that cannot be written', () => {
  it('a folder that is not there', async () => {
    const { code, stderr } = await embed('cat:dog', '--output', join(folder, 'no/out.jsonl'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/no\/out\.jsonl: cannot write/);
  });

  it('a folder instead of the file', async () => {
    const { code, stderr } = await embed('cat:dog', '--output', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('this is a folder');
  });

  it('a read-only folder', async () => {
    // The file system of the kernel takes no new file, whoever asks.
    const { code, stderr } = await embed('cat:dog', '--output', '/proc/relbert.jsonl');
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/proc\/relbert\.jsonl: cannot write/);
    if (process.getuid?.() === 0) {
      // As nobody, in a folder of root's.
      const readOnly = mkdtempSync(join(tmpdir(), 'relbert-root-'));
      const as = { uid: 65534, gid: 65534 };
      const denied = await spawnRelbert(
        ['embed', '--model', tinyModel, 'cat:dog', '--output', join(readOnly, 'x.jsonl')],
        as,
      );
      rmSync(readOnly, { recursive: true });
      expect(denied.code).toBe(1);
      expect(denied.stderr).toContain('permission denied');
    }
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk, on standard output and as a file', async () => {
    const help = await shell('$RELBERT --help > /dev/full');
    expect([help.code, help.stderr]).toEqual([
      1,
      'error: standard output: cannot write: the disk is full; free some space or choose another place\n',
    ]);
    const named = await embed('cat:dog', '--output', '/dev/full');
    expect(named.stderr).toMatch(/\/dev\/full: cannot write: the disk is full/);
    expect(named.code).toBe(1);
    expect(existsSync('/dev/full')).toBe(true);
  });

  it('a disk that fills up in the middle of a redirected standard output', async () => {
    const many = file('redirected.tsv', Array.from({ length: 400 }, (_, i) => `w${i}\tcat\n`).join(''));
    // The system takes a part of the write that reaches 8 blocks of 1,024 bytes, and refuses the next.
    const line = `ulimit -f 8; $RELBERT embed --model ${tinyModel} --pooling cls --template a --pairs ${many} > ${file('part.jsonl')}`;
    const { code, stderr } = await shell(line);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: standard output: cannot write: the file would be larger.*\n$/),
    ]);
    expect(statSync(file('part.jsonl')).size).toBe(8192);
  });

  it('a disk that fills up in the middle: no half file', async () => {
    const path = file('limited.jsonl');
    const many = file('many.tsv', Array.from({ length: 400 }, (_, i) => `w${i}\tcat\n`).join(''));
    // The system refuses to let a file grow over 8 blocks of 1,024 bytes.
    const line = `ulimit -f 8; $RELBERT embed --model ${tinyModel} --pairs ${many} --output ${path}`;
    const { code, stderr } = await shell(line);
    expect(stderr).toMatch(/limited\.jsonl: cannot write: the file would be larger/);
    expect(code).toBe(1);
    expect(readdirSync(folder).filter((entry) => entry.includes('limited'))).toEqual([]);
  });
});
