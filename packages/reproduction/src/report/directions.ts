/**
 * Which way these figures and the paper's point. Its language models are larger, so that a level says little; a
 * difference between two rows (one prompt and another, one category and another) can be repeated.
 */
import { meanAccuracy } from './mean-accuracy.ts';
import { CATEGORY_COLUMNS, classF1, isBothSplits, isSameSet } from './paper-names.ts';
import type { PaperTable, PaperTables } from './paper-tables.ts';
import type { Report, ReportModel } from './report-file.ts';
import { differenceText, type ReportCell, type ReportTable } from './report-table.ts';

/** The paper's language models, the main one first. */
const LANGUAGE_MODELS = ['RoBERTa', 'BERT', 'ALBERT'] as const;
type LanguageModel = (typeof LANGUAGE_MODELS)[number];

/** Differences of the same two figures, in points. */
export interface Direction {
  /** `Manual above AutoPrompt, analogies`. */
  readonly comparison: string;
  /** The set, with the category or class. */
  readonly of: string;
  /** A language model without a published figure has none. */
  readonly paper: Readonly<Partial<Record<LanguageModel, number>>>;
  readonly here: number;
}

/** Every comparison that both the paper (tables 4, 5, 7 and 8) and this report's models of full length allow. */
export function directions(report: Report, paper: PaperTables): Direction[] {
  const table = (id: string) => paper.tables.find((own) => own.id === id) as PaperTable;
  const { prompts, altered } = modelsOf(report);
  return [
    ...betweenPrompts(table('table-7'), 'analogies', prompts, accuracyOf),
    ...betweenPrompts(table('table-8'), 'classification', prompts, f1Of),
    ...betweenCategories(table('table-5'), prompts.Manual),
    ...withoutCategory(table('table-4'), altered),
  ];
}

/** The directions as a table that counts how many of them are the paper's; undefined without any. */
export function directionTable(report: Report, paper: PaperTables): ReportTable | undefined {
  const found = directions(report, paper);
  if (found.length === 0) return undefined;
  const counts = [...new Set(found.map(({ comparison }) => comparison))].map((comparison) => {
    const own = found.filter((direction) => direction.comparison === comparison);
    return `${comparison}: ${own.filter((direction) => agreesWith(direction, 'RoBERTa')).length} of ${own.length}`;
  });
  const manual = modelsOf(report).prompts.Manual;
  return {
    id: 'directions',
    section: undefined,
    title: "Where these figures and the paper's point the same way",
    metric: 'differences in points',
    label: 'comparison',
    columns: ['of', ...LANGUAGE_MODELS.map((name) => `paper, ${name}`), 'here', 'same direction'],
    rows: found.map((direction) => ({
      label: direction.comparison,
      origin: 'measured',
      cells: [
        { value: direction.of },
        ...LANGUAGE_MODELS.map((name) => signed(direction.paper[name])),
        signed(direction.here),
        { value: LANGUAGE_MODELS.filter((name) => agreesWith(direction, name)).join(', ') || 'none' },
      ],
    })),
    notes: [
      `With the paper's main model, RoBERTa, agree in direction: ${counts.join('; ')}.`,
      ...(manual ? [manualNote(manual)] : []),
      'Differences of accuracy below some 6 points on U2, 4 on Google and 2 on BATS lie within the interval of a single figure.',
    ],
  };
}

/** Without validation questions the first of the templates stands for all, chosen by nothing. */
function manualNote(manual: ReportModel): string {
  const chosen = meanAccuracy(manual, 'valid') !== undefined;
  return `Manual is "${manual.name}"${chosen ? ', the best on the validation questions of U2, Google and BATS' : ''}.`;
}

type PromptKind = 'Manual' | 'AutoPrompt' | 'P-tuning';

interface Compared {
  /** The paper's recipe by prompt; of the templates, the best on validation questions, where there are any. */
  readonly prompts: Readonly<Partial<Record<PromptKind, ReportModel>>>;
  /** The paper's recipe without a category of relations, beside the same with it. */
  readonly altered: { readonly model: ReportModel; readonly whole: ReportModel } | undefined;
}

function modelsOf({ models }: Report): Compared {
  const whole = models.filter(({ name }) => name.startsWith("paper's recipe"));
  const inGroup = (group: string) => whole.filter((model) => model.group === group);
  const learned = inGroup('fine-tuned, learned prompts');
  const templates = inGroup('fine-tuned, manual templates').sort(
    (a, b) => (meanAccuracy(b, 'valid') ?? -1) - (meanAccuracy(a, 'valid') ?? -1),
  );
  const prompts = {
    Manual: templates[0],
    AutoPrompt: learned.find(({ encoder }) => encoder?.prompt.kind === 'trigger'),
    'P-tuning': learned.find(({ encoder }) => encoder?.prompt.kind === 'soft'),
  };
  const model = whole.find(({ comparedTo }) => comparedTo !== null);
  const before = whole.find(({ name }) => name === model?.comparedTo);
  return {
    prompts: Object.fromEntries(Object.entries(prompts).filter(([, own]) => own !== undefined)),
    altered: model && before && { model, whole: before },
  };
}

