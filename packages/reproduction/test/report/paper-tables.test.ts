import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../../../relbert/test/shared.ts';
import { isSameSet, longRelation, shortRelation } from '../../src/report/paper-names.ts';
import { bestPublished, type PaperTable } from '../../src/report/paper-tables.ts';
import { paper } from './figures.ts';

const table = (id: string) => paper.tables.find((own) => own.id === id) as PaperTable;

it('finds the best published figure, without those tuned on the set', () => {
  expect(bestPublished(table('table-2'), 'BATS')).toBe(78.8); // 81.2 was tuned
  expect(bestPublished(table('table-2'), 'Google')).toBe(96.6);
  expect(bestPublished(table('table-2'), 'SAT†')).toBe(69.5);
  expect(bestPublished(table('table-3'), 'BLESS/macro')).toBe(93.1);
  expect(bestPublished(table('table-3'), 'nothing')).toBeUndefined();
});

it('knows the sets and relations by their names in the data', () => {
  expect(
    ['bats', 'CogALexV', 'cogalex', 'K&H+N', 'EVALution'].map((name, i) =>
      isSameSet(name, ['BATS', 'CogALex', 'CogALexV', 'K&H+N', 'EVAL'][i] as string),
    ),
  ).toEqual(Array(5).fill(true));
  expect(isSameSet('u2', 'U4')).toBe(false);
  expect(isSameSet('sat', 'SAT†')).toBe(true);
  expect([shortRelation('HYPER'), shortRelation('isa'), shortRelation('PartOf'), longRelation('false')]).toEqual([
    'hyp',
    'hyp',
    'PartOf',
    'Random',
  ]);
});

describeWithShared('the packed tables', ['data/paper/tables.json'], () => {
  it('hold every figure of the source', () => {
    const source = JSON.parse(readFileSync(sharedPath('data/paper/tables.json'), 'utf8')) as {
      tables: { id: string; columns: string[]; rows: { values: Record<string, unknown> }[] }[];
    };
    expect(paper.tables.map(({ id }) => id)).toEqual(source.tables.map(({ id }) => id));
    for (const { id, columns, rows } of source.tables) {
      expect(table(id).columns).toEqual(columns);
      expect(table(id).rows.map(({ values }) => values)).toEqual(
        rows.map(({ values }) => columns.map((column) => values[column] ?? null)),
      );
    }
  });
});
