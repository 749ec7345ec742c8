import { describe, expect, it } from 'vitest';
import {
  distinctPairs,
  formatRelationLines,
  formatTrainPairs,
  holdsRelations,
  joinRelationSets,
  parseRelationSets,
} from '../../src/data/relation-set.ts';
import { splitRelations, splitSources } from '../../src/data/split.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const parse = (text: string) => parseRelationSets({ file: 'r', text });
const jsonl = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const capital = {
  relation: 'capital',
  parent: 'place',
  positives: [
    ['Paris', 'France'],
    ['Rome', 'Italy'],
  ],
};

describe('relation files', () => {
  it('are told from files of pairs by their first record, commas in quotes apart', () => {
    const holds = (text: string, file = 'p.csv') => holdsRelations({ file, text });
    expect(holds('"Washington, D.C.",USA\n')).toBe(false);
    expect(holds('"Washington, D.C.",USA,capital\n')).toBe(true);
    expect(holds('"head","tail","id"\na,b,1\n')).toBe(false);
    expect(holds('"head","tail","relation"\na,b,r\n')).toBe(true);
    expect(holds('"a\nb",c\n')).toBe(false);
    expect([holds('a\tb\n', 'p.tsv'), holds('a\tb\tr\n', 'p.tsv')]).toEqual([false, true]);
  });

  it('have the same names for the relation in JSON lines as in tables', () => {
    const holds = (value: unknown) => holdsRelations({ file: 'p.jsonl', text: JSON.stringify(value) });
    for (const name of ['relation', 'relation_type', 'label', 'class']) {
      expect(holdsRelations({ file: 'p.tsv', text: `head\ttail\t${name}\n` }), name).toBe(true);
      expect(holds({ head: 'a', tail: 'b', [name]: 'r' }), name).toBe(true);
    }
    expect(holds({ head: 'a', tail: 'b', note: { relation: 'r' } })).toBe(false);
    expect(() => holdsRelations({ file: 'p.jsonl', text: '\n{"relation":' })).toThrow('p.jsonl:2: not JSON');
  });

  it('are read by the members of the first line itself, not by those within it', () => {
    const pairs = { relation: 'r', positives: [{ head: 'a', tail: 'b' }] };
    expect(() => parse(jsonl(pairs))).toThrow(
      `r:1: pair 1 of 'positives' should be a pair ["head", "tail"], got {"head":"a","tail":"b"}`,
    );
  });

  it.each([
    ['neg', "'neg'"],
    [0, '0'],
    [null, 'null'],
  ])('refuse the label %j beside a relation in JSON lines as in a table', (label, shown) => {
    const row = { head: 'a', tail: 'b', relation: 'r' };
    const [first, second] = parse(
      jsonl(row, { ...row, tail: 'c', label: 'positive' }, { ...row, tail: 'd', label: 'negative' }),
    );
    expect([first?.positives.length, first?.negatives.length, second]).toEqual([2, 1, undefined]);
    expect(() => parse(jsonl(row, { ...row, tail: 'c', label }))).toThrow(
      `r:2: the label should be positive or negative, got ${shown}`,
    );
  });

  it('read JSON lines', () => {
    expect(parse(jsonl({ ...capital, negatives: [['Bonn', 'Germany']] }))).toEqual([
      {
        relation: 'capital',
        parent: 'place',
        aliases: [],
        positives: [
          { head: 'Paris', tail: 'France' },
          { head: 'Rome', tail: 'Italy' },
        ],
        negatives: [{ head: 'Bonn', tail: 'Germany' }],
      },
    ]);
  });

  it('read tab-separated lines, grouped by relation, with or without header and labels', () => {
    const [first, second] = parse('a\tx\ty\nb\tp\tq\na\tv\tw\nb\tr\ts\nb\tt\tu\tnegative\n');
    expect(first).toMatchObject({ relation: 'a', parent: undefined, negatives: [] });
    expect(first?.positives).toEqual([
      { head: 'x', tail: 'y' },
      { head: 'v', tail: 'w' },
    ]);
    expect(second?.negatives).toEqual([{ head: 't', tail: 'u' }]);
    expect(parse('relation\thead\ttail\na\tx\ty\na\tv\tw\n')).toEqual([first]);
  });

  it('count a repeated pair once, and tell the two orders apart', () => {
    const [set] = parse(
      jsonl({ ...capital, positives: [...capital.positives, ['Paris', 'France'], ['France', 'Paris']] }),
    );
    expect(set?.positives).toHaveLength(3);
    expect(
      distinctPairs([
        { head: 'a', tail: 'b' },
        { head: 'a', tail: 'b' },
      ]),
    ).toHaveLength(1);
  });

  it.each([
    ['an empty relation', { relation: 'x', positives: [] }, "r:2: relation 'x' is empty: it has no positive pair"],
    ['no positives', { relation: 'x' }, "r:2: relation 'x' is empty"],
    ['one positive', { relation: 'x', positives: [['a', 'b']] }, "r:2: relation 'x' has one positive pair only"],
    [
      'one positive, twice',
      {
        relation: 'x',
        positives: [
          ['a', 'b'],
          ['a', 'b'],
        ],
      },
      'one positive pair only',
    ],
    [
      'a pair that is positive and negative',
      {
        relation: 'x',
        positives: [
          ['a', 'b'],
          ['c', 'd'],
        ],
        negatives: [['c', 'd']],
      },
      'r:2: pair ["c","d"] of relation \'x\' is both positive and negative',
    ],
    ['a name given twice', capital, "r:2: relation 'capital' was already given in line 1"],
    ['no name', { positives: capital.positives }, 'r:2: expected a relation, {'],
    ['a blank name', { ...capital, relation: ' ' }, "r:2: 'relation' is blank"],
    ['a parent that is no string', { ...capital, relation: 'x', parent: 1 }, "'parent' should be a string, got 1"],
    [
      'a pair of one word',
      { relation: 'x', positives: [['a', 'b'], ['c']] },
      "pair 2 of 'positives' should have two words",
    ],
  ])('refuse %s', (_, second, message) => {
    expect(() => parse(jsonl(capital, second))).toThrow(message);
  });

  it.each([
    ['two fields', 'a\tx\ty\na\tx\n', 'r:2: expected 3 fields separated by tabs (relation, head, tail), got 2'],
    ['an empty word', 'a\tx\ty\na\t\ty\n', 'r:2: the head is empty'],
    ['an unknown label', 'a\tx\ty\na\tv\tw\tmaybe\n', "r:2: the label should be positive or negative, got 'maybe'"],
    ['one positive', 'a\tx\ty\na\tv\tw\nb\tx\ty\n', "r:3: relation 'b' has one positive pair only"],
    ['positive and negative', 'a\tx\ty\na\tv\tw\na\tv\tw\tnegative\n', 'r:1: pair ["v","w"] of relation \'a\' is both'],
    ['nothing', '\n', 'r: holds no relation'],
  ])('refuse a table with %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('are read back as they were written', () => {
    const sets = parse(jsonl({ ...capital, negatives: [['Bonn', 'Germany']] }));
    expect(parse(formatRelationLines(sets))).toEqual(sets);
    const table = formatTrainPairs(sets);
    expect(table).toBe(
      'relation\thead\ttail\tlabel\ncapital\tParis\tFrance\tpositive\ncapital\tRome\tItaly\tpositive\ncapital\tBonn\tGermany\tnegative\n',
    );
    expect(parse(table)).toEqual(sets.map((set) => ({ ...set, parent: undefined })));
  });

  it('of the same relation in two sources are refused', () => {
    const relations = parse(jsonl(capital));
    expect(joinRelationSets([{ source: 'a', relations }])).toEqual(relations);
    expect(() =>
      joinRelationSets([
        { source: 'a', relations },
        { source: 'b', relations },
      ]),
    ).toThrow("b: relation 'capital' also comes from a");
  });
});

