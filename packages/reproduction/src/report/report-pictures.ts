/** The pictures of a report. */
import type { Interval } from 'relbert/evaluate';
import { type AccuracyPoint, accuracyPlot } from '../plot/accuracy-plot.ts';
import { type CategoryBar, categoryPlot } from '../plot/category-plot.ts';
import { confusionPlot } from '../plot/confusion-plot.ts';
import { SERIES_COLOURS } from '../plot/palette.ts';
import { relationMapPlot } from '../plot/relation-map-plot.ts';
import type { PlotSpec } from '../plot/style.ts';
import { plotSvg } from '../plot/svg.ts';
import { isBothSplits, isSameSet } from './paper-names.ts';
import { bestPublished, type PaperTable, type PaperTables } from './paper-tables.ts';
import type { AnalogyFigures, Report, ReportModel } from './report-file.ts';

export interface Picture {
  /** What it shows, for readers who do not see it. */
  readonly title: string;
  readonly svg: string;
  /** The command that repeats what it shows; undefined: figures of several commands, which stand in the tables. */
  readonly command?: string;
}

/** Models whose matrices and maps are drawn: more would bury the tables. */
const DETAILED = 2;

/** @param paper For the best published figures. */
export async function reportPictures(report: Report, paper: PaperTables): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const { spec, ...about } of reportPlots(report, paper)) pictures.push({ ...about, svg: await plotSvg(spec) });
  return pictures;
}

interface Plot extends Omit<Picture, 'svg'> {
  readonly spec: PlotSpec;
}

function reportPlots({ models }: Report, paper: PaperTables): Plot[] {
  const plots: Plot[] = [];
  const points = accuracyPoints(models, paper);
  if (points.length > 0) {
    const title = 'Accuracy on analogy questions, test';
    plots.push({ title, spec: accuracyPlot(points, { title }) });
  }
  const f1 = classificationPoints(models, paper);
  if (f1.length > 0) {
    const title = 'Macro F1 of lexical relation classification, test';
    plots.push({ title, spec: accuracyPlot(f1, { title, measure: 'macro F1 (%)' }) });
  }
  const bars = categoryBars(models);
  const shown = [...new Set(bars.map(({ model }) => model))].slice(0, SERIES_COLOURS.length);
  if (shown.length > 0) {
    const title = 'Accuracy by category of analogy questions, test';
    const own = bars.filter(({ model }) => shown.includes(model));
    plots.push({ title, spec: categoryPlot(own, { title }) });
  }
  for (const { name, classification, map } of models.slice(0, DETAILED)) {
    for (const { set, features, confusion, command } of classification.filter(
      (own, i, all) => all.findIndex(({ set: other }) => other === own.set) === i,
    )) {
      const pairs = confusion.counts.flat().reduce((sum, value) => sum + value, 0);
      const title = `Confusion matrix of ${set} (test, ${pairs.toLocaleString('en-US')} pairs)`;
      const spec = confusionPlot(confusion, { title, subtitle: `${name}; features ${features}` });
      plots.push({ title: `${title}: ${name}`, spec, command });
    }
    if (map) {
      const title = `Map of ${map.points.length} test pairs of ${map.set}`;
      const pairs = map.points.map(([, , relation, head, tail]) => ({ head, tail, relation: map.relations[relation] }));
      const projection = { points: map.points.map(([x, y]) => [x, y] as const), axes: map.axes };
      const spec = relationMapPlot(pairs, projection, { title, subtitle: name, labels: false });
      plots.push({ title: `${title}: ${name}`, spec, ...(map.command !== null && { command: map.command }) });
    }
  }
  return plots;
}

/** Accuracies on analogy questions, of a report or of one evaluation. */
interface AnalogyModel {
  readonly name: string;
  readonly analogy: readonly Pick<AnalogyFigures, 'set' | 'split' | 'accuracy' | 'interval' | 'chance'>[];
}

/** The accuracy of each model on each set's questions. @param split Default `test`. */
export function accuracyPoints(models: readonly AnalogyModel[], paper: PaperTables, split = 'test'): AccuracyPoint[] {
  return models.flatMap(({ name, analogy }) =>
    analogy
      .filter((own) => own.split === split)
      .map(({ set, accuracy, interval, chance }) => ({
        ...{ model: name, set, accuracy, interval, chance },
        // The paper's figures are of the test questions.
        published: split === 'test' ? publishedFigure(tableOf(paper, 'table-2'), set) : undefined,
      })),
  );
}

function classificationPoints(models: readonly ReportModel[], paper: PaperTables) {
  return models.flatMap(({ name, classification }) =>
    classification.map(({ set, features, macroF1 }) => ({
      model: features === 'both' ? name : `${name} · ${features}`,
      set,
      accuracy: macroF1,
      published: publishedFigure(tableOf(paper, 'table-3'), set, '/macro'),
    })),
  );
}

interface Counted {
  readonly accuracy: number;
  readonly questions: number;
}

/** Accuracies by group of questions. */
interface GroupedModel {
  readonly name: string;
  readonly analogy: readonly {
    readonly set: string;
    readonly split: string;
    readonly categories: readonly (Counted & { readonly category: string; readonly interval: Interval })[];
    readonly groups: readonly (Counted & { readonly group: string; readonly category?: string | null | undefined })[];
  }[];
}

/** The accuracy of each model on each category of each set's questions. @param split Default `test`. */
export function categoryBars(models: readonly GroupedModel[], split = 'test'): CategoryBar[] {
  return models.flatMap(({ name, analogy }) =>
    analogy
      .filter((own) => own.split === split)
      .flatMap(({ set, categories }) =>
        categories.map(({ category, accuracy, questions, interval }) => ({
          ...{ model: name, set, category, accuracy, questions, interval },
        })),
      ),
  );
}

/**
 * The accuracy of each model on each relation of each set's questions; a relation whose questions are of several categories has
 * a bar for each. @param split Default `test`.
 */
export function relationBars(models: readonly GroupedModel[], split = 'test'): CategoryBar[] {
  return models.flatMap(({ name, analogy }) =>
    analogy
      .filter((own) => own.split === split)
      .flatMap(({ set, groups }) =>
        groups.map(({ group, category, accuracy, questions }) => ({
          ...{ model: name, set, accuracy, questions },
          category:
            category && groups.filter((own) => own.group === group).length > 1 ? `${group} (${category})` : group,
        })),
      ),
  );
}

function tableOf({ tables }: PaperTables, id: string): PaperTable | undefined {
  return tables.find((table) => table.id === id);
}

/** The best published figure of a set's test part as a fraction. */
function publishedFigure(table: PaperTable | undefined, set: string, average = ''): number | undefined {
  const column = table?.columns.find(
    (own) => !isBothSplits(own) && own.endsWith(average) && isSameSet(set, own.slice(0, own.length - average.length)),
  );
  const best = table && column !== undefined ? bestPublished(table, column) : undefined;
  return best === undefined ? undefined : best / 100;
}