/** A model's figure of a column of the paper, in percent. */
type FigureOf = (model: ReportModel, column: string) => number | undefined;

const accuracyOf: FigureOf = ({ analogy }, column) =>
  isBothSplits(column)
    ? undefined
    : percent(analogy.find(({ set, split }) => split === 'test' && isSameSet(set, column))?.accuracy);

/** Macro F1 alone: micro F1 follows the greatest class. */
const f1Of: FigureOf = ({ classification }, column) => {
  const [set = '', average] = column.split('/');
  if (average !== 'macro') return undefined;
  return percent(classification.find((own) => own.features === 'both' && isSameSet(own.set, set))?.macroF1);
};

const PROMPT_PAIRS = [
  ['Manual', 'AutoPrompt'],
  ['Manual', 'P-tuning'],
  ['AutoPrompt', 'P-tuning'],
] as const;

function betweenPrompts(
  { columns, rows }: PaperTable,
  task: string,
  prompts: Compared['prompts'],
  figureOf: FigureOf,
): Direction[] {
  const published = (lm: LanguageModel, prompt: PromptKind, column: number) =>
    number(rows.find(({ labels }) => labels['lm'] === lm && labels['prompt'] === prompt)?.values[column]);
  return PROMPT_PAIRS.flatMap(([first, second]) =>
    columns.flatMap((column, i): Direction[] => {
      const here = difference(
        prompts[first] && figureOf(prompts[first], column),
        prompts[second] && figureOf(prompts[second], column),
      );
      if (here === undefined) return [];
      const paper = LANGUAGE_MODELS.flatMap((lm) => {
        const own = difference(published(lm, first, i), published(lm, second, i));
        return own === undefined ? [] : [[lm, own] as const];
      });
      return [{ comparison: `${first} above ${second}, ${task}`, of: column, paper: Object.fromEntries(paper), here }];
    }),
  );
}

/** Table 5: categories of a set beside each other, for the manual prompt. */
function betweenCategories({ columns, rows }: PaperTable, model: ReportModel | undefined): Direction[] {
  const row = rows.find(({ labels }) => labels['prompt'] === 'Manual');
  const figures = columns.flatMap((column, i) => {
    const [set, category] = CATEGORY_COLUMNS[column] ?? ['', ''];
    const own = model?.analogy.find((tested) => tested.split === 'test' && isSameSet(tested.set, set));
    const here = percent(own?.categories.find((found) => found.category === category)?.accuracy);
    const paper = number(row?.values[i]);
    return here === undefined || paper === undefined
      ? []
      : [{ set: column.replace(/\/.*/, ''), category, here, paper }];
  });
  return figures.flatMap((first, i) =>
    figures
      .slice(i + 1)
      .filter(({ set }) => set === first.set)
      .map((second) => ({
        comparison: 'one category above another, Manual',
        of: `${first.set}: ${first.category} above ${second.category}`,
        paper: { RoBERTa: first.paper - second.paper },
        here: first.here - second.here,
      })),
  );
}

/** Table 4: F1 of each class without the category, less that with it. */
function withoutCategory({ columns, rows }: PaperTable, altered: Compared['altered']): Direction[] {
  if (!altered) return [];
  return columns.flatMap((column, i) => {
    const [set = '', kind] = column.split('/');
    if (kind !== 'diff') return [];
    return rows.flatMap(({ labels, values }): Direction[] => {
      const relation = labels['relation'] ?? '';
      const paper = number(values[i]);
      const here = difference(
        percent(classF1(altered.model, set, relation)),
        percent(classF1(altered.whole, set, relation)),
      );
      if (paper === undefined || here === undefined || relation === 'micro') return [];
      return [
        {
          comparison: 'without Class Inclusion above with it',
          of: `${set}: ${relation}`,
          paper: { RoBERTa: paper },
          here,
        },
      ];
    });
  });
}

function agreesWith({ paper, here }: Direction, lm: LanguageModel): boolean {
  const published = paper[lm];
  // As printed, to a tenth: what is zero there has no direction.
  return published !== undefined && Math.sign(rounded(published)) === Math.sign(rounded(here));
}

function rounded(value: number): number {
  return Math.round(10 * value);
}

function signed(value: number | undefined): ReportCell {
  if (value === undefined) return { value: null };
  return { value: differenceText(value) };
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

function percent(fraction: number | undefined): number | undefined {
  return fraction === undefined ? undefined : 100 * fraction;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
