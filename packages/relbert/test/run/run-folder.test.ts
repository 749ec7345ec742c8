import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distillRun } from '../../src/run/distill-folder.ts';
import { searchRun } from '../../src/run/prompt-run.ts';
import { RunFolder } from '../../src/run/run-folder.ts';

const hasProc = existsSync('/proc/self/stat');
let folder = '';
let output = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relbert-run-'));
  output = join(folder, 'run');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text = '') => {
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, name), text);
};

describe('RunFolder', () => {
  it('refuses a second run with the pid and the host of the first', async () => {
    const first = await RunFolder.open(distillRun, { output });
    const holder = `process ${process.pid} on ${hostname()} is writing into this folder`;
    await expect(RunFolder.open(searchRun, { output, resume: true })).rejects.toThrow(holder);
    await first[Symbol.asyncDispose]();
    expect(existsSync(output)).toBe(false);
    await using second = await RunFolder.open(searchRun, { output });
    expect(second.path).toBe(output);
  });

  it.each<[string, object]>([
    ['of a dead process', { pid: 2 ** 22 + 1, host: hostname() }],
    // Where the system says when a process started.
    [
      'of a process that had the same pid before',
      { pid: hasProc ? process.pid : 2 ** 22 + 1, host: hostname(), started: '1' },
    ],
  ])('takes over a lock %s', async (_, holder) => {
    write('.lock', JSON.stringify(holder));
    await using open = await RunFolder.open(distillRun, { output });
    expect(open.path).toBe(output);
  });

  it('takes over a lock that a killed process left empty', async () => {
    write('.lock');
    await using open = await RunFolder.open(distillRun, { output });
    expect(open.path).toBe(output);
  });

  it.each([{ resume: true }, { overwrite: true }])(
    'of a search that was killed when it first wrote search.json can be opened with %o',
    async (options) => {
      write('.search.json.4194305-0a1b2c3d.tmp', '{"iter');
      await using open = await RunFolder.open(searchRun, { output, ...options });
      expect(readdirSync(open.path)).toEqual(['.lock']);
    },
  );

  it('of a prompt does not replace a model', async () => {
    write('search.json');
    write('model.safetensors');
    await expect(RunFolder.open(searchRun, { output, overwrite: true })).rejects.toThrow(
      'is not the folder of a run that finds a prompt',
    );
  });

  it.each([
    ['README.md', 'config.json'],
    ['checkpoints/', 'config.json'],
    ['model.safetensors', 'tokenizer.json'],
  ])('of a training run does not replace %s and %s of something else', async (...names) => {
    for (const name of names) {
      if (name.endsWith('/')) mkdirSync(join(output, name), { recursive: true });
      else write(name, 'theirs');
    }
    for (const overwrite of [true, false]) {
      await expect(RunFolder.open(distillRun, { output, overwrite })).rejects.toThrow(
        'is not empty and is not the folder of a run that finds a model: name another folder',
      );
    }
    expect(readdirSync(output)).toEqual(names.map((name) => name.replace('/', '')).sort());
  });

  it('of a training run is replaced with its model', async () => {
    for (const name of ['train.jsonl', 'recipe.json', 'model.safetensors', 'README.md', 'notes.txt']) write(name);
    await using open = await RunFolder.open(distillRun, { output, overwrite: true });
    await open.begin();
    expect(readdirSync(output)).toEqual(['.lock', 'notes.txt']);
  });
});
