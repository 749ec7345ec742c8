import { describe, expect, it } from 'vitest';
import { parseAnalogyQuestions } from '../../../relbert/src/data/analogy.ts';
import { lexicalRelationSet } from '../../../relbert/src/data/lexical-relation.ts';
import { embeddingFeatures } from '../../../relbert/src/evaluate/pair-features.ts';
import { nodeRuntime } from '../../../relbert/src/node/runtime.ts';
import type { WordPair } from '../../../relbert/src/pair/word-pair.ts';
import { EVALUATIONS, evaluateModel, type ReportEvent, samplePairs } from '../../src/report/evaluate-model.ts';
import { type ReportData, summarizeData } from '../../src/report/report-data.ts';
import { parseReport } from '../../src/report/report-file.ts';
import { madeUpModel, madeUpReport } from './figures.ts';

/** The first letter of the tail says the direction of the embedding; each pair is asked for once in a call. */
async function embed(pairs: readonly WordPair[]) {
  expect(new Set(pairs.map(({ head, tail }) => `${head}\t${tail}`)).size).toBe(pairs.length);
  const rows = pairs.map(({ head, tail }) => {
    const place = tail.charCodeAt(0) - 97;
    return [0, 1, 2, 3].map((d) => (d === place ? 1 : 0) + head.length / 1000);
  });
  return { data: Float32Array.from(rows.flat()), shape: [pairs.length, 4] as const };
}

const questions = [
  {
    stem: ['x', 'a1'],
    choice: [
      ['y', 'a2'],
      ['y', 'b1'],
    ],
    answer: 0,
    prefix: 'currency',
  },
  {
    stem: ['x', 'b1'],
    choice: [
      ['y', 'a2'],
      ['z', 'b1'],
    ],
    answer: 0,
    prefix: 'currency',
  },
];
const tsv = (letters: string) => ({
  file: 'f',
  text: [...letters].map((letter, i) => `h${i}\t${letter}${i}\trel-${letter}\n`).join(''),
});
const lex: ReportData['classification'][number] = {
  name: 'LEX',
  path: 'data/lexical_relation/LEX',
  testFile: 'data/lexical_relation/LEX/test.csv',
  set: lexicalRelationSet({ train: tsv('ab'.repeat(200)), validation: tsv('abab'), test: tsv('aabbab') }),
};
const nothing: ReportData = { analogy: [], classification: [], mapping: [], neighbours: undefined, map: undefined };
const data: ReportData = {
  analogy: [
    {
      set: 'tiny',
      split: 'test',
      path: 'data/analogy/tiny/test.jsonl',
      questions: parseAnalogyQuestions({
        file: 'f',
        text: questions.map((question) => JSON.stringify(question)).join('\n'),
      }),
    },
  ],
  classification: [lex],
  mapping: [
    {
      name: 'maps',
      path: 'data/maps.jsonl',
      problems: [{ source: ['ax', 'bx', 'cx'], target: ['ay', 'by', 'cy'], kind: undefined, line: 1 }],
    },
  ],
  neighbours: {
    among: 'few pairs',
    path: 'few.tsv',
    candidates: [
      { head: 'p', tail: 'b' },
      { head: 'q', tail: 'a' },
    ],
    queries: [
      { head: 'r', tail: 'a' },
      { head: 'a:b', tail: 'b' },
    ],
  },
  map: lex,
};
const subject = {
  choice: { model: './m', threads: 1 },
  kind: 'encoder' as const,
  embed,
  features: [{ name: 'both', extract: (pairs: readonly WordPair[]) => embeddingFeatures(pairs, embed, 'both') }],
};

