import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert, tinyModel } from '../../../relbert/test/cli/command.ts';
import { evaluationNames } from '../../src/cli/report.ts';
import { EVALUATIONS } from '../../src/report/evaluate-model.ts';
import { parseReport } from '../../src/report/report-file.ts';
import { model, useEvaluationData, words } from './evaluation-data.ts';

const { folder, data, pairs } = useEvaluationData();

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

  it('computes on the device that is asked for, and repeats figures there', async () => {
    const found = join(folder, 'device');
    const only = ['--data', data, '--only', 'analogy', 'classification', '--sets', 'u2', 'BLESS', '--output', found];
    const { code, stderr } = await relbert(['report', ...model, '--device', 'wasm', ...only]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('classification BLESS')]);
    const [judged] = parseReport({ file: 'r', text: readFileSync(join(found, 'report.json'), 'utf8') }).models;
    const commands = [...(judged?.analogy ?? []), ...(judged?.classification ?? [])].map(({ command }) => command);
    for (const command of commands) expect(command).toContain(' --device wasm');
    // No machine has both of these.
    const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';
    const vectors = join(folder, 'device-words.txt');
    writeFileSync(vectors, words.map((word, i) => `${word} ${i + 1} ${i * i}\n`).join(''));
    for (const named of [model, ['--model', `vectors:${vectors}`]]) {
      const refused = await relbert(['report', ...named, '--device', elsewhere, ...only, '--overwrite']);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining(`device '${elsewhere}' is not available`),
      ]);
    }
  });

  it('leaves pairs without a vector out of the neighbours, and names no command that word vectors cannot take', async () => {
    const vectors = join(folder, 'few-words.txt');
    const known = [...words, 'barista', 'coffee'];
    writeFileSync(vectors, known.map((word, i) => `${word} ${i + 1} ${i * i}\n`).join(''));
    const among = join(folder, 'unknown-word.tsv');
    writeFileSync(among, 'cat\tdog\nnowhere\tnothing\nsun\tmoon\n');
    const found = join(folder, 'few-vectors');
    const { code, stderr } = await relbert([
      ...['report', '--model', `vectors:${vectors}`, '--threads', '1'],
      ...['--data', data, '--among', among, '--output', found],
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('neighbours: 1 pairs among 2')]);
    const [judged] = parseReport({ file: 'r', text: readFileSync(join(found, 'report.json'), 'utf8') }).models;
    expect(judged?.neighbours).toMatchObject({ candidates: 2, command: null });
    expect(judged?.neighbours?.queries).toMatchObject([{ pair: ['barista', 'coffee'] }]);
    expect(judged?.map).toMatchObject({ set: 'BLESS', command: null });
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
      [['report', '--from', pairs, ...to], 1, /pairs\.tsv: is not JSON/],
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
      expect.stringMatching(/wrong\.json: is not a list of models: 0: .*polling/),
    ]);
    expect(existsSync(join(folder, 'none/index.html'))).toBe(false);
  });
});
