import { describe, expect, it } from 'vitest';
import { manualTemplates } from '../../../relbert/src/prompt/template.ts';
import { measuredTables } from '../../src/report/measured-tables.ts';
import { paperComparison } from '../../src/report/paper-comparison.ts';
import type { Report, ReportModel } from '../../src/report/report-file.ts';
import type { ReportCell, ReportTable } from '../../src/report/report-table.ts';
import { madeUpModel, madeUpReport, paper } from './figures.ts';

function tableOf(id: string, report: Report = madeUpReport()): ReportTable {
  return paperComparison(paper, report).find((own) => own.id === id) as ReportTable;
}

function cell(table: ReportTable, label: string, column: string): ReportCell | undefined {
  return table.rows.find((row) => row.label === label)?.cells[table.columns.indexOf(column)];
}

const analogy = (set: string, split: string, correct: number, questions: number): ReportModel['analogy'][number] => ({
  ...(madeUpModel().analogy[0] as ReportModel['analogy'][number]),
  ...{ set, split, correct, questions, accuracy: correct / questions },
});

describe("the paper's tables", () => {
  it('are all there, every row as long as the columns', () => {
    const tables = paperComparison(paper, madeUpReport());
    expect(tables.map(({ id }) => id)).toEqual(paper.tables.map(({ id }) => id));
    for (const { columns, rows } of tables) for (const { cells } of rows) expect(cells).toHaveLength(columns.length);
  });

  it('2, 7, 9: a row a model with its distance to the best published figure', () => {
    const table = tableOf('table-2');
    const own = cell(table, 'mine', 'BATS');
    expect(own?.value).toBeCloseTo(80, 10);
    expect(own?.difference).toBeCloseTo(80 - 78.8, 10);
    expect(own?.interval).toEqual([25, 75]);
    expect(cell(table, 'mine', 'U2')).toEqual({ value: null });
    expect(cell(table, 'RelBERT · Manual · RoBERTa', 'BATS')).toMatchObject({ value: 78.8, best: true });
    expect(cell(table, 'Analogical Proportion Score (tuned) · GPT-2', 'BATS')).toEqual({
      value: 81.2,
      digits: 1,
      starred: true,
    });
    expect(cell(table, 'chance on these questions (mean of 1 / choices)', 'BATS')).toEqual({ value: 25 });
    expect(cell(tableOf('table-7'), 'mine', 'BATS')?.difference).toBeCloseTo(80 - 78.8, 10);
  });

  it("2, 3: a set of another size than the paper's is marked", () => {
    const table = tableOf('table-2');
    expect(cell(table, 'mine', 'BATS')?.otherSize).toBe(true);
    expect(table?.notes.at(-1)).toBe("‡ Another test set than the paper's: BATS has 100 items, the paper's 1799.");
    const whole = tableOf('table-2', madeUpReport([madeUpModel({ analogy: [analogy('sat', 'test', 200, 337)] })]));
    expect(cell(whole, 'mine', 'SAT')?.otherSize).toBeUndefined();
    expect(tableOf('table-3')?.notes.at(-1)).toBe(
      "‡ Another test set than the paper's: BLESS has 20 items, the paper's 6637.",
    );
  });

  it('2: SAT† is validation and test together', () => {
    const model = madeUpModel({ analogy: [analogy('sat', 'valid', 10, 37), analogy('sat', 'test', 200, 337)] });
    const table = tableOf('table-2', madeUpReport([model]));
    expect(cell(table, 'mine', 'SAT†')?.value).toBeCloseTo((100 * 210) / 374, 10);
    expect(cell(table, 'mine', 'SAT')?.value).toBeCloseTo((100 * 200) / 337, 10);
  });

  it('3, 8: macro and micro F1', () => {
    const table = tableOf('table-3');
    expect(cell(table, 'mine', 'BLESS/macro')?.difference).toBeCloseTo(94 - 93.1, 10);
    expect(cell(table, 'mine', 'BLESS/micro')?.value).toBeCloseTo(95, 10);
    expect(cell(table, 'mine', 'EVALution/macro')).toEqual({ value: null });
  });

  it('4: the change from the model that it is compared to', () => {
    const [own] = madeUpModel().classification as [ReportModel['classification'][number]];
    const worse = {
      ...own,
      macroF1: 0.91,
      perClass: { ...own.perClass, hyper: { precision: 0.8, recall: 0.8, f1: 0.8, support: 10 } },
    };
    const without = madeUpModel({ name: 'without', comparedTo: 'mine', classification: [worse] });
    const table = tableOf('table-4', madeUpReport([madeUpModel(), without]));
    expect(cell(table, 'hyp · without', 'BLESS/f1')?.value).toBeCloseTo(80, 10);
    expect(cell(table, 'hyp · without', 'BLESS/diff')?.value).toBeCloseTo(-10, 10);
    expect(cell(table, 'macro · without', 'BLESS/diff')?.value).toBeCloseTo(-3, 10);
    expect(cell(table, 'rand · without', 'BLESS/diff')?.value).toBeCloseTo(0, 10);
    expect(cell(table, 'event · without', 'BLESS/f1')).toEqual({ value: null });
    expect(tableOf('table-4').notes.at(-1)).toContain('comparedTo');
  });

  it('5: categories; BATS/Sem is encyclopedic', () => {
    expect(cell(tableOf('table-5'), 'mine', 'BATS/Sem')?.difference).toBeCloseTo(72 - 71.1, 10);
  });

  it('12: a column a model, the best published figure of the row beside it', () => {
    const table = tableOf('table-12');
    expect(table.columns.at(-1)).toBe('mine');
    const row = table.rows.find(({ label }) => label.includes('UK city:county'));
    expect(row?.cells.at(-1)).toEqual({ value: 50, difference: 10 });
    expect(row?.cells.map(({ best }) => best ?? false)).toEqual([false, false, false, true, false]);
  });

  it('6, 13: the neighbours that were found', () => {
    for (const id of ['table-6', 'table-13']) {
      const table = tableOf(id);
      const row = table.rows.find(({ label }) => label.includes('barista:coffee'));
      expect(row?.cells.at(-1)?.value).toBe('baker:bread');
      expect(table.notes.at(-1)).toContain('some pairs (3 pairs)');
    }
  });

  it('10: the numbers of triggers of learned prompts, the number of a manual template', () => {
    const prompted = (name: string, prompt: NonNullable<ReportModel['encoder']>['prompt']) =>
      madeUpModel({ name, encoder: { ...(madeUpModel().encoder as NonNullable<ReportModel['encoder']>), prompt } });
    const table = tableOf(
      'table-10',
      madeUpReport([
        prompted('found', { kind: 'trigger', text: 'x <subj> y <obj>', counts: { top: 8, mid: 2, bottom: 3 } }),
        prompted('tuned', { kind: 'soft', text: '[9 soft] <subj> <obj>', counts: { top: 9, mid: 0, bottom: 1 } }),
        prompted('written', { kind: 'template', text: manualTemplates.d, counts: null }),
        prompted('own', { kind: 'template', text: '<subj> & <obj>', counts: null }),
        madeUpModel({ name: 'words', encoder: null }),
      ]),
    );
    expect(table.columns).toEqual(['pi', 'tau', 'gamma', 'template']);
    const measured = table.rows.filter(({ origin }) => origin === 'measured');
    expect(measured.map(({ label, cells }) => [label, ...cells.map(({ value }) => value)])).toEqual([
      ['found · AutoPrompt', 8, 2, 3, null],
      ['tuned · P-tuning', 9, 0, 1, null],
      ['written · Manual', null, null, null, 4],
    ]);
    expect(measured.every(({ cells }) => cells.every(({ digits }) => digits === 0))).toBe(true);
    expect(tableOf('table-10').rows.filter(({ origin }) => origin === 'measured')).toEqual([]);
  });

  it('1: the pairs of the data at hand', () => {
    const table = tableOf('table-1');
    expect(cell(table, 'Hypernym · in the data at hand', 'BLESS/train')?.value).toBe(7);
    expect(cell(table, 'Random · in the data at hand', 'BLESS/train')?.value).toBe(9);
    expect(cell(table, 'Hypernym', 'BLESS/train')?.value).toBe(924);
    expect(cell(tableOf('text-4.2-analogy'), 'BATS · in the data at hand', 'test')?.value).toBe(100);
  });

  it('11: the settings of the classifiers, under the kind of the prompt', () => {
    const table = tableOf('table-11');
    expect(cell(table, 'mine · BLESS', 'Manual/learning_rate')).toEqual({ value: 1e-4, digits: 4 });
    expect(cell(table, 'mine · BLESS', 'Manual/hidden_size')?.value).toBe(150);
    expect(cell(table, 'mine · BLESS', 'P-tuning/hidden_size')?.value).toBeNull();
  });
});

