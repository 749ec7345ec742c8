import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert, tinyModel } from './command.ts';
import { failure, file, folder, json, jsonl, model } from './evaluation.ts';

describe('relbert classify', () => {
  const heads = ['cat', 'dog', 'king', 'queen', 'ship', 'sea', 'bird', 'tree'];
  const rows = heads.flatMap((head) => ['red', 'blue'].map((tail) => `${head}\t${tail}\t${tail}\n`)).join('');
  const saved = join(folder, 'classifier');
  const fit = (...args: string[]) =>
    json<Record<string, unknown>>('classify', 'fit', '--output', saved, '--overwrite', ...model, ...args);

  it('learns from a table and labels pairs', async () => {
    const fitted = await fit('--data', file('data.tsv', rows), '--other', '0.5');
    expect(fitted).toMatchObject({ output: saved, method: 'centroid', labels: ['blue', 'red'], other: 0.5 });
    expect(fitted).toMatchObject({ examples: { red: 8, blue: 8 }, judgedOn: 'cross-validation' });
    const input = 'tree\tred\n["sea", "blue"]\nship:red\n';
    const { code, stdout, stderr } = await relbert(
      ['classify', 'predict', '--model', saved, '--pairs', '-', '--json', '--threads', '1'],
      { input },
    );
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(Object.keys)).toEqual(Array(3).fill(['head', 'tail', 'label', 'probability']));
    expect(lines.map(({ head, label }) => [head, label])).toEqual([
      ['tree', 'red'],
      ['sea', 'blue'],
      ['ship', 'red'],
    ]);
    const output = join(folder, 'labels.tsv');
    const written = await relbert([
      ...['classify', 'predict', '--model', saved, 'tree:red', 'tree:blue'],
      ...['--other', '1', '--output', output, '--threads', '1'],
    ]);
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(output, 'utf8')).toMatch(/^tree\tred\tother\t0\.\d{4}\ntree\tblue\tother\t0\.\d{4}\n$/);
  });

  it('takes JSON lines from standard input, a validation file, and the folder of a set', async () => {
    const lines = heads.flatMap((head) => ['red', 'blue'].map((label) => ({ head, tail: label, label })));
    const validation = file('validation.csv', 'label,head,tail\nred,rose,red\nblue,whale,blue\n');
    const { code, stdout } = await relbert(
      ['classify', 'fit', '--data', '-', '--validation', validation, '--output', saved, '--overwrite', ...model],
      { input: jsonl(...lines) },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('centroid, 16 pairs of 2 labels');
    expect(stdout).toContain('on 2 validation pairs');
    expect(stdout).toMatch(/--other +labelled % +accuracy %/);
    file('set/train.tsv', rows);
    file('set/val.tsv', 'rose\tred\tred\ncat\tblue\tblue\n');
    const result = await relbert([
      'classify',
      'fit',
      '--data',
      join(folder, 'set'),
      '--output',
      saved,
      '--overwrite',
      ...model,
      '--json',
    ]);
    expect(result.stderr).toContain('1 of the 2 validation pairs are in the data too');
    expect(JSON.parse(result.stdout)).toMatchObject({ judgedOn: 'validation', calibration: { pairs: 2 } });
  });

  it('learns the classifier that evaluate classification judges, to the last bit', async () => {
    const labelled = (words: readonly string[]) =>
      words.flatMap((head, i) => heads.map((tail, j) => `${head}\t${tail}\t${'abc'[(i * j) % 3]}\n`)).join('');
    file('same/train.tsv', labelled(['man', 'woman', ...heads]));
    file('same/val.tsv', labelled(['red', 'sun']));
    // Longer words than those of the training pairs: they must not be in their batches.
    const test = file('same/test.tsv', labelled(['extraordinary', 'moon', 'blue']));
    const set = ['--data', join(folder, 'same')];
    const fitted = await fit(...set, '--method', 'mlp', '--no-grid');
    const predictions = join(folder, 'same.jsonl');
    const judged = await json<{ results: { classifier: unknown }[] }>(
      ...['evaluate', 'classification', ...set, ...model, '--predictions', predictions],
    );
    expect(fitted['training']).toEqual(judged.results[0]?.classifier);
    const { stdout } = await relbert(
      ['classify', 'predict', '--model', saved, '--pairs', test, '--json', '--threads', '1'], //
    );
    const lines = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines(stdout).map(({ label }) => label)).toEqual(
      lines(readFileSync(predictions, 'utf8')).map(({ predicted }) => predicted),
    );
  });

  it('replaces a classifier only where it is asked to, and no other folder', async () => {
    const data = file('again.tsv', rows);
    const again = (output: string, ...more: string[]) =>
      relbert(['classify', 'fit', '--data', data, '--output', output, ...model, ...more]);
    const kept = join(folder, 'kept');
    expect((await again(kept)).code).toBe(0);
    const weights = readFileSync(join(kept, 'classifier.safetensors'));
    const refused = await again(kept, '--method', 'lda');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('replace it with --overwrite')]);
    expect(readFileSync(join(kept, 'classifier.safetensors'))).toEqual(weights);
    expect((await again(kept, '--method', 'lda', '--overwrite')).code).toBe(0);
    expect(readFileSync(join(kept, 'classifier.safetensors'))).not.toEqual(weights);
    file('full/notes.txt', '');
    const full = await again(join(folder, 'full'), '--overwrite');
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('holds no classifier: name another folder')]);
    expect((await again(file('taken', ''))).stderr).toContain('is a file: name a folder');
  });

  it('labels the pairs of a table that fit reads, and says that its labels are left out', async () => {
    await fit('--data', file('data.tsv', rows));
    const predict = (name: string, content: string) =>
      relbert(['classify', 'predict', '--model', saved, '--pairs', file(name, content), '--threads', '1']);
    const { code, stdout, stderr } = await predict('test.tsv', 'tree\tred\tblue\nsea\tblue\tred\n');
    expect([code, stdout.replace(/[\d.]+$/gm, 'P')]).toEqual([0, 'tree\tred\tred\tP\nsea\tblue\tblue\tP\n']);
    expect(stderr).toContain('test.tsv:1: the third column ("blue") is read as a label and left out');
    expect(stderr.match(/left out/g)).toHaveLength(1);
    expect((await predict('four.tsv', 'a\tb\tc\td\n')).stderr).toContain('four.tsv:1: expected two words, got 4');
    const none = await predict('none.tsv', '');
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', expect.stringContaining('the input holds no pair')]);
  });

  it('warns of validation pairs that stand reversed or in another case in the data, and of contradictions', async () => {
    const data = file('twice.tsv', `${rows}Cat\tred\tblue\nred\tcat\tblue\n`);
    const validation = file('twice-val.tsv', 'DOG\tred\tred\nblue\tking\tblue\nrose\tred\tred\n');
    const { code, stderr } = await relbert([
      ...['classify', 'fit', '--data', data, '--validation', validation, '--output', saved, '--overwrite', ...model],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('2 of the 3 validation pairs are in the data too');
    expect(stderr).toContain('1 pair has two labels, ["cat","red"] for one');
  });

  it('says why a classifier is not judged', async () => {
    const data = file('singles.tsv', 'cat\tred\tred\ncat\tblue\tblue\n');
    const { code, stdout } = await relbert([
      ...['classify', 'fit', '--data', data, '--output', saved, '--overwrite', ...model],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('not judged: every pair is the only one of its label');
    const lda = await failure(
      'classify',
      'fit',
      '--data',
      data,
      '--output',
      saved,
      '--overwrite',
      ...model,
      '--method',
      'lda',
    );
    expect(lda).toContain('lda needs a label with two different pairs: give more');
  });

  it.each(['lda', 'centroid'])('refuses --no-grid with --method %s, which has none', async (method) => {
    const data = file('grid.tsv', rows);
    const { code, stderr } = await relbert([
      ...['classify', 'fit', '--data', data, '--output', join(folder, 'grid'), '--no-grid', '--method', method],
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--method ${method} trains none`)]);
  });

  it('refuses --prompt for a classifier that was fitted to a template', async () => {
    await fit('--data', file('data.tsv', rows));
    const { code, stderr } = await relbert([
      ...['classify', 'predict', '--model', saved, '--prompt', folder, 'tree:red'],
    ]);
    const reason = 'was fitted to the template "<subj> <mask> <obj>": leave --prompt out, or fit again with it';
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });

  it('finds an encoder that has moved by --encoder', async () => {
    const [before, after] = [join(folder, 'before'), join(folder, 'after')];
    cpSync(tinyModel, before, { recursive: true });
    await fit('--data', file('data.tsv', rows), '--model', before);
    renameSync(before, after);
    const predict = ['classify', 'predict', '--model', saved, 'tree:red', '--threads', '1'];
    const lost = await relbert(predict);
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining(before)]);
    const found = await relbert([...predict, '--encoder', after]);
    expect([found.code, found.stdout]).toEqual([0, expect.stringMatching(/^tree\tred\tred\t/)]);
  });

  it('says what is wrong with data and classifier', async () => {
    const wrong = (name: string, content: string) =>
      failure('classify', 'fit', '--output', join(folder, 'none'), ...model, '--data', file(name, content));
    expect(await wrong('one.tsv', 'a\tb\tx\nc\td\tx\n')).toContain('all examples are labelled "x"');
    expect(await wrong('two.tsv', 'a\tb\tx\nc\td\n')).toContain('two.tsv:2: expected 3 fields');
    expect(await wrong('blank.jsonl', jsonl({ head: 'a', tail: 'b' }))).toContain(
      "blank.jsonl:1: 'relation' should be",
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(await failure('classify', 'predict', '--model', join(folder, 'none'), 'a:b')).toContain(
      'there is no such file',
    );
    const range = await relbert(['classify', 'predict', '--model', saved, '--other', '1.5', 'a:b']);
    expect([range.code, range.stderr]).toEqual([2, expect.stringContaining('Expected a number from 0 to 1')]);
  });
});
