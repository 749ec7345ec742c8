import { describe, expect, it } from 'vitest';
import { repeatCommand, shellWord } from '../../src/report/repeat-command.ts';
import { mergeReports, parseReport } from '../../src/report/report-file.ts';
import { madeUpModel, madeUpReport } from './figures.ts';

describe('a report file', () => {
  it('is read back as it was, tables aside, which are made anew', () => {
    const report = madeUpReport();
    expect(parseReport({ file: 'r.json', text: JSON.stringify({ ...report, tables: [] }) })).toEqual(report);
  });

  it('that is none is refused with the place', () => {
    expect(() => parseReport({ file: 'r.json', text: '{' })).toThrow(/^r\.json: is not JSON/);
    expect(() => parseReport({ file: 'r.json', text: '{}' })).toThrow(
      /^r\.json: is no report that relbert report wrote: format/,
    );
    const wrong = madeUpReport([{ ...madeUpModel(), missingWords: -0.5 }]);
    expect(() => parseReport({ file: 'r.json', text: JSON.stringify(wrong) })).toThrow(/models\.0\.missingWords/);
    const over = madeUpReport();
    (over.models[0] as { analogy: { accuracy: number }[] }).analogy[0] = { ...madeUpModel().analogy[0], accuracy: 80 };
    expect(() => parseReport({ file: 'r.json', text: JSON.stringify(over) })).toThrow(
      /models\.0\.analogy\.0\.accuracy/,
    );
  });
});

describe('several reports', () => {
  const now = '2026-01-03T00:00:00.000Z';

  it('become one, with the data of all', () => {
    const other = madeUpReport([madeUpModel({ name: 'other' })]);
    other.data.analogy = [{ set: 'u2', split: 'test', questions: 228 }];
    const merged = mergeReports([madeUpReport(), other], 'relbert report --from a b', now);
    expect(merged.models.map(({ name }) => name)).toEqual(['mine', 'other']);
    expect(merged.data.analogy.map(({ set }) => set)).toEqual(['bats', 'u2']);
    expect(merged.data.classification).toHaveLength(1);
    expect(merged.skipped).toHaveLength(1);
  });

  it('are refused where a name occurs twice, or the data are not the same', () => {
    expect(() => mergeReports([madeUpReport(), madeUpReport()], '', now)).toThrow(
      "two of the reports hold a model named 'mine'",
    );
    const other = madeUpReport([madeUpModel({ name: 'other' })]);
    other.data.analogy = [{ set: 'bats', split: 'test', questions: 99 }];
    expect(() => mergeReports([madeUpReport(), other], '', now)).toThrow(/made of different data: bats test/);
  });
});

describe('commands that repeat a figure', () => {
  it('quote what a shell would take apart', () => {
    expect(shellWord("<subj>'s <obj>")).toBe("'<subj>'\\''s <obj>'");
    expect(shellWord('../shared/data/K&H+N')).toBe("'../shared/data/K&H+N'");
    expect(shellWord('a/b-c_1.jsonl')).toBe('a/b-c_1.jsonl');
  });

  it('hold what was chosen, not the defaults', () => {
    expect(
      repeatCommand(['evaluate', 'analogy', '--data', 'd'], { model: 'm', dtype: 'f32', template: undefined }),
    ).toBe('relbert evaluate analogy --data d --model m');
    expect(
      repeatCommand(['x'], {
        model: 'm',
        template: '<subj> and <obj>',
        pooling: 'mask',
        dtype: 'int8',
        threads: 2,
        normalize: true,
      }),
    ).toBe("relbert x --model m --template '<subj> and <obj>' --pooling mask --dtype int8 --threads 2 --normalize");
  });
});
