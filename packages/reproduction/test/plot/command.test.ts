import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert } from '../../../relbert/test/cli/command.ts';
import { model, useEvaluationData, words } from '../report/evaluation-data.ts';

const { folder, data, pairs } = useEvaluationData();

describe('relbert plot', () => {
  it('draws what was evaluated', async () => {
    const results = join(folder, 'analogy.json');
    const evaluated = await relbert(['evaluate', 'analogy', '--data', join(data, 'analogy/u2'), ...model, '--json']);
    writeFileSync(results, evaluated.stdout);
    const svg = await relbert(['plot', 'accuracy', results]);
    expect([svg.code, svg.stderr]).toEqual([0, '']);
    expect(svg.stdout).toMatch(/^<svg [\s\S]*Accuracy on analogy questions, test[\s\S]*<\/svg>\n$/);
    const png = join(folder, 'categories.png');
    expect((await relbert(['plot', 'categories', results, '--output', png])).code).toBe(0);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
    expect((await relbert(['plot', 'categories', results, '--by', 'relation'])).stdout).toContain('currency (4)');
    const unknown = await relbert(['plot', 'categories', results, '--set', 'u9']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("there is no set 'u9'")]);
    const valid = await relbert(['plot', 'accuracy', results, '--split', 'valid']);
    expect([valid.code, valid.stderr]).toEqual([1, expect.stringContaining('no result on valid analogy questions')]);
    const confusion = await relbert(['plot', 'confusion', results]);
    expect([confusion.code, confusion.stderr]).toEqual([
      1,
      expect.stringContaining('no result of lexical relation classification'),
    ]);
  });

  it('refuses a format that the ending contradicts', async () => {
    const output = join(folder, 'm.svg');
    const { code, stderr } = await relbert(['plot', 'map', pairs, '--output', output, '--format', 'png', ...model]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--format png and --output ${output} contradict`)]);
  });

  it('draws a PNG in the scale that is asked for', async () => {
    const results = join(folder, 'guesses.json');
    const guessed = ['evaluate', 'analogy', '--data', join(data, 'analogy/u2'), '--model', 'random', '--json'];
    writeFileSync(results, (await relbert(guessed)).stdout);
    const png = join(folder, 'scaled.png');
    const sides = async (...options: string[]): Promise<readonly [width: number, height: number]> => {
      expect((await relbert(['plot', 'accuracy', results, '--output', png, ...options])).code).toBe(0);
      // The header of a PNG says width and height at byte 16.
      const header = readFileSync(png);
      return [header.readUInt32BE(16), header.readUInt32BE(20)];
    };
    const [width, height] = await sides('--scale', '1');
    expect(Math.min(width, height)).toBeGreaterThan(100);
    for (const [i, side] of (await sides()).entries())
      expect(Math.abs(side - 2 * ([width, height][i] as number))).toBeLessThanOrEqual(2);
    const large = await relbert(['plot', 'accuracy', results, '--scale', '11']);
    expect([large.code, large.stderr]).toEqual([2, expect.stringContaining('Expected a number from 0.1 to 10.')]);
  });

  it('writes the pairs beside the points of a crowded map when asked to', async () => {
    const many = join(folder, 'many.tsv');
    const all = words.flatMap((head) => words.filter((tail) => tail !== head).map((tail) => `${head}\t${tail}\n`));
    writeFileSync(many, all.join(''));
    expect(all.length).toBeGreaterThan(40);
    const map = async (...options: string[]) => (await relbert(['plot', 'map', many, ...model, ...options])).stdout;
    expect(await map()).not.toContain('>cat:dog</text>');
    const labelled = await map('--labels');
    // Names that would lie on others are left out.
    const names = all.filter((line) => labelled.includes(`>${line.trim().replace('\t', ':')}</text>`));
    expect(names.length).toBeGreaterThan(all.length / 2);
  });

  it('draws a confusion matrix of a classification', async () => {
    const results = join(folder, 'classification.json');
    const evaluated = await relbert([
      'evaluate',
      'classification',
      '--data',
      join(data, 'lexical_relation/BLESS'),
      ...model,
      '--json',
    ]);
    writeFileSync(results, evaluated.stdout);
    const { code, stdout } = await relbert(['plot', 'confusion', results, '--title', 'Mine']);
    expect(code).toBe(0);
    for (const text of ['Mine', 'hyper', 'random', 'true relation']) expect(stdout).toContain(`>${text}</text>`);
    const wrong = await relbert(['plot', 'confusion', results, '--set', 'BLES']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean BLESS?')]);
    const named = await relbert(['plot', 'confusion', results, '--model', 'other']);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("there is no model 'other'")]);
  });

  it('draws the features of word vectors that are asked for', async () => {
    const results = join(folder, 'kinds.json');
    const vectors = join(folder, 'vectors.txt');
    writeFileSync(vectors, words.map((word, i) => `${word} ${i + 1} ${i * i}\n`).join(''));
    const output = join(folder, 'kinds');
    const report = ['report', '--model', `vectors:${vectors}`, '--data', data, '--only', 'classification'];
    expect((await relbert([...report, '--threads', '1', '--output', output])).code).toBe(0);
    cpSync(join(output, 'report.json'), results);
    const several = await relbert(['plot', 'confusion', results]);
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringContaining(
        'there are several kinds of features: choose one by --features: cat, cat+dot, diff, diff+dot',
      ),
    ]);
    const { code, stdout } = await relbert(['plot', 'confusion', results, '--features', 'diff+dot']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('features diff+dot')]);
    const wrong = await relbert(['plot', 'confusion', results, '--features', 'dif']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("no kind of features 'dif' (did you mean")]);
  });

  it('draws maps of pairs in every form', async () => {
    const map = (...args: string[]) => relbert(['plot', 'map', ...args, ...model]);
    const labelled = await map(join(data, 'lexical_relation/BLESS/test.tsv'));
    expect(labelled.code).toBe(0);
    expect(labelled.stdout).toContain('>hyper</text>');
    expect(labelled.stdout).toContain('Relation embeddings of BLESS/test.tsv');
    expect((await map(pairs)).stdout).not.toContain('role-legend');
    const jsonl = join(folder, 'pairs.jsonl');
    writeFileSync(
      jsonl,
      '{"head":"cat","tail":"dog","relation":"r1"}\n{"head":"sun","tail":"moon","relation":"r2"}\n{"head":"sea","tail":"ship","relation":"r2"}\n',
    );
    expect((await map(jsonl, '--limit', '2')).stdout).toContain('2 of 3 pairs');
    writeFileSync(jsonl, '{"relation":"kin","positives":[["king","queen"],["cat","dog"]]}\n');
    expect((await map(jsonl)).stdout).toContain('>kin</text>');
    const csv = join(folder, 'pairs.csv');
    writeFileSync(csv, 'cat,dog,r1\nsun,"moon",r2\n');
    expect((await map(csv)).stdout).toContain('>r2</text>');
    writeFileSync(csv, 'cat,dog,r1\nsun,,r2\n');
    const broken = await map(csv);
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('pairs.csv:2: the tail is empty')]);
    const carried = await map('package/countries', '--limit', '5');
    expect([carried.code, carried.stdout]).toEqual([0, expect.stringContaining('>country/capital</text>')]);
    const few = await map(pairs, '--limit', '2', '--method', 'umap');
    expect([few.code, few.stderr]).toEqual([1, expect.stringContaining('a umap map needs at least 4 pairs, got 2')]);
    const gif = await map(pairs, '--output', join(folder, 'x.gif'));
    expect([gif.code, gif.stderr]).toEqual([2, expect.stringContaining('ends in .svg or .png')]);
  });
});
