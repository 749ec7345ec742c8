import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/node/file-lock.ts';
import { relbert, tinyModel } from './command.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (folder: string, ...more: string[]) =>
  relbert(['export', '--format', 'safetensors', '--model', tinyModel, '--output', folder, ...more]);
const onnx = (output: string) => relbert(['export', '--model', tinyModel, '--output', output]);
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

  it('keeps the card of a model in its own folder, a folder that is named like a card, and what is no model', async () => {
    const own = join(root, 'own');
    expect((await write(own)).code).toBe(0);
    writeFileSync(join(own, 'README.md'), '# This model\n');
    const inPlace = [
      'export',
      '--format',
      'safetensors',
      '--model',
      own,
      '--output',
      own,
      '--dtype',
      'int8',
      '--overwrite',
    ];
    expect((await relbert(inPlace)).code).toBe(0);
    expect(readFileSync(join(own, 'README.md'), 'utf8')).toBe('# This model\n');
    expect(readdirSync(own)).not.toContain('model.safetensors');

    const folderCard = join(root, 'folder-card');
    expect((await write(folderCard)).code).toBe(0);
    mkdirSync(join(folderCard, 'README.md'));
    expect((await write(folderCard, '--overwrite')).code).toBe(0);
    expect(readdirSync(folderCard)).toContain('README.md');

    const project = join(root, 'project');
    mkdirSync(project);
    for (const name of ['config.json', 'README.md', 'vocab.txt']) writeFileSync(join(project, name), '{"port":1}');
    expect((await write(project)).code).toBe(1);
    expect((await write(project, '--overwrite')).code).toBe(0);
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toBe('{"port":1}');

    writeFileSync(join(project, 'train.jsonl'), '');
    const { code, stderr } = await write(project, '--overwrite');
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds a training run (train.jsonl)')]);
  });

  it('finds a model whose name is that of the folder to come, and leaves an empty folder of the user', async () => {
    const before = process.cwd();
    process.chdir(root);
    try {
      const args = [
        'export',
        '--format',
        'safetensors',
        '--model',
        'relbert-minilm-l6',
        '--output',
        'relbert-minilm-l6',
      ];
      expect((await relbert(args)).code).toBe(0);
      expect(readdirSync('relbert-minilm-l6')).toContain('model.safetensors');
    } finally {
      process.chdir(before);
    }
    const empty = join(root, 'empty');
    mkdirSync(empty);
    const gone = ['export', '--format', 'safetensors', '--model', join(root, 'gone'), '--output', empty];
    expect((await relbert(gone)).code).toBe(1);
    expect(readdirSync(empty)).toEqual([]);
  });

  it('refuses what goes with an ONNX file only', async () => {
    const opset = await write(join(root, 'opset'), '--opset', 'plain');
    expect([opset.code, opset.stderr]).toEqual([2, expect.stringContaining('--opset goes with --format onnx')]);
    for (const name of ['-', '/dev/stdout']) {
      const { code, stderr } = await write(name);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`--output ${name}: --format safetensors writes a`)]);
    }
    expect(readdirSync(root)).not.toContain('opset');
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

describe('relbert export --format onnx', () => {
  it('writes to standard output for - and its other names, and then nothing else', async () => {
    const file = join(root, 'encoder.onnx');
    expect((await onnx(file)).stdout).toBe(`${file}\n`);
    for (const name of ['-', '/dev/stdout']) {
      const { code, stdout } = await onnx(name);
      // As UTF-8, like the output of the test's command.
      expect([code, stdout === readFileSync(file).toString()]).toEqual([0, true]);
    }
    expect(existsSync('-')).toBe(false);
  });
});
