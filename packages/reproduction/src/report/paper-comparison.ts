/** The paper's tables with this package's models as further rows, and the difference to the best published figure. */
import { OtherSizes } from './other-sizes.ts';
import { CATEGORY_COLUMNS, classF1, isBothSplits, isSameSet, longRelation, templateNumber } from './paper-names.ts';
import { decimals, measured, paperRow } from './paper-row.ts';
import type { PaperTable, PaperTables } from './paper-tables.ts';
import type { AnalogyFigures, ClassificationFigures, Report, ReportModel } from './report-file.ts';
import type { ReportCell, ReportRow, ReportTable } from './report-table.ts';

/** Every table of the paper; those that say nothing about a model stand as they are. */
export function paperComparison(paper: PaperTables, report: Report): ReportTable[] {
  return paper.tables.map((table) => {
    const compare = comparisons[table.id];
    const { id, section, title, metric, notes } = table;
    const own = compare?.(table, report, paper) ?? {};
    const columns = own.columns ?? table.columns;
    return {
      ...{ id, section, title, metric, columns },
      label: own.label ?? 'row',
      rows: own.rows ?? table.rows.map((row) => paperRow(table, row)),
      notes: [...(notes === '' ? [] : [notes]), ...(own.notes ?? [])],
    };
  });
}

/** What a table gets from the report: the paper's rows, with ours among or after them. */
interface Comparison {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly ReportRow[];
  readonly notes?: readonly string[];
}

const comparisons: Readonly<Record<string, (table: PaperTable, report: Report, paper: PaperTables) => Comparison>> = {
  'table-1': dataCounts,
  'table-2': analogyRows,
  'table-3': classificationRows,
  'table-4': withoutCategoryRows,
  'table-5': categoryRows,
  'table-6': neighbourColumns,
  'table-7': analogyRows,
  'table-8': classificationRows,
  'table-9': analogyRows,
  'table-10': promptRows,
  'table-11': settingRows,
  'table-12': relationColumns,
  'table-13': neighbourColumns,
  'text-4.2-analogy': questionCounts,
};

function withPaperRows(table: PaperTable, rows: readonly ReportRow[]): ReportRow[] {
  return [...table.rows.map((row) => paperRow(table, row)), ...rows];
}

const DIFFERENCE_NOTE =
  'Rows of this package carry the difference to the best published figure of the column, in points; published figures marked * were tuned or prompted on the set itself and do not count.';

function analogyRows(table: PaperTable, { models }: Report, paper: PaperTables): Comparison {
  const sizes = new OtherSizes(paper);
  const rows = models
    .filter(({ analogy }) => analogy.length > 0)
    .map(
      ({ name, analogy }): ReportRow => ({
        label: name,
        origin: 'measured',
        cells: table.columns.map((column) => {
          const own = analogy.filter(({ set }) => isSameSet(set, column));
          const test = own.find(({ split }) => split === 'test');
          if (!isBothSplits(column)) {
            const cell = measured(table, column, test?.accuracy, test?.interval);
            return test ? sizes.mark(cell, column, test.questions, sizes.questions(column)) : cell;
          }
          return measured(table, column, own.length < 2 ? undefined : pooledAccuracy(own));
        }),
      }),
    );
  return {
    label: 'model',
    rows: withPaperRows(table, [...chanceRow(table, models), ...rows]),
    notes: [DIFFERENCE_NOTE, 'Square brackets: 95 % bootstrap intervals over the questions.', ...sizes.notes],
  };
}

function pooledAccuracy(own: readonly AnalogyFigures[]): number {
  const questions = own.reduce((sum, figures) => sum + figures.questions, 0);
  return own.reduce((sum, { correct }) => sum + correct, 0) / questions;
}

function chanceRow(table: PaperTable, models: readonly ReportModel[]): ReportRow[] {
  const figures = models.flatMap(({ analogy }) => analogy).filter(({ split }) => split === 'test');
  if (figures.length === 0) return [];
  const cells = table.columns.map((column): ReportCell => {
    const own = figures.find(({ set }) => isSameSet(set, column));
    return { value: own ? 100 * own.chance : null };
  });
  return [{ label: 'chance on these questions (mean of 1 / choices)', origin: 'measured', cells }];
}

