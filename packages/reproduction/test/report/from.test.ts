import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from 'relbert/cli';
import { beforeAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from '../../../relbert/test/cli/command.ts';
import { hashOf } from '../../src/cli/report-subject.ts';
import { parseReport } from '../../src/report/report-file.ts';
import { model, useEvaluationData } from './evaluation-data.ts';

const { folder, data } = useEvaluationData();

describe('relbert report --from', () => {
  const list = join(folder, 'models.json');
  /** Analogies by a model with the pooling difference, and by `mean`. */
  const first = join(folder, 'more/report.json');
  const modelsOf = (file: string) => parseReport({ file, text: readFileSync(file, 'utf8') }).models;
  const report = (...args: string[]) => relbert(['report', ...args]);
  const rest = ['--from', first, '--models', list, '--data', data, '--pooling', 'difference'];

  beforeAll(async () => {
    const bert = 'bert, <subj> and <obj>, difference';
    const mean = { name: 'mean', group: 'pooling', model: tinyModel, template: 'a', comparedTo: bert, made: 'by hand' };
    writeFileSync(list, JSON.stringify([mean]));
    const only = ['--data', data, '--only', 'analogy'];
    expect((await report(...model, ...only, '--output', join(folder, 'report'))).code).toBe(0);
    const earlier = ['--from', join(folder, 'report/report.json'), '--models', list];
    const { code, stderr } = await report(...earlier, ...model, ...only, '--output', join(folder, 'more'));
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${bert}: taken over from the earlier report`)]);
  }, 120_000);

  it('takes over the models of earlier reports and runs what is new', () => {
    const models = modelsOf(first);
    expect(models.map(({ name, group, made }) => [name, group, made])).toEqual([
      ['bert, <subj> and <obj>, difference', null, null],
      ['mean', 'pooling', 'by hand'],
    ]);
    expect(models[1]?.encoder?.pooling).toBe('difference');
  });

  it('measures what is missing of a model that the earlier report has in part', async () => {
    const filled = await report(...rest, '--only', 'analogy', 'mapping', '--output', join(folder, 'filled'));
    expect([filled.code, filled.stderr]).toEqual([0, expect.stringMatching(/^mean\n {2}mapping relation_mapping: /)]);
    const [models, all] = [modelsOf(first), modelsOf(join(folder, 'filled/report.json'))];
    expect(all.map(({ name }) => name)).toEqual(models.map(({ name }) => name));
    expect(all[1]).toEqual({
      ...models[1],
      mapping: all[1]?.mapping,
      run: { ...models[1]?.run, seconds: expect.any(Number) },
    });
    expect(all[1]?.mapping.map(({ set }) => set)).toEqual(['relation_mapping']);
  });

  it('refuses figures that were measured in another way', async () => {
    const { code, stderr } = await report(...rest, '--dtype', 'int8', '--output', join(folder, 'other'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('mean: the earlier report measured it with')]);
  });

  it('refuses data that no model is to be measured on', async () => {
    const { code, stderr } = await report('--from', first, '--data', data, '--output', join(folder, 'idle'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('name them by --model or --models')]);
  });

  it('refuses other data before anything is measured', async () => {
    const changed = JSON.parse(readFileSync(first, 'utf8')) as { data: { analogy: { questions: number }[] } };
    for (const set of changed.data.analogy) set.questions++;
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify(changed));
    const args = ['--from', wrong, '--models', list, '--data', data, '--output', join(folder, 'late')];
    const { code, stderr } = await report(...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: the reports were made of different data/)]);
  });

  it('refuses a model that was trained again, also where nothing of it is missing', async () => {
    const before = JSON.parse(readFileSync(first, 'utf8')) as { models: { name: string; encoder: { hash: string } }[] };
    expect(before.models[1]?.encoder.hash).toMatch(/^[0-9a-f]{64}$/);
    for (const { encoder } of before.models) encoder.hash = '0';
    const retrained = join(folder, 'retrained.json');
    writeFileSync(retrained, JSON.stringify(before));
    const same = ['--models', list, '--data', data, '--pooling', 'difference', '--only', 'analogy'];
    const { code, stderr } = await report('--from', retrained, ...same, '--output', join(folder, 'stale'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('mean: the earlier report measured other weights')]);
  });

  it('takes over the figures of a model, or a prompt, that is no longer here', async () => {
    const before = JSON.parse(readFileSync(first, 'utf8')) as { models: { name: string; model: string }[] };
    const gone = join(folder, 'gone');
    const entries: readonly (readonly [choice: { model: string; prompt?: string }, missing: string])[] = [
      [{ model: gone }, gone],
      [{ model: 'nobody/relbert-not-in-the-cache' }, 'nobody/relbert-not-in-the-cache'],
      [{ model: tinyModel, prompt: gone }, gone],
    ];
    for (const [i, [choice, missing]] of entries.entries()) {
      const models = join(folder, 'gone-models.json');
      writeFileSync(models, JSON.stringify([{ name: 'mean', ...choice }]));
      const output = join(folder, `without-${i}`);
      const { code, stderr } = await report(
        ...['--from', first, '--models', models, '--data', data, '--only', 'analogy', '--output', output],
      );
      expect([code, stderr]).toEqual([
        0,
        `mean: taken over from the earlier report; ${missing} is not here, so the weights were not compared\n`,
      ]);
      expect(modelsOf(join(output, 'report.json')).map(({ name }) => name)).toEqual(
        before.models.map(({ name }) => name),
      );
    }
    // One that is here and damaged is not taken for one that is missing.
    const damaged = join(folder, 'damaged');
    mkdirSync(damaged);
    const models = join(folder, 'damaged-models.json');
    writeFileSync(models, JSON.stringify([{ name: 'mean', model: damaged }]));
    const { code } = await report(
      ...['--from', first, '--models', models, '--data', data, '--only', 'analogy', '--output', join(folder, 'never')],
    );
    expect(code).toBe(1);
  });

  it('knows a learned prompt by its vectors: tuned again it is another one', async () => {
    const hash = async (value: number) => {
      const prompt = join(folder, 'prompt');
      mkdirSync(prompt, { recursive: true });
      const template = { embedding: [[value, 1]], n_trigger_b: 1, n_trigger_i: 0, n_trigger_e: 0, pseudo_token: '[x]' };
      const config = { relbert_config: { mode: 'average', template }, prompt: { made: value } };
      writeFileSync(join(prompt, 'config.json'), JSON.stringify(config));
      return hashOf({ model: tinyModel, prompt }, { env: process.env } as Terminal);
    };
    const first = await hash(0.5);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash(0.25)).not.toBe(first);
    expect(await hash(0.5)).toBe(first);
  });

  it('draws what it has anew without data', async () => {
    expect((await report('--from', first, '--output', join(folder, 'drawn'))).code).toBe(0);
    expect(readFileSync(join(folder, 'drawn/report.md'), 'utf8')).toContain('| mean |');
  });
});
