/** The paper's experiments repeated, as two documents made from reports and from nothing else. */
import { directionTable } from './directions.ts';
import { reportMarkdown, tableMarkdown } from './markdown.ts';
import { meanAccuracy } from './mean-accuracy.ts';
import { paperComparison } from './paper-comparison.ts';
import type { PaperTables } from './paper-tables.ts';
import type { Report, ReportModel } from './report-file.ts';

/**
 * The part of a report that the document needs: figures without maps, neighbours as far down as the paper prints them, and
 * nothing of what each of several runs was not asked for.
 *
 * @param order names of models; others come after them, in the report's order
 */
export function reproductionReport(report: Report, order: readonly string[]): Report {
  const place = ({ name }: ReportModel) => (order.includes(name) ? order.indexOf(name) : order.length);
  return {
    ...report,
    skipped: [],
    models: report.models
      .toSorted((a, b) => place(a) - place(b))
      .map((model) => ({
        ...model,
        map: null,
        neighbours: model.neighbours && {
          ...model.neighbours,
          queries: model.neighbours.queries.map(({ pair, neighbours }) => ({
            pair,
            neighbours: neighbours.slice(0, 6),
          })),
        },
      })),
  };
}

/** Every table: `packages/reproduction/results/reproduction.md`. */
export function reproductionMarkdown(report: Report, paper: PaperTables): string {
  return reportMarkdown(report, paper, {
    title: 'Reproduction',
    preface: [
      "The paper's experiments with this package's models, beside the published figures. Every figure was measured by the command that stands beside it; none was typed by hand. A dash stands where a model was not measured on a set.",
      'This file is made by `npm run reproduce`, or from reports of `relbert report` by `npx tsx packages/reproduction/scripts/make-reproduction.ts REPORT.json ...`, which puts them together in `reproduction.json`; without a report it writes this file again.',
    ],
  });
}

/** The two tables that most readers look for: `docs/reproduction.md`. */
export function reproductionSummary(report: Report, paper: PaperTables): string {
  const chosen = paperComparison(paper, report).filter(({ id }) => id === 'table-2' || id === 'table-3');
  const agreement = directionTable(report, paper);
  const parts = [
    '# Reproduction',
    "The paper's analogy questions and lexical relation classification, with the models of this package as further rows in **bold**. Every figure was measured, none was typed by hand. [All tables, with the command of each figure](../packages/reproduction/results/reproduction.md); `npm run reproduce` makes them anew.",
    ...lengths(report),
    ...(agreement ? [tableMarkdown(agreement)] : []),
    ...chosen.map(tableMarkdown),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Which rows are as long as the paper's, and what fine-tuning of that length gives over the same prompt without it. */
function lengths({ models }: Report): string[] {
  const whole = models.filter(({ name }) => name.startsWith("paper's recipe"));
  const gains = whole.flatMap((model) => {
    const prompt = /^paper's recipe, (.+)/.exec(model.name)?.[1];
    const before = models.find(({ name }) => prompt !== undefined && name === `vanilla, ${prompt}`);
    const [from, to] = [before && meanAccuracy(before, 'test'), meanAccuracy(model, 'test')];
    return from === undefined || to === undefined ? [] : [`${prompt} ${from.toFixed(1)} → ${to.toFixed(1)}`];
  });
  if (gains.length === 0) return [];
  const ablations = whole
    .filter(({ group }) => group === 'ablation of the losses')
    .flatMap((model) => {
      const mean = meanAccuracy(model, 'test');
      return mean === undefined ? [] : [`${model.name.slice("paper's recipe, ".length)} ${mean.toFixed(1)}`];
    });
  return [
    `Rows "paper's recipe" (${whole.length}) are fine-tuned as the paper does it, 224 steps; mean accuracy on the test sets of U2, Google and BATS with the same prompt before and after: ${gains.join(', ')}.`,
    ...(ablations.length === 0
      ? []
      : [`The same mean with template a and other losses (the paper publishes none): ${ablations.join(', ')}.`]),
  ];
}