function classificationRows(table: PaperTable, { models }: Report, paper: PaperTables): Comparison {
  const sizes = new OtherSizes(paper);
  const rows = models.flatMap(({ name, classification }) =>
    distinct(classification.map(({ features }) => features)).map(
      (features, i): ReportRow => ({
        label: i === 0 && features === 'both' ? name : `${name} · ${features}`,
        origin: 'measured',
        cells: table.columns.map((column) => {
          const [set = '', average] = column.split('/');
          const own = classification.find((figures) => figures.features === features && isSameSet(figures.set, set));
          const cell = measured(table, column, own && (average === 'macro' ? own.macroF1 : own.microF1));
          if (!own) return cell;
          const pairs = own.confusion.counts.flat().reduce((sum, count) => sum + count, 0);
          return sizes.mark(cell, set, pairs, sizes.pairs(set));
        }),
      }),
    ),
  );
  return { label: 'model', rows: withPaperRows(table, rows), notes: [DIFFERENCE_NOTE, ...sizes.notes] };
}

/** Table 4: models that name what they are an alteration of, class by class, and the change. */
function withoutCategoryRows(table: PaperTable, { models }: Report): Comparison {
  const altered = models.flatMap((model) => {
    const whole = models.find(({ name }) => name === model.comparedTo);
    return whole && model.classification.length > 0 ? [{ model, whole }] : [];
  });
  const rows = table.rows.flatMap((row) => {
    const relation = row.labels['relation'] ?? '';
    const label = relation;
    const ours = altered.map(
      ({ model, whole }): ReportRow => ({
        label: `${relation} · ${model.name}`,
        origin: 'measured',
        cells: table.columns.map((column): ReportCell => {
          const [set = '', kind] = column.split('/');
          const f1 = classF1(model, set, relation);
          const before = classF1(whole, set, relation);
          if (f1 === undefined) return { value: null };
          if (kind === 'f1') return { value: 100 * f1 };
          return { value: before === undefined ? null : 100 * (f1 - before) };
        }),
      }),
    );
    return [paperRow(table, row, label), ...ours];
  });
  const notes =
    altered.length === 0
      ? ['No model of this report says by comparedTo which model it is an alteration of: see --models.']
      : altered.map(({ model, whole }) => `${model.name} is compared to ${whole.name}.`);
  return { label: 'relation', rows, notes };
}

function categoryRows(table: PaperTable, { models }: Report): Comparison {
  const rows = models
    .filter(({ analogy }) => analogy.some(({ categories }) => categories.length > 0))
    .map(
      ({ name, analogy }): ReportRow => ({
        label: name,
        origin: 'measured',
        cells: table.columns.map((column) => {
          const [set, category] = CATEGORY_COLUMNS[column] ?? ['', ''];
          const figures = analogy.find((own) => own.split === 'test' && isSameSet(own.set, set));
          const own = figures?.categories.find((candidate) => candidate.category === category);
          return measured(table, column, own?.accuracy, own?.interval);
        }),
      }),
    );
  return { label: 'model', rows: withPaperRows(table, rows), notes: [DIFFERENCE_NOTE] };
}

/** Table 12: a further column for each model. */
function relationColumns(table: PaperTable, { models }: Report): Comparison {
  const judged = models.flatMap(({ name, analogy }) => {
    const figures = analogy.find(({ set, split }) => split === 'test' && isSameSet(set, 'BATS'));
    return figures ? [{ name, groups: figures.groups }] : [];
  });
  const rows = table.rows.map((row): ReportRow => {
    const paper = paperRow(table, row);
    const published = row.values.filter((value) => typeof value === 'number');
    const best = Math.max(...published);
    const ours = judged.map(({ groups }): ReportCell => {
      const own = groups.find(({ group }) => group === row.labels['relation']);
      if (!own) return { value: null };
      return { value: 100 * own.accuracy, difference: 100 * own.accuracy - best };
    });
    const cells = paper.cells.map(({ best: _, ...cell }) => ({ ...cell, ...(cell.value === best && { best: true }) }));
    return { ...paper, cells: [...cells, ...ours] };
  });
  return {
    label: 'relation',
    columns: [...table.columns, ...judged.map(({ name }) => name)],
    rows,
    notes:
      judged.length > 0
        ? ['Columns of this package carry the difference to the best published figure of the row.']
        : [],
  };
}

