import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from '../../../relbert/test/cli/command.ts';
import { evaluationNames } from '../../src/cli/report.ts';
import { EVALUATIONS } from '../../src/report/evaluate-model.ts';
import { parseReport } from '../../src/report/report-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-report-'));
const data = join(folder, 'data');
const words = ['cat', 'dog', 'king', 'queen', 'sea', 'ship', 'sun', 'moon'];
const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];
// The paper's targets among thousands of carried pairs would take long on a busy machine.
const pairs = join(folder, 'pairs.tsv');

beforeAll(async () => {
  const write = (path: string, text: string) => {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), text);
  };
  const question = (i: number) =>
    JSON.stringify({
      stem: [words[i % 8], words[(i + 1) % 8]],
      choice: [
        [words[(i + 2) % 8], words[(i + 3) % 8]],
        [words[(i + 4) % 8], words[(i + 1) % 8]],
      ],
      answer: i % 2,
      prefix: 'currency',
    });
  write('analogy/u2/test.jsonl', [0, 1, 2, 3].map(question).join('\n'));
  write('analogy/u2/valid.jsonl', question(5));
  const lines = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `${words[i % 8]}\t${words[(i * 3 + 1) % 8]}\t${i % 2 ? 'hyper' : 'random'}\n`,
    ).join('');
  write('lexical_relation/BLESS/train.tsv', lines(24));
  write('lexical_relation/BLESS/test.tsv', lines(8));
  write('relation_mapping/test.jsonl', JSON.stringify({ source: words.slice(0, 3), target: words.slice(3, 6) }));
  writeFileSync(
    pairs,
    words
      .slice(1)
      .map((word, i) => `${words[i]}\t${word}\n`)
      .join(''),
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names the evaluations as the library does', () => expect(evaluationNames).toEqual(EVALUATIONS));

describe('relbert report', () => {
  const output = join(folder, 'report');
  const args = ['report', ...model, '--data', data, '--among', pairs, '--output', output];

  it('writes page, figures and Markdown, and says where', async () => {
    const { code, stdout, stderr } = await relbert(args);
    expect([code, stdout]).toEqual([0, `${join(output, 'index.html')}\n`]);
    expect(stderr).toMatch(/analogy: u2 valid \d+\.\d, u2 test/);
    expect(readdirSync(output).sort()).toEqual(['index.html', 'report.json', 'report.md']);
    const text = readFileSync(join(output, 'report.json'), 'utf8');
    const { models, skipped, data: counted } = parseReport({ file: 'report.json', text });
    expect(skipped).toEqual([]);
    expect(counted.classification.map(({ split }) => split)).toEqual(['train', 'test']);
    expect(models[0]?.analogy.map(({ questions }) => questions)).toEqual([1, 4]);
    expect(models[0]?.neighbours?.queries.length).toBe(22);
    expect((JSON.parse(text) as { tables: { id: string }[] }).tables.map(({ id }) => id)).toContain('table-12');

    // The command in the report gives the figure again.
    const { command = '', accuracy } = models[0]?.analogy[1] ?? {};
    const [, ...again] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? (plain as string),
    );
    const repeated = await relbert([...again, '--json']);
    expect((JSON.parse(repeated.stdout) as { results: { accuracy: number }[] }).results[0]?.accuracy).toBe(accuracy);
  });

  it('does not overwrite unless told to', async () => {
    const before = readFileSync(join(output, 'report.json'), 'utf8');
    const refused = await relbert(args);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('exists already; --overwrite replaces it'),
    ]);
    expect(readFileSync(join(output, 'report.json'), 'utf8')).toBe(before);
  });

  it('takes over the models of earlier reports and runs what is new', async () => {
    const list = join(folder, 'models.json');
    writeFileSync(
      list,
      JSON.stringify([
        {
          name: 'mean',
          group: 'pooling',
          model: tinyModel,
          template: 'a',
          comparedTo: 'bert, <subj> and <obj>, difference',
          made: 'by hand',
        },
      ]),
    );
    const earlier = join(output, 'report.json');
    const more = ['report', '--from', earlier, '--models', list, ...model, '--data', data, '--only', 'analogy'];
    const { code, stderr } = await relbert([...more, '--output', join(folder, 'more')]);
    expect(code).toBe(0);
    expect(stderr).toContain('bert, <subj> and <obj>, difference: taken over from the earlier report');
    const { models } = parseReport({ file: 'r', text: readFileSync(join(folder, 'more/report.json'), 'utf8') });
    expect(models.map(({ name, group, made }) => [name, group, made])).toEqual([
      ['bert, <subj> and <obj>, difference', null, null],
      ['mean', 'pooling', 'by hand'],
    ]);
    expect(models[1]?.encoder?.pooling).toBe('difference');

    // Of a model that the earlier report has in part, what is missing is measured.
    const first = join(folder, 'more/report.json');
    const rest = ['report', '--from', first, '--models', list, '--data', data, '--pooling', 'difference'];
    const filled = await relbert([...rest, '--only', 'analogy', 'mapping', '--output', join(folder, 'filled')]);
    expect([filled.code, filled.stderr]).toEqual([0, expect.stringMatching(/^mean\n {2}mapping relation_mapping: /)]);
    const all = parseReport({ file: 'r', text: readFileSync(join(folder, 'filled/report.json'), 'utf8') }).models;
    expect(all.map(({ name }) => name)).toEqual(models.map(({ name }) => name));
    expect(all[1]).toEqual({
      ...models[1],
      mapping: all[1]?.mapping,
      run: { ...models[1]?.run, seconds: expect.any(Number) },
    });
    expect(all[1]?.mapping.map(({ set }) => set)).toEqual(['relation_mapping']);
    const other = await relbert([...rest, '--dtype', 'int8', '--output', join(folder, 'other')]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('mean: the earlier report measured it with'),
    ]);
    const idle = await relbert(['report', '--from', first, '--data', data, '--output', join(folder, 'idle')]);
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining('name them by --model or --models')]);
    // Other data are found before anything is measured.
    const changed = JSON.parse(readFileSync(first, 'utf8')) as { data: { analogy: { questions: number }[] } };
    for (const set of changed.data.analogy) set.questions++;
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify(changed));
    const early = await relbert([
      'report',
      '--from',
      wrong,
      '--models',
      list,
      '--data',
      data,
      '--output',
      join(folder, 'late'),
    ]);
    expect([early.code, early.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: the reports were made of different data/),
    ]);
    // A model of the same name that was trained again has other weights, also where nothing of it is missing.
    const before = JSON.parse(readFileSync(first, 'utf8')) as { models: { name: string; encoder: { hash: string } }[] };
    expect(before.models[1]?.encoder.hash).toMatch(/^[0-9a-f]{64}$/);
    for (const { encoder } of before.models) encoder.hash = '0';
    const retrained = join(folder, 'retrained.json');
    writeFileSync(retrained, JSON.stringify(before));
    const same = ['--models', list, '--data', data, '--pooling', 'difference', '--only', 'analogy'];
    const stale = await relbert(['report', '--from', retrained, ...same, '--output', join(folder, 'stale')]);
    expect([stale.code, stale.stderr]).toEqual([
      1,
      expect.stringContaining('mean: the earlier report measured other weights'),
    ]);
    const alone = await relbert([
      'report',
      '--from',
      join(folder, 'more/report.json'),
      '--output',
      join(folder, 'drawn'),
    ]);
    expect(alone.code).toBe(0);
    expect(readFileSync(join(folder, 'drawn/report.md'), 'utf8')).toContain('| mean |');
  });

  it('says how many triggers a learned prompt has, in the figures and in Table 10', async () => {
    const prompt = join(folder, 'prompt');
    mkdirSync(prompt);
    const template = { top: [5, 6, 7], mid: [8], bottom: [9, 10] };
    writeFileSync(join(prompt, 'config.json'), JSON.stringify({ relbert_config: { mode: 'average', template } }));
    const found = join(folder, 'triggers');
    const { code, stderr } = await relbert([
      ...['report', '--model', tinyModel, '--prompt', prompt, '--threads', '1'],
      ...['--data', data, '--only', 'analogy', '--sets', 'u2', '--output', found],
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('analogy')]);
    const { models } = parseReport({ file: 'r', text: readFileSync(join(found, 'report.json'), 'utf8') });
    expect(models[0]?.encoder?.prompt).toMatchObject({ kind: 'trigger', counts: { top: 3, mid: 1, bottom: 2 } });
    expect(readFileSync(join(found, 'report.md'), 'utf8')).toMatch(/· AutoPrompt\*\* \| 3 \| 1 \| 2 \| – \|/);
  });

  it('judges word vectors beside encoders, whose options they do without', async () => {
    const vectors = join(folder, 'words.txt');
    writeFileSync(vectors, words.map((word, i) => `${word} ${i + 1} ${i * i}\n`).join(''));
    const found = join(folder, 'vectors');
    const { code, stderr } = await relbert([
      ...['report', '--model', tinyModel, '--model', `vectors:${vectors}`, '--normalize', '--batch-tokens', '99'],
      ...['--threads', '1', '--data', data, '--only', 'analogy', '--sets', 'u2', '--output', found],
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('analogy')]);
    const { models } = parseReport({ file: 'r', text: readFileSync(join(found, 'report.json'), 'utf8') });
    expect(models.map(({ encoder }) => encoder?.architecture)).toEqual(['bert', undefined]);
  });

  it('keeps what is measured when the next model fails, and nothing of a model that is interrupted', async () => {
    const list = join(folder, 'failing.json');
    const options = { template: '<subj> and <obj>', pooling: 'difference' };
    writeFileSync(
      list,
      JSON.stringify([
        { name: 'there', model: tinyModel, ...options },
        { name: 'gone', model: join(folder, 'gone'), ...options },
      ]),
    );
    const to = ['--data', data, '--only', 'analogy', '--threads', '1', '--output'];
    const failed = await relbert(['report', '--models', list, ...to, join(folder, 'failed')]);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining(join(folder, 'gone'))]);
    const { models } = parseReport({ file: 'r', text: readFileSync(join(folder, 'failed/report.json'), 'utf8') });
    expect(models.map(({ name }) => name)).toEqual(['there']);

    const stopped = join(folder, 'stopped');
    const interrupted = await relbert(['report', ...model, ...to, stopped], {
      // Once the model's name is written, its evaluation is under way.
      interruptWhen: (stderr) => stderr !== '',
    });
    expect([interrupted.code, interrupted.stderr]).toEqual([130, expect.stringContaining('interrupted')]);
    expect(readdirSync(stopped)).toEqual([]);
  });

  it('finds wrong usage and broken data before any model is loaded', async () => {
    const to = ['--output', join(folder, 'none')];
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [['report', ...model, ...to], 2, /--data is missing/],
      [
        ['report', ...model, '--data', data, '--only', 'analogies', ...to],
        2,
        /Expected one of analogy, classification/,
      ],
      [
        ['report', ...model, '--data', data, '--sets', 'bless', 'u3', ...to],
        2,
        /--sets u3: there is no such set \(did you mean u2\?\)/,
      ],
      [['report', ...model, '--data', folder, ...to], 1, /holds no evaluation data; expected analogy\/SET/],
      [['report', ...model, '--data', join(folder, 'nowhere'), ...to], 1, /there is no such folder/],
      [['report', '--from', pairs, ...to], 1, /pairs\.tsv: is no JSON/],
      [['report', '--model', tinyModel, '--model', tinyModel, '--data', data, ...to], 2, /two models have the name/],
    ];
    for (const [line, exit, message] of cases) {
      const { code, stderr } = await relbert(line);
      expect([line, code, stderr]).toEqual([line, exit, expect.stringMatching(message)]);
    }
    writeFileSync(join(folder, 'wrong.json'), '[{"name":"x","model":"m","polling":"mask"}]');
    const wrong = await relbert(['report', '--models', join(folder, 'wrong.json'), '--data', data, ...to]);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/wrong\.json: is no list of models: 0: .*polling/),
    ]);
    expect(existsSync(join(folder, 'none/index.html'))).toBe(false);
  });
});

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
