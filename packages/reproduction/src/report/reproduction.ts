/** `docs/reproduction.md`: the paper's experiments repeated, made from reports and from nothing else. */
import { reportMarkdown } from './markdown.ts';
import type { PaperTables } from './paper-tables.ts';
import type { Report } from './report-file.ts';

/** The part of a report that the document needs: figures without maps, neighbours as far down as the paper prints them. */
export function reproductionReport(report: Report): Report {
  return {
    ...report,
    models: report.models.map((model) => ({
      ...model,
      map: null,
      neighbours: model.neighbours && {
        ...model.neighbours,
        queries: model.neighbours.queries.map(({ pair, neighbours }) => ({ pair, neighbours: neighbours.slice(0, 6) })),
      },
    })),
  };
}

export function reproductionMarkdown(report: Report, paper: PaperTables): string {
  return reportMarkdown(report, paper, {
    title: 'Reproduction',
    preface: [
      "The paper's experiments with this package's models, beside the published figures. Every figure was measured by the command that stands beside it; none was typed by hand.",
      'This file is made: `npx tsx packages/reproduction/scripts/make-reproduction.ts REPORT.json ...` puts reports of `relbert report` together in `docs/reproduction.json` and writes this file from it; without a report it writes this file again. `docs/reproduction-models.json` lists the models, with the commands that train them.',
    ],
  });
}