/** Tables 6 and 13: a further column for each model. */
function neighbourColumns(table: PaperTable, { models }: Report): Comparison {
  const searched = models.flatMap(({ name, neighbours }) => (neighbours ? [{ name, neighbours }] : []));
  const rows = table.rows.map((row): ReportRow => {
    const ours = searched.map(({ neighbours }): ReportCell => {
      const own = neighbours.queries.find(({ pair }) => pair.join(':') === row.target?.join(':'));
      const words = own?.neighbours.slice(0, 6).map(({ pair }) => pair.join(':'));
      return { value: words?.join(', ') ?? null };
    });
    const paper = paperRow(table, row);
    return { ...paper, cells: [...paper.cells, ...ours] };
  });
  const among = distinct(searched.map(({ neighbours }) => `${neighbours.among} (${neighbours.candidates} pairs)`));
  return {
    label: 'target',
    columns: [...table.columns, ...searched.map(({ name }) => name)],
    rows,
    notes:
      among.length > 0
        ? [
            `The neighbours of this package's models are among ${among.join('; ')}; the commands stand under "Searches for nearest neighbours".`,
          ]
        : [],
  };
}

/** Table 1: the pairs of the data at hand under each row. */
function dataCounts(table: PaperTable, { data }: Report): Comparison {
  const named = distinct([
    ...table.rows.map(({ labels }) => labels['relation'] ?? ''),
    ...data.classification.flatMap(({ relations }) => Object.keys(relations).map(longRelation)),
  ]);
  const rows = named.flatMap((relation): ReportRow[] => {
    const paper = table.rows.find(({ labels }) => labels['relation'] === relation);
    const cells = table.columns.map((column): ReportCell => {
      const [set = '', split] = column.split('/');
      const own = data.classification.find((found) => found.split === split && isSameSet(found.set, set));
      const counts = Object.entries(own?.relations ?? {}).filter(([name]) => longRelation(name) === relation);
      return { value: counts.length === 0 ? null : counts.reduce((sum, [, count]) => sum + count, 0), digits: 0 };
    });
    const ours: ReportRow[] = cells.some(({ value }) => value !== null)
      ? [{ label: `${relation} · in the data at hand`, origin: 'measured', cells }]
      : [];
    return [...(paper ? [paperRow(table, paper)] : []), ...ours];
  });
  return { label: 'relation', rows };
}

function questionCounts(table: PaperTable, { data }: Report): Comparison {
  const rows = table.rows.flatMap((row): ReportRow[] => {
    const set = row.labels['dataset'] ?? '';
    const counted = data.analogy.filter((own) => isSameSet(own.set, set));
    if (counted.length === 0) return [paperRow(table, row)];
    const cells = table.columns.map((column): ReportCell => {
      const own = counted.find(({ split }) => split === (column === 'validation' ? 'valid' : column));
      return { value: own?.questions ?? null, digits: 0 };
    });
    return [paperRow(table, row), { label: `${set} · in the data at hand`, origin: 'measured', cells }];
  });
  return { label: 'set', rows };
}

const PROMPT_NAMES = { template: 'Manual', trigger: 'AutoPrompt', soft: 'P-tuning' } as const;

/** Table 10: the numbers of triggers, or the manual template's number. Models of other templates have no row. */
function promptRows(table: PaperTable, { models }: Report): Comparison {
  const rows = models.flatMap(({ name, encoder }): ReportRow[] => {
    if (!encoder) return [];
    const { kind, text, counts } = encoder.prompt;
    const template = kind === 'template' ? templateNumber(text) : undefined;
    if (!counts && template === undefined) return [];
    const values: Readonly<Record<string, number | undefined>> = {
      pi: counts?.top,
      tau: counts?.mid,
      gamma: counts?.bottom,
      template,
    };
    const cells = table.columns.map((column): ReportCell => ({ value: values[column] ?? null, digits: 0 }));
    return [{ label: `${name} · ${PROMPT_NAMES[kind]}`, origin: 'measured', cells }];
  });
  const notes = rows.length > 0 ? ['Rows of this package say which prompt a model was measured with.'] : [];
  return { label: 'model and prompt', rows: withPaperRows(table, rows), notes };
}

/** Table 11: the settings that were used, under the prompt's kind. */
function settingRows(table: PaperTable, { models }: Report): Comparison {
  const rows = models.flatMap(({ name, encoder, classification }) =>
    classification.map((own: ClassificationFigures): ReportRow => {
      const kind = PROMPT_NAMES[encoder?.prompt.kind ?? 'template'];
      const { learningRate, hidden } = own.classifier;
      return {
        label: `${name} · ${own.set}${own.search === 'grid' ? '' : ' (default, no search)'}`,
        origin: 'measured',
        cells: table.columns.map((column): ReportCell => {
          if (column === `${kind}/learning_rate`) return { value: learningRate, digits: decimals(learningRate) };
          return { value: column === `${kind}/hidden_size` ? hidden : null, digits: 0 };
        }),
      };
    }),
  );
  return { label: 'model and set', rows: withPaperRows(table, rows) };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
