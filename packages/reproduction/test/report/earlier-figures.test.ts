import { describe, expect, it } from 'vitest';
import { notYetMeasured, requireMeasuredAlike, withEarlier } from '../../src/report/earlier-figures.ts';
import type { ReportData } from '../../src/report/report-data.ts';
import { madeUpModel } from './figures.ts';

const labelled = (name: string): ReportData['classification'][number] => ({
  name,
  path: `data/${name}`,
  testFile: `data/${name}/test.tsv`,
  set: { relations: [], train: [], validation: undefined, test: [] },
});
const data: ReportData = {
  analogy: [
    { set: 'bats', split: 'valid', path: 'data/bats/valid.jsonl', questions: [] },
    { set: 'bats', split: 'test', path: 'data/bats/test.jsonl', questions: [] },
  ],
  classification: [labelled('BLESS'), labelled('ROOT09')],
  mapping: [{ name: 'new', path: 'data/new.jsonl', problems: [] }],
  neighbours: { among: 'few', path: 'few.tsv', candidates: [], queries: [] },
  map: labelled('BLESS'),
};

describe('what an earlier report holds', () => {
  // The made-up model holds the test questions of BATS and BLESS.
  const earlier = madeUpModel({ mapping: [], neighbours: null, map: null });

  it('is taken from the data, split by split', () => {
    const rest = notYetMeasured(data, earlier);
    expect(rest?.analogy.map(({ set, split }) => [set, split])).toEqual([['bats', 'valid']]);
    expect(rest?.classification.map(({ name }) => name)).toEqual(['ROOT09']);
    expect(rest?.mapping).toEqual(data.mapping);
    expect([rest?.neighbours, rest?.map]).toEqual([data.neighbours, data.map]);
    const whole = madeUpModel();
    expect([whole.neighbours, whole.map]).not.toContain(null);
    const same = {
      ...data,
      analogy: data.analogy.slice(1),
      classification: data.classification.slice(0, 1),
      mapping: [],
    };
    expect(notYetMeasured(same, whole)).toBeUndefined();
  });

  it('stays as it was beside what is measured now, with the seconds of both', () => {
    const [analogy] = earlier.analogy;
    const now = madeUpModel({
      group: 'regrouped',
      analogy: analogy ? [{ ...analogy, split: 'valid', accuracy: 0.5 }] : [],
      classification: [],
      run: { ...earlier.run, started: '2027-01-01T00:00:00.000Z', seconds: 2.25 },
    });
    const both = withEarlier(earlier, now);
    expect(both.analogy.map(({ split, accuracy }) => [split, accuracy])).toEqual([
      ['test', 0.8],
      ['valid', 0.5],
    ]);
    expect(both.classification).toEqual(earlier.classification);
    expect([both.group, both.run.started, both.run.seconds]).toEqual(['regrouped', earlier.run.started, 14.8]);
    expect(both.neighbours).toEqual(now.neighbours);
  });

  it('is not joined to what was measured in another way', () => {
    const now = { encoder: earlier.encoder, seed: 0, search: 'grid' } as const;
    expect(() => requireMeasuredAlike(earlier, now)).not.toThrow();
    expect(() => requireMeasuredAlike(earlier, { ...now, search: undefined })).not.toThrow();
    expect(() => requireMeasuredAlike(earlier, { ...now, search: 'default' })).toThrow(
      /mine: .* search "grid", now it is "default"; give/,
    );
    expect(() => requireMeasuredAlike(earlier, { ...now, seed: 1 })).toThrow(/mine: .* the seed 0, now it is 1; give/);
    const [classified] = earlier.classification;
    const unchosen = classified ? [{ ...classified, search: 'default' as const, validationMacroF1: null }] : [];
    expect(() => requireMeasuredAlike({ ...earlier, classification: unchosen }, now)).not.toThrow();
    const encoder = earlier.encoder && { ...earlier.encoder, pooling: 'mask' };
    expect(() => requireMeasuredAlike(earlier, { ...now, encoder })).toThrow(
      /mine: .*"pooling":"difference".*"pooling":"mask"/,
    );
  });
});
