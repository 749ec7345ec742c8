import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/node/file-lock.ts';
import { relbert, tinyModel } from './command.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (folder: string, ...more: string[]) =>
  relbert(['export', '--format', 'safetensors', '--model', tinyModel, '--output', folder, ...more]);
const contents = (folder: string) =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]);

describe('relbert export --format safetensors', () => {
  it('leaves a model that stands in the folder as it is, unless told to replace it', async () => {
    const folder = join(root, 'filled');
    expect((await write(folder)).code).toBe(0);
    writeFileSync(join(folder, 'bpe.codes'), 'of another tokenizer');
    writeFileSync(join(folder, 'README.md'), '# Another model\n');
    const before = contents(folder);
    const refused = await write(folder, '--dtype', 'f16');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /filled: holds a model already \(.+\): name another folder, or replace it with --overwrite/,
      ),
    ]);
    expect(contents(folder)).toEqual(before);

    expect((await write(folder, '--dtype', 'int8', '--overwrite')).code).toBe(0);
    const names = readdirSync(folder);
    expect(names).toContain('model.int8.safetensors');
    for (const gone of ['model.safetensors', 'bpe.codes', 'README.md']) expect(names).not.toContain(gone);
  });

  it('does not write beside another process, and leaves no folder where it fails', async () => {
    const folder = join(root, 'locked');
    {
      await using _lock = await lockFolder(folder);
      const { code, stderr } = await write(folder);
      expect([code, stderr]).toEqual([1, expect.stringContaining('is writing into this folder')]);
    }
    const nowhere = join(root, 'nowhere');
    const args = ['export', '--format', 'safetensors', '--model', join(root, 'gone'), '--output', nowhere];
    expect((await relbert(args)).code).toBe(1);
    expect(readdirSync(root)).not.toContain('nowhere');
  });
});
