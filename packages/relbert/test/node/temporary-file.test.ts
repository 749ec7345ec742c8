import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicFile, writeFileAtomic } from '../../src/node/files.ts';
import { commitTogether, writeFilesTogether } from '../../src/node/files-together.ts';
import { hostDigits } from '../../src/node/process.ts';
import { clearLeftovers } from '../../src/node/temporary-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relbert-temporary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
/** No process has this number. */
const deadPid = 2 ** 22 + 1;
const temporary = (name: string, pid = deadPid, host = hostDigits) => `.${name}.${pid}-${host}0a1b2c3d.tmp`;
const write = (name: string, text: string) => writeFileSync(at(name), text);
const content = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(at(name), 'utf8')]));

describe('temporary files', () => {
  it('of a killed process go when the next one writes the same file; others stay', async () => {
    write(temporary('a'), 'dead');
    write(temporary('b'), 'dead');
    write(temporary('a', process.pid), 'alive');
    write(temporary('a', deadPid, '00000000'), 'elsewhere');
    await writeFileAtomic(at('a'), 'new');
    expect(content()).toEqual({
      a: 'new',
      [temporary('b')]: 'dead',
      [temporary('a', process.pid)]: 'alive',
      [temporary('a', deadPid, '00000000')]: 'elsewhere',
    });
    await clearLeftovers(folder, { locked: true });
    expect(content()).toEqual({ a: 'new', [temporary('a', process.pid)]: 'alive' });
  });
});

describe('temporary folders', () => {
  it('of a killed process go with what is in them', async () => {
    for (const pid of [deadPid, process.pid]) {
      mkdirSync(at(temporary('data', pid)));
      write(join(temporary('data', pid), 'map'), '');
    }
    await clearLeftovers(folder, { of: 'data' });
    expect(readdirSync(folder)).toEqual([temporary('data', process.pid)]);
  });
});

describe('files that take their names together', () => {
  const journal = `.b.${deadPid}-${hostDigits}0a1b2c3d.commit`;
  const names = [temporary('a'), temporary('b')];

  it('leave nothing but themselves', async () => {
    write('a', 'old');
    await writeFilesTogether([
      { path: at('a'), content: 'new a' },
      { path: at('b'), content: 'new b' },
    ]);
    expect(content()).toEqual({ a: 'new a', b: 'new b' });
  });

  it('take theirs together where the folder is named by a link, and some are new', async () => {
    write('a', 'old');
    const link = at('link');
    symlinkSync(folder, link);
    const files = [await AtomicFile.create(join(link, 'a')), await AtomicFile.create(join(link, 'b'))];
    expect(new Set(files.map((file) => dirname(file.temporary as string))).size).toBe(1);
    for (const file of files) await file.discard();
  });

  it('take further old ones with them, also after a kill', async () => {
    for (const name of ['a', 'gone', 'other']) write(name, 'old');
    const files = [await AtomicFile.create(at('a')), await AtomicFile.create(at('b'))];
    for (const file of files) await file.write('new');
    await commitTogether(files, [at('gone')]);
    expect(content()).toEqual({ a: 'new', b: 'new', other: 'old' });

    for (const name of names) write(name, 'newer');
    write('gone', 'old');
    write(journal, JSON.stringify([...names, 'gone']));
    await clearLeftovers(folder);
    expect(content()).toEqual({ a: 'newer', b: 'newer', other: 'old' });
  });

  it.each<[string, string[], string[]]>([
    ['before any old file is removed', ['a', 'b'], []],
    ['when one old file is removed', ['b'], []],
    ['when one new file has its name', [], ['a']],
    ['when both have theirs', [], ['a', 'b']],
  ])('are finished by the next process after a kill %s', async (_, old, renamed) => {
    write(journal, JSON.stringify(names));
    for (const name of ['a', 'b']) write(renamed.includes(name) ? name : temporary(name), `new ${name}`);
    for (const name of old) write(name, 'old');
    await writeFileAtomic(at('other'), '');
    expect(content()).toEqual({ a: 'new a', b: 'new b', other: '' });
  });

  it('stay the old ones after a kill before the journal', async () => {
    for (const name of ['a', 'b']) {
      write(name, 'old');
      write(temporary(name), 'new');
    }
    await clearLeftovers(folder);
    expect(content()).toEqual({ a: 'old', b: 'old' });
  });

  it('are not renamed out of their folder by a journal', async () => {
    const outside = `../${basename(folder)}-x`;
    write(journal, JSON.stringify([outside, '..', '.b.tmp']));
    await clearLeftovers(folder);
    expect([content(), existsSync(join(folder, outside))]).toEqual([{}, false]);
  });
});