describe('splitRelations', () => {
  const pairs = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ head: `${name}${i}`, tail: `t${i}` }));
  const set = (relation: string, positives: number, negatives: number) => ({
    relation,
    parent: undefined,
    aliases: [],
    positives: pairs(`p${relation}`, positives),
    negatives: pairs(`n${relation}`, negatives),
  });

  it('keeps 8 + 8 of 10 + 10 for training and 2 + 2 for validation', () => {
    const { train, validation } = splitRelations([set('a', 10, 10)]);
    expect([train, validation].map(([part]) => [part?.positives.length, part?.negatives.length])).toEqual([
      [8, 8],
      [2, 2],
    ]);
    const together = [...(train[0]?.positives ?? []), ...(validation[0]?.positives ?? [])];
    expect(together.map(({ head }) => head).sort()).toEqual(
      set('a', 10, 0)
        .positives.map(({ head }) => head)
        .sort(),
    );
  });

  it('repeats itself with a seed, differs with another, and does not mind other relations', () => {
    const sets = [set('a', 10, 10), set('b', 10, 10)];
    const both = splitRelations(sets, { seed: 1 });
    expect(splitRelations(sets, { seed: 1 })).toEqual(both);
    expect(splitRelations(sets.slice(1), { seed: 1 }).train).toEqual(both.train.slice(1));
    expect(splitRelations(sets, { seed: 2 })).not.toEqual(both);
    expect(both.train[0]?.positives).not.toEqual(both.train[1]?.positives);
  });

  it('does not validate with a pair that another relation trains on, in either order, of any source', () => {
    const a = set('a', 20, 10);
    const alone = splitRelations([a]);
    const [held] = alone.validation;
    if (!held) throw new Error('no pairs are held out');
    const [shared, turned, third] = held.positives as [WordPair, WordPair, WordPair, WordPair];
    // So few positives are all trained on.
    const b = {
      ...set('b', 2, 0),
      positives: [shared, { head: turned.tail, tail: turned.head.toUpperCase() }, ...pairs('x', 2)],
      negatives: held.negatives.slice(0, 1),
    };
    const validation = [{ ...held, positives: held.positives.slice(2), negatives: held.negatives.slice(1) }];
    expect(splitRelations([a, b])).toEqual({ train: [...alone.train, b], validation });
    expect(splitRelations([a], { further: [b] })).toEqual({ train: alone.train, validation });
    const sources = new Map([
      ['first', [a]],
      ['second', [b]],
    ]);
    const train = new Map([
      ['first', alone.train],
      ['second', [b]],
    ]);
    expect(splitSources(sources)).toEqual({ train, validation });
    // The fourth positive that is left has none to be compared with.
    const more = { ...b, positives: [...b.positives, third] };
    expect(splitRelations([a, more]).validation).toEqual([]);
  });

  it('leaves small relations whole', () => {
    const small = set('a', 4, 4);
    expect(splitRelations([small])).toEqual({ train: [small], validation: [] });
    expect(splitRelations([set('a', 10, 10)], { validation: 0 }).validation).toEqual([]);
    expect(() => splitRelations([small], { validation: 1 })).toThrow('[0, 1), got 1');
  });
});