describe('the tables of our own', () => {
  it('hold a command for every figure', () => {
    const tables = measuredTables(madeUpReport());
    const ids = ['models', 'analogy', 'classification', 'classes', 'mapping', 'neighbours', 'maps', 'runs'];
    expect(tables.map(({ id }) => id)).toEqual(ids);
    const commands = {
      ...{ analogy: /^relbert evaluate analogy /, classification: /^relbert evaluate classification / },
      ...{ mapping: /^relbert evaluate mapping /, neighbours: /^relbert neighbours /, maps: /^relbert plot map / },
    };
    for (const [id, command] of Object.entries(commands)) {
      const table = tables.find((own) => own.id === id) as ReportTable;
      const at = table.columns.indexOf('command');
      expect(table.rows).toHaveLength(1);
      for (const { cells } of table.rows)
        expect(cells[at]).toMatchObject({ code: true, value: expect.stringMatching(command) });
    }
    for (const { columns, rows } of tables) for (const { cells } of rows) expect(cells).toHaveLength(columns.length);
  });

  it('hold the seconds of every evaluation', () => {
    const tables = measuredTables(madeUpReport());
    const seconds = { analogy: 2.5, classification: 3, mapping: 1, neighbours: 6.5 };
    for (const [id, value] of Object.entries(seconds)) {
      const table = tables.find((own) => own.id === id) as ReportTable;
      expect([id, table.rows[0]?.cells[table.columns.indexOf('seconds')]?.value]).toEqual([id, value]);
    }
  });

  it('leave out what was not measured', () => {
    const bare = madeUpModel({
      analogy: [],
      classification: [],
      mapping: [],
      neighbours: null,
      map: null,
      encoder: null,
    });
    expect(measuredTables(madeUpReport([bare])).map(({ id }) => id)).toEqual(['models', 'runs']);
  });
});
