import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError } from '../../src/node/file-error.ts';
import { kindOfPath, listFolder, readBytes, readLines, readText } from '../../src/node/read-file.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-read-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (content: string | Uint8Array): string => {
  const path = join(root, 'file');
  writeFileSync(path, content);
  return path;
};
const lines = async (path: string, options = {}): Promise<string[]> => {
  const found: string[] = [];
  for await (const { number, text } of readLines(path, options)) {
    found.push(text);
    expect(number).toBe(found.length);
  }
  return found;
};
/** Standard input that arrives in pieces of `size` bytes. */
const pieces = (content: string | Uint8Array, size: number) => {
  const bytes = Buffer.from(content as string);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
  );
};

describe('readLines', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\rb\r', ['a', 'b']],
    ['\uFEFFa\n\n\uFEFFb', ['a', '', '\uFEFFb']],
    ['\r\n\r\n', ['', '']],
    ['\n\r\n\r', ['', '', '']],
    ['Z\u00fcrich\t\u6771\u4eac \u{1F600}\r\nx', ['Z\u00fcrich\t\u6771\u4eac \u{1F600}', 'x']],
  ])('%j', async (content, expected) => {
    expect(await lines(file(content))).toEqual(expected);
    for (const size of [1, 2, 3, 7]) {
      expect(await lines('-', { stdin: pieces(content, size) }), `pieces of ${size}`).toEqual(expected);
    }
  });

  it('names the line that is not UTF-8', async () => {
    const bad = new Uint8Array([...Buffer.from('good\nbetter\n'), 0x62, 0xe9, 0x64, 0x0a, 0x78]);
    const path = file(bad);
    await expect(lines(path)).rejects.toThrow(FileError);
    await expect(lines(path)).rejects.toThrow(`${path}:3: not UTF-8`);
    await expect(readText(path)).rejects.toThrow(`${path}:3: not UTF-8`);
    await expect(lines('-', { stdin: pieces(bad, 5) })).rejects.toThrow('standard input:3: not UTF-8');
    await expect(readText('-', { stdin: pieces(bad, 5) })).rejects.toThrow('standard input:3: not UTF-8');
    // a character that is cut off at the end of the file
    await expect(lines(file(new Uint8Array([0x61, 0x0a, 0xe6, 0x9d])))).rejects.toThrow('file:2: not UTF-8');
  });

  it('reads a long file in constant memory, no faster than it is asked for', async () => {
    const path = file('word\tlanguage\n'.repeat(4_000_000)); // 56 MB
    global.gc?.();
    let count = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const { number } of readLines(path)) {
      count = number;
      if (number % 100_000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(count).toBe(4_000_000);
    // How much there is at once is up to the garbage collector; the whole of it would be 56 MB.
    expect(most).toBeLessThan(35e6);
  });

  it('stops when the reader does, and when aborted', async () => {
    for await (const { text } of readLines(file('a\nb\n'))) {
      expect(text).toBe('a');
      break;
    }
    const controller = new AbortController();
    const endless = new Readable({ read() {} }); // nothing ever comes
    setTimeout(() => controller.abort(new Error('Ctrl-C')), 20);
    await expect(lines('-', { stdin: endless, signal: controller.signal })).rejects.toThrow('Ctrl-C');
  });

  it('says why a file cannot be read', async () => {
    const missing = join(root, 'nowhere');
    await expect(lines(missing)).rejects.toThrow(`${missing}: cannot read: there is no such file or folder`);
    await expect(lines(root)).rejects.toThrow(`${root}: cannot read: this is a folder, not a file`);
    await expect(readBytes(root)).rejects.toThrow('this is a folder, not a file');
    await expect(readText(missing)).rejects.toThrow('there is no such file or folder');
    await expect(listFolder(missing)).rejects.toThrow('there is no such file or folder');
  });
});

describe('other reading', () => {
  it('text without a byte order mark, bytes, names, kinds', async () => {
    expect(await readText(file('\uFEFFa\r\nb'))).toBe('a\r\nb');
    expect([...(await readBytes(file('ab')))]).toEqual([97, 98]);
    expect(await readText('-', { stdin: pieces('a\r\nb', 2) })).toBe('a\nb\n');
    expect(await listFolder(root)).toEqual(['file']);
    expect(await kindOfPath(root)).toBe('folder');
    expect(await kindOfPath(join(root, 'file'))).toBe('file');
    expect(await kindOfPath('/dev/null')).toBe('other');
    expect(await kindOfPath(join(root, 'nowhere'))).toBeUndefined();
    expect(await kindOfPath(join(root, 'file', 'below'))).toBeUndefined();
  });
});
