/** What a reader of a report wants to know first: each model's accuracies, and how the best of them stands. */
import { OtherSizes } from './other-sizes.ts';
import { isBothSplits, isSameSet } from './paper-names.ts';
import { bestPublished, type PaperTables } from './paper-tables.ts';
import type { AnalogyFigures, Report } from './report-file.ts';

export interface Headline {
  /** A line a model: name, size, accuracies in percent with 95 % intervals. */
  readonly models: readonly { readonly name: string; readonly figures: string }[];
  /** The sentence that matters. */
  readonly sentence: string;
}

/** A model's accuracy on a set, and the best published one. */
interface Figure {
  readonly column: string;
  readonly own: AnalogyFigures;
  readonly best: number;
}

/** @returns undefined where no questions of the paper's sets were answered */
export function headlineOf({ models }: Report, paper: PaperTables): Headline | undefined {
  const table = paper.tables.find(({ id }) => id === 'table-2');
  if (!table) return undefined;
  const columns = table.columns.filter((column) => !isBothSplits(column));
  const judged = models.flatMap(({ name, encoder, analogy }) => {
    const figures = columns.flatMap((column): Figure[] => {
      const own = analogy.find(({ set, split }) => split === 'test' && isSameSet(set, column));
      return own ? [{ column, own, best: bestPublished(table, column) as number }] : [];
    });
    return figures.length === 0 ? [] : [{ name, encoder, figures }];
  });
  const [first] = judged;
  if (!first) return undefined;
  const meanOf = (figures: readonly Figure[], value: (each: Figure) => number): number =>
    figures.reduce((sum, each) => sum + value(each), 0) / figures.length;
  const accuracy = ({ own }: Figure): number => 100 * own.accuracy;
  const leader = judged.reduce((best, each) =>
    meanOf(each.figures, accuracy) > meanOf(best.figures, accuracy) ? each : best,
  );
  const mean = meanOf(leader.figures, accuracy);
  const behind = meanOf(leader.figures, ({ best }) => best) - mean;
  const chance = mean - meanOf(leader.figures, ({ own }) => 100 * own.chance);
  const sets = leader.figures.map(({ column }) => column);
  const list = sets.length < 2 ? sets[0] : `${sets.slice(0, -1).join(', ')} and ${sets.at(-1)} (mean of the sets)`;
  const sizes = new OtherSizes(paper);
  const others = judged
    .flatMap(({ figures }) => figures)
    .filter(({ column, own }) => sizes.differs(column, own.questions, sizes.questions(column)))
    .map(({ column }) => column);
  const mark = (column: string): string => (others.includes(column) ? `${column}‡` : column);
  return {
    models: judged.map(({ name, encoder, figures }) => ({
      name: encoder ? `${name} (${encoder.architecture}, ${(encoder.parameters / 1e6).toFixed(1)} M parameters)` : name,
      figures: figures.map(({ column, own }) => `${mark(column)} ${figureText(own)}`).join(' · '),
    })),
    sentence: `${leader.name} answers ${mean.toFixed(1)} % of the test questions of ${list}: ${Math.abs(behind).toFixed(1)} points ${behind > 0 ? 'below' : 'above'} the best published figures, ${[`${chance.toFixed(1)} above chance.`, ...sizes.notes].join(' ')}`,
  };
}

function figureText({ accuracy, interval }: AnalogyFigures): string {
  return `${(100 * accuracy).toFixed(1)} % [${(100 * interval.low).toFixed(1)}, ${(100 * interval.high).toFixed(1)}]`;
}