describe('the evaluations of one model', () => {
  it('are what each gives alone, and go into a report as they are', async () => {
    const events: ReportEvent[] = [];
    const figures = await evaluateModel(subject, data, nodeRuntime(), {
      seed: 4,
      top: 1,
      onProgress: (event) => events.push(event),
    });
    const [analogy] = figures.analogy;
    expect(analogy).toMatchObject({ set: 'tiny', split: 'test', questions: 2, correct: 1, accuracy: 0.5, chance: 0.5 });
    expect(analogy?.categories).toMatchObject([{ category: 'semantic', questions: 2, accuracy: 0.5 }]);
    expect(analogy?.seconds).toBeGreaterThanOrEqual(0);
    expect(analogy?.command).toBe(
      'relbert evaluate analogy --data data/analogy/tiny/test.jsonl --seed 4 --model ./m --threads 1',
    );
    expect(figures.classification).toMatchObject([
      { set: 'LEX', features: 'both', macroF1: 1, microF1: 1, validationMacroF1: 1, search: 'default' },
    ]);
    expect(figures.classification[0]?.confusion).toEqual({
      labels: ['rel-a', 'rel-b'],
      counts: [
        [3, 0],
        [0, 3],
      ],
    });
    expect(figures.mapping).toMatchObject([
      { set: 'maps', problems: 1, terms: 3, accuracy: 1, solved: 1, proven: true },
    ]);
    expect(figures.neighbours?.queries).toMatchObject([
      { pair: ['r', 'a'], neighbours: [{ pair: ['q', 'a'] }] },
      { pair: ['a:b', 'b'], neighbours: [{ pair: ['p', 'b'] }] },
    ]);
    expect(figures.neighbours?.command).toBe(
      'relbert neighbours r:a \'["a:b","b"]\' --among few.tsv --model ./m --threads 1',
    );
    expect(figures.map).toMatchObject({ set: 'LEX', relations: ['rel-a', 'rel-b'] });
    expect(figures.map?.points.map(([, , relation]) => relation)).toEqual([0, 0, 1, 1, 0, 1]);
    const ends = events.flatMap((event) => (event.kind === 'end' ? [event.evaluation] : []));
    expect(ends).toEqual(EVALUATIONS);
    expect(events.filter(({ kind }) => kind === 'training').length).toBeGreaterThan(2);

    const text = JSON.stringify(madeUpReport([madeUpModel(figures)]));
    expect(parseReport({ file: 'r.json', text }).models[0]).toEqual(JSON.parse(JSON.stringify(madeUpModel(figures))));
  });

  it('are left out where there are no data, and stop when asked to', async () => {
    const only = await evaluateModel(subject, { ...nothing, mapping: data.mapping }, nodeRuntime());
    expect(only).toMatchObject({ analogy: [], classification: [], neighbours: null, map: null });
    expect(only.mapping).toHaveLength(1);
    for (const evaluation of ['analogy', 'classification', 'mapping']) {
      const stop = new AbortController();
      const onProgress = (event: ReportEvent) => {
        if (event.kind === 'end' && event.evaluation === evaluation) stop.abort(new Error('enough'));
      };
      const stopped = evaluateModel(subject, data, nodeRuntime(), { signal: stop.signal, onProgress });
      await expect(stopped, evaluation).rejects.toThrow('enough');
    }
  });

  it('choose the classifier on the validation pairs when asked to', async () => {
    const { classification } = await evaluateModel(subject, { ...nothing, classification: [lex] }, nodeRuntime(), {
      search: 'grid',
    });
    expect(classification).toMatchObject([{ search: 'grid', command: expect.stringContaining(' --grid ') }]);
  });
});

it('draws the map of a set whose test pairs are a .csv, by a command that reads them', async () => {
  const { map } = await evaluateModel(subject, { ...nothing, map: lex }, nodeRuntime());
  expect(map?.command).toContain('relbert plot map data/lexical_relation/LEX/test.csv ');
});

it('counts the data', () => {
  expect(summarizeData(data)).toEqual({
    analogy: [{ set: 'tiny', split: 'test', questions: 2 }],
    classification: [
      { set: 'LEX', split: 'train', relations: { 'rel-a': 200, 'rel-b': 200 } },
      { set: 'LEX', split: 'validation', relations: { 'rel-a': 2, 'rel-b': 2 } },
      { set: 'LEX', split: 'test', relations: { 'rel-a': 3, 'rel-b': 3 } },
    ],
    mapping: [{ set: 'maps', problems: 1, terms: 3 }],
  });
});

it('counts relations of any name', () => {
  const pair = (relation: string) => ({ head: 'a', tail: 'b', relation, line: 1 });
  const train = ['constructor', '__proto__', 'constructor'].map(pair);
  const set = { relations: ['__proto__', 'constructor'], train, validation: undefined, test: [] };
  const [counted] = summarizeData({ ...nothing, classification: [{ ...lex, set }] }).classification;
  expect(Object.entries(counted?.relations ?? {})).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ]);
});

it('draws pairs by lot in their order, the same for the same seed', () => {
  const all = Array.from({ length: 50 }, (_, i) => i);
  const drawn = samplePairs(all, 10, 1);
  expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  expect(new Set(drawn).size).toBe(10);
  expect(samplePairs(all, 10, 1)).toEqual(drawn);
  expect(samplePairs(all, 10, 2)).not.toEqual(drawn);
  expect(samplePairs(all, 99, 1)).toEqual(all);
});
