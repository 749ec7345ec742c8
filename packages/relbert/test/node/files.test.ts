import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from '../../src/node/file-error.ts';
import { AtomicFile, JsonLinesLog, makeFolder, writeFileAtomic } from '../../src/node/files.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder: string;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('writeFileAtomic', () => {
  it('writes text, bytes and chunks', async () => {
    await writeFileAtomic(join(folder, 'a'), 'h\u00e9llo');
    await writeFileAtomic(join(folder, 'b'), new Uint8Array([104, 105]));
    await writeFileAtomic(join(folder, 'c'), ['x', new Uint8Array([121]), 'z']);
    async function* chunks() {
      yield 'p';
      yield 'q';
    }
    await writeFileAtomic(join(folder, 'd'), chunks());
    await writeFileAtomic(join(folder, 'e'), []);
    expect(readdirSync(folder).map((name) => text(name))).toEqual(['h\u00e9llo', 'hi', 'xyz', 'pq', '']);
  });

  it('keeps what was there until the new file is whole, and when writing fails', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    async function* failing() {
      yield 'new';
      expect(text('out')).toBe('old');
      throw new Error('in the middle');
    }
    await expect(writeFileAtomic(path, failing())).rejects.toThrow('in the middle');
    expect(readdirSync(folder)).toEqual(['out']);
    expect(text('out')).toBe('old');
    await writeFileAtomic(path, 'new');
    expect(text('out')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('stops when aborted, leaving nothing', async () => {
    const controller = new AbortController();
    async function* chunks() {
      yield 'a';
      controller.abort(new Error('Ctrl-C'));
      yield 'b';
    }
    await expect(writeFileAtomic(join(folder, 'out'), chunks(), { signal: controller.signal })).rejects.toThrow(
      'Ctrl-C',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('follows a link and replaces what it points at', async () => {
    writeFileSync(join(folder, 'real'), 'old');
    symlinkSync('real', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new');
    expect(text('real')).toBe('new');
    expect(readdirSync(folder)).toEqual(['link', 'real']);
  });

  it.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
    const path = join(folder, 'full');
    symlinkSync('/dev/full', path);
    const error: unknown = await writeFileAtomic(path, 'x').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ path, code: 'ENOSPC' });
    expect((error as Error).message).toBe(
      `${path}: cannot write: the disk is full; free some space or choose another place`,
    );
    expect(existsSync('/dev/full')).toBe(true); // a device is written to, not replaced
  });

  it.each<[string, () => string, string]>([
    ['a folder that is missing', () => join(folder, 'no/such/file'), 'cannot write: there is no such file or folder'],
    ['a folder instead of the file', () => folder, 'cannot write: this is a folder, not a file'],
    [
      'a file instead of the folder',
      () => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file/below');
      },
      'cannot write: a part of the path is a file where a folder is needed',
    ],
    ['a name that is too long', () => join(folder, 'x'.repeat(300)), 'cannot write: the name is too long'],
    [
      'a folder that is missing as the file',
      () => join(folder, 'no/'),
      'cannot write: this names a folder, not a file; add the name of a file',
    ],
    ['an empty name', () => '', 'cannot write: the name of the file is empty; give a name'],
  ])('refuses %s, before anything is written', async (_, path, message) => {
    const where = path();
    const error: unknown = await AtomicFile.create(where).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toBe(`${where || '""'}: ${message}`);
  });

  it.skipIf(process.platform === 'win32')('refuses a folder that takes no files', async () => {
    // root may write anywhere but here; others meet a folder without permission
    const readOnly = process.getuid?.() === 0 ? '/proc' : folder;
    if (readOnly === folder) chmodSync(folder, 0o555);
    await expect(writeFileAtomic(join(readOnly, 'relbert-out'), 'x')).rejects.toThrow(FileError);
    await expect(makeFolder(join(readOnly, 'relbert/below'))).rejects.toThrow('cannot make this folder');
    chmodSync(folder, 0o755);
  });
});

describe('AtomicFile', () => {
  it('is discarded unless it is committed', async () => {
    {
      await using file = await AtomicFile.create(join(folder, 'out'));
      await file.write('abc');
      expect(readdirSync(folder).length).toBe(1);
      expect(existsSync(join(folder, 'out'))).toBe(false);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has its header filled in at the end', async () => {
    const file = await AtomicFile.create(join(folder, 'out'));
    await file.write('??? rows');
    await file.overwrite(0, new TextEncoder().encode('12 '));
    await file.write(', done');
    await file.commit();
    expect(text('out')).toBe('12  rows, done');
    await expect(file.write('x')).rejects.toThrow('the file was closed already');
  });

  it('leaves nothing when the process is made to exit', async () => {
    const program = `
      import { AtomicFile } from ${JSON.stringify(fileURLToPath(new URL('../../src/node/files.ts', import.meta.url)))};
      const file = await AtomicFile.create(process.argv[2]);
      await file.write('half');
      console.log('written');
      process.on('SIGINT', () => process.exit(130));
      setInterval(() => {}, 1000);`;
    writeFileSync(join(folder, 'program.mts'), program);
    const child = spawn(process.execPath, ['--import', 'tsx', join(folder, 'program.mts'), join(folder, 'out')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    await once(child.stdout, 'data');
    expect(readdirSync(folder).length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    expect(readdirSync(folder)).toEqual(['program.mts']);
  });
});

describe('JsonLinesLog', () => {
  it('appends whole lines, also after a line that a kill cut off', async () => {
    const path = join(folder, 'train.jsonl');
    {
      await using log = await JsonLinesLog.open(path);
      await log.append({ step: 1 });
      await log.append({ step: 2 });
    }
    writeFileSync(path, `${text('train.jsonl')}{"step":`);
    await using log = await JsonLinesLog.open(path);
    await log.append({ step: 3 });
    expect(text('train.jsonl')).toBe('{"step":1}\n{"step":2}\n{"step":\n{"step":3}\n');
  });

  it('starts anew on request', async () => {
    const path = join(folder, 'log');
    writeFileSync(path, 'old');
    await using log = await JsonLinesLog.open(path, { overwrite: true });
    await log.append({ a: 1 });
    expect(text('log')).toBe('{"a":1}\n');
    await log.close();
    await expect(log.append({})).rejects.toThrow('the log was closed already');
  });

  it.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
    const log = await JsonLinesLog.open('/dev/full');
    await expect(log.append({ a: 1 })).rejects.toThrow('/dev/full: cannot write: the disk is full');
    await log.close();
  });
});
