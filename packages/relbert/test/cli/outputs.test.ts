/** Outputs that would destroy something, or that their name promises to be something else. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert } from './command.ts';
import { failure, file, folder, jsonl, model } from './evaluation.ts';

/** Runs a command that is used wrongly, and gives what it said. */
async function wrongUsage(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await relbert(args);
  expect([code, stdout]).toEqual([2, '']);
  return stderr;
}

describe('an output that is an input', () => {
  const pairs = 'cat\tdog\nking\tqueen\n';
  const questions = jsonl({ stem: ['a', 'b'], choice: [['c', 'd'], ['e', 'f']], answer: 0 }); // biome-ignore format: one line

  it.each([
    ['embed', pairs, (path: string) => ['--pairs', path, '--output', path]],
    ['cluster', pairs, (path: string) => ['--pairs', path, '--output', path]],
    ['classify predict', pairs, (path: string) => ['--pairs', path, '--output', path, '--model', 'none']],
    ['evaluate analogy', questions, (path: string) => ['--data', path, '--predictions', path]],
    [
      'evaluate analogy',
      questions,
      (path: string) => ['--data', folder, '--split', nameOf(path), '--predictions', path],
    ],
    ['evaluate mapping', '{}\n', (path: string) => ['--data', path, '--predictions', path]],
    [
      'evaluate mapping',
      '{}\n',
      (path: string) => ['--data', path, '--model', `vectors:${path}`, '--predictions', path],
    ],
  ])('of %s is refused', async (command, content, args) => {
    const path = file(content === pairs ? 'in.tsv' : 'in.jsonl', content);
    const said = await wrongUsage(...command.split(' '), ...args(path));
    expect(said).toMatch(/in\.\w+: would replace .*in\.\w+, which --(pairs|data|model) reads: name another file$/m);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is found by another name, and among several files that are written', async () => {
    const path = file('v.pairs.tsv', pairs);
    const link = join(folder, 'link.tsv');
    symlinkSync(path, link);
    expect(await wrongUsage('embed', '--pairs', path, '--output', link)).toContain('would replace');
    expect(await wrongUsage('embed', '--pairs', path, '--output', join(folder, 'v.npy'))).toContain('would replace');
    const before = file('groups/clusters.tsv', pairs);
    expect(await wrongUsage('cluster', '--pairs', before, '--output', join(folder, 'groups'))).toContain(
      `would replace ${before}`,
    );
  });
});

describe('an output that is a folder', () => {
  it.each([
    ['cluster', 'a:b'],
    ['prompt tune', '--model', 'none'],
    ['prompt search', '--model', 'none'],
    ['distill', '--model', 'none'],
    ['evaluate complete', '--data', 'none'],
    ['classify fit', '--data', 'none'],
  ])('of %s does not end as a picture', async (command, ...args) => {
    const path = join(folder, 'map.png');
    expect(await wrongUsage(...command.split(' '), ...args, '--output', path)).toContain(
      'Expected a folder, which does not end in .png',
    );
    expect(readdirSync(folder)).not.toContain('map.png');
  });

  it('of cluster is new, or that of earlier clusters', async () => {
    file('index/manifest.json', '{}');
    const args = ['cluster', 'cat:red', 'dog:red', 'king:blue', '--k', '2', ...model];
    expect(await failure(...args, '--output', join(folder, 'index'))).toContain(
      'index: holds other files (manifest.json): name a new folder, or a file that ends in .svg, .tsv or .json',
    );
    const output = join(folder, 'v1.2');
    mkdirSync(output);
    for (const _ of [1, 2]) expect((await relbert([...args, '--output', output])).code).toBe(0);
    expect(readdirSync(output)).toHaveLength(3);
  });
});

describe('relbert embed', () => {
  it.each([
    ['word2vec', 'zz.npy', 'npy'],
    ['npy', 'zz.jsonl', 'jsonl'],
    ['jsonl', 'zz.bin', 'word2vec-binary'],
  ])('does not write %s into %s', async (format, name, named) => {
    const output = join(folder, name);
    expect(await wrongUsage('embed', 'cat:dog', '--format', format, '--output', output, ...model)).toContain(
      `--format ${format} and --output ${output} contradict each other: ${extname(name)} is ${named}; leave --format out`,
    );
  });

  it.each([
    ['word2vec', 'w.txt'],
    ['word2vec', 'w.bin'],
    ['word2vec-binary', 'w.vec'],
    ['jsonl', 'x.txt'],
    [undefined, 'x.json'],
    [undefined, 'x.ndjson'],
    [undefined, 'y.txt'],
    [undefined, 'without-ending'],
  ])('writes %s into %s, which is read as vectors', async (format, name) => {
    const output = join(folder, name);
    const args = format === undefined ? [] : ['--format', format];
    expect((await relbert(['embed', 'cat:dog', 'king:queen', '--output', output, ...args, ...model])).code).toBe(0);
    // Without a model: only vectors will do.
    const { code, stdout } = await relbert(['neighbours', 'cat:dog', '--among', output, '--json']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('["king","queen"]')]);
  });

  it('names a pair that a key of word2vec cannot hold', async () => {
    const output = join(folder, 'keys.vec');
    const { code, stderr } = await relbert(['embed', 'cat:dog', 'a_b:c__d', '--output', output, ...model]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        '["a_b","c__d"]: the key "a_b__c__d" can be split in more than one place: "__" must stand between the words only; take --format jsonl, npy, arrow or parquet',
      ),
    ]);
    expect(existsSync(output)).toBe(false);
  });
});

function nameOf(path: string): string {
  return basename(path, '.jsonl');
}
