import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert } from './command.ts';
import { failure, file, folder, model } from './evaluation.ts';

describe('relbert cluster', () => {
  const words = ['cat', 'dog', 'king', 'queen', 'ship'];
  const data = ['red', 'blue'].flatMap((tail) => words.map((head) => `${head}\t${tail}\n`)).join('');
  type Output = {
    k: number;
    silhouette: number;
    stability: { mean: number };
    clusters: { cluster: number; size: number; label: string; central: string[][]; pairs: string[][] }[];
  };

  it('groups pairs, as JSON, and writes table, JSON and map', async () => {
    const output = join(folder, 'clusters');
    const args = ['cluster', '--pairs', file('p.tsv', data), '--k', '2', '--output', output, ...model, '--json'];
    const { code, stdout } = await relbert(args);
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Output;
    expect(found.k).toBe(2);
    expect(found.clusters.map(({ cluster }) => cluster)).toEqual([1, 2]);
    expect(found.clusters.flatMap(({ pairs }) => pairs.map((pair) => pair.join('\t'))).sort()).toEqual(
      data.trimEnd().split('\n').sort(),
    );
    for (const { pairs, central, label, size } of found.clusters) {
      expect(pairs).toHaveLength(size);
      expect(central).toEqual(pairs.slice(0, 3));
      expect(label).toBe(central.map(([head, tail]) => `${head}:${tail}`).join(', '));
    }
    expect(readdirSync(output)).toEqual(['clusters.json', 'clusters.tsv', 'map.svg']);
    expect(JSON.parse(readFileSync(join(output, 'clusters.json'), 'utf8'))).toEqual(found);
    expect(readFileSync(join(output, 'clusters.tsv'), 'utf8')).toMatch(/^head\ttail\tcluster\ncat\tred\t[12]\n/);
  });

  it('prints a table, counts repeated pairs once, and writes a map alone', async () => {
    const map = join(folder, 'only.svg');
    const input = `${data}cat\tred\n`;
    const args = ['cluster', '--pairs', '-', '--k', 'auto', '--output', map, ...model];
    const { code, stdout, stderr } = await relbert(args, { input });
    expect([code, stderr]).toEqual([0, expect.stringContaining('left out: 1 repeated pair\n')]);
    expect(stdout).toMatch(/1 +\d+ +\d+\.\d +\w+:/);
    expect(stdout).toMatch(/clusters, mean silhouette \d\.\d{3}; 8 starts agree by an adjusted Rand index of \d\.\d\d/);
    expect(readFileSync(map, 'utf8')).toMatch(/^<svg /);
  });

  it('says why there are fewer clusters than asked for', async () => {
    // The tokenizer lowers the case.
    const args = ['cluster', 'cat:red', 'CAT:red', 'dog:blue', '--k', '3', ...model];
    const { stdout, stderr } = await relbert(args);
    expect(stderr).toContain('2 clusters instead of 3: the pairs have no more different vectors');
    expect(stdout).toContain('2 clusters, mean');
  });

  it('finds an output that cannot be written before a model is loaded, and leaves nothing of a run that fails', async () => {
    const pairs = ['--pairs', file('p.tsv', data)];
    const nowhere = ['--model', join(folder, 'no-model')];
    const blocked = file('blocked', '');
    expect(await failure('cluster', ...pairs, '--output', blocked, ...nowhere)).toContain('a file stands in its place');
    const lost = join(folder, 'no-such-folder', 'map.svg');
    expect(await failure('cluster', ...pairs, '--output', lost, ...nowhere)).toContain(lost);
    const before = readdirSync(folder);
    for (const name of ['fresh', 'fresh.svg']) {
      const failed = await failure('cluster', ...pairs, '--output', join(folder, name), ...nowhere);
      expect(failed).toContain('no-model');
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  it('names what cannot be', async () => {
    const output = await relbert(['cluster', 'a:b', 'c:d', '--output', '-', ...model]);
    expect([output.code, output.stderr]).toEqual([
      2,
      expect.stringContaining('--output -: expected a file or a folder'),
    ]);
    const tooMany = await relbert(['cluster', 'a:b', '--k', '2', ...model]);
    expect([tooMany.code, tooMany.stderr]).toEqual([
      2,
      expect.stringContaining('2 clusters need as many different pairs'),
    ]);
    expect(await failure('cluster', 'a:b', 'c:d', ...model)).toContain('there are 2: give k (--k)');
    const empty = join(folder, 'empty.tsv');
    writeFileSync(empty, '');
    expect(await failure('cluster', '--pairs', empty, ...model)).toContain('empty.tsv: holds no pair');
    expect(await failure('cluster', '--pairs', '-', ...model)).toContain('standard input: holds no pair');
    const wrong = await relbert(['cluster', 'a:b', '--k', 'many']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('from 1 upward, or auto')]);
  });
});
