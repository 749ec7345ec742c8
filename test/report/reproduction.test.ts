import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPlannedModels } from '../../src/cli/report-models.ts';
import { parseReport } from '../../src/report/report-file.ts';
import { reproductionMarkdown, reproductionReport } from '../../src/report/reproduction.ts';
import { madeUpReport, paper } from './figures.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

describe('the reproduction', () => {
  it('keeps every figure of the reports, and leaves the maps out', () => {
    const report = madeUpReport();
    const kept = reproductionReport(report);
    expect(kept.models[0]?.map).toBeNull();
    expect(kept.models[0]?.analogy).toEqual(report.models[0]?.analogy);
    expect(reproductionMarkdown(kept, paper)).toContain('80.0 [25.0, 75.0] (+1.2)');
    expect(parseReport({ file: 'r', text: JSON.stringify(kept) })).toEqual(kept);
  });

  it('lists models of which each alteration names a model of the list', async () => {
    const models = await readPlannedModels(`${docs}reproduction-models.json`, { model: '' });
    const names = models.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { comparedTo, made, choice } of models) {
      if (comparedTo !== null) expect(names).toContain(comparedTo);
      // What training makes is written where the report looks for it.
      if (made !== null) expect(made).toContain(`--output ${choice.prompt ?? choice.model}`);
    }
  });

  it.skipIf(!existsSync(`${docs}reproduction.json`))('is what its figures say, nothing else', () => {
    const report = parseReport({
      file: 'docs/reproduction.json',
      text: readFileSync(`${docs}reproduction.json`, 'utf8'),
    });
    expect(readFileSync(`${docs}reproduction.md`, 'utf8')).toBe(reproductionMarkdown(report, paper));
  });
});
