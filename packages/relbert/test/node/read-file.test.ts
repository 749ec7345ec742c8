import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kindOfPath, listFolder, readBytes, readText } from '../../src/node/read-file.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-read-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (content: string | Uint8Array): string => {
  const path = join(root, 'file');
  writeFileSync(path, content);
  return path;
};

describe('reading', () => {
  it('names the line that is not UTF-8', async () => {
    const path = file(new Uint8Array([...Buffer.from('good\nbetter\n'), 0x62, 0xe9, 0x64, 0x0a, 0x78]));
    await expect(readText(path)).rejects.toThrow(`${path}:3: not valid UTF-8`);
  });

  it('says why a file cannot be read', async () => {
    const missing = join(root, 'nowhere');
    await expect(readBytes(missing)).rejects.toThrow(`${missing}: cannot read: there is no such file or folder`);
    await expect(readBytes(root)).rejects.toThrow('this is a folder, not a file');
    await expect(readText(missing)).rejects.toThrow('there is no such file or folder');
    await expect(listFolder(missing)).rejects.toThrow('there is no such file or folder');
  });

  it('text without a byte order mark, bytes, names, kinds', async () => {
    expect(await readText(file('\uFEFFa\r\nb'))).toBe('a\r\nb');
    expect([...(await readBytes(file('ab')))]).toEqual([97, 98]);
    expect(await listFolder(root)).toEqual(['file']);
    expect(await kindOfPath(root)).toBe('folder');
    expect(await kindOfPath(join(root, 'file'))).toBe('file');
    expect(await kindOfPath('/dev/null')).toBe('other');
    expect(await kindOfPath(join(root, 'nowhere'))).toBeUndefined();
    expect(await kindOfPath(join(root, 'file', 'below'))).toBeUndefined();
  });
});
