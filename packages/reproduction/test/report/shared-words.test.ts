import { expect, it } from 'vitest';
import { measuredTables } from '../../src/report/measured-tables.ts';
import type { AnalogyFigures, Report } from '../../src/report/report-file.ts';
import { relationBars } from '../../src/report/report-pictures.ts';
import { madeUpModel } from './figures.ts';

const interval = { low: 0, high: 1 };
const of = (set: string, apart: number, shared: number): AnalogyFigures => ({
  ...{ set, split: 'test', questions: 20, correct: 10 * (apart + shared), accuracy: (apart + shared) / 2, interval },
  categories: [
    { category: 'apart', questions: 10, correct: 10 * apart, accuracy: apart, interval },
    { category: 'shared', questions: 10, correct: 10 * shared, accuracy: shared, interval },
  ],
  ...{ chance: 0.25, groups: [], seconds: 1, command: `relbert evaluate analogy --data ${set}` },
});

it('shows both kinds of shared-word questions of every set, and the mean of the sets', () => {
  const model = madeUpModel({ analogy: [...madeUpModel().analogy, of('BLESS', 0.5, 0.9), of('ROOT09', 0.3, 0.7)] });
  const table = measuredTables({ models: [model] } as unknown as Report).find(({ id }) => id === 'shared-words');
  expect(table?.columns).toEqual(['all', 'apart', 'shared']);
  expect(
    table?.rows.map(({ label, cells }) => [label, ...cells.map(({ value }) => Math.round(Number(value)))]),
  ).toEqual([
    ['mine · BLESS test', 70, 50, 90],
    ['mine · ROOT09 test', 50, 30, 70],
    ['mine · mean test', 60, 40, 80],
  ]);
});

it('draws a bar for each kind of question of a relation', () => {
  const group = (category: string | null, accuracy: number, name = 'attri') => ({
    group: name,
    category,
    accuracy,
    questions: 4,
  });
  const groups = [group('apart', 0.3), group('shared', 0.9), group('shared', 0.5, 'coord')];
  const analogy = [{ set: 'BLESS', split: 'test', categories: [], groups }];
  const bars = relationBars([{ name: 'mine', analogy }]);
  expect(bars.map(({ category, accuracy }) => [category, accuracy])).toEqual([
    ['attri (apart)', 0.3],
    ['attri (shared)', 0.9],
    ['coord', 0.5],
  ]);
});
