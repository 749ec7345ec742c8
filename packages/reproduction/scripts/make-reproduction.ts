/**
 * Makes docs/reproduction.md: `npx tsx packages/reproduction/scripts/make-reproduction.ts REPORT.json ...`, each a report.json that
 * `relbert report` wrote. They become docs/reproduction.json, of which the document is made; without a report, of the
 * one that stands there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readPaperTables } from '../src/report/paper-tables-file.ts';
import { mergeReports, parseReport } from '../src/report/report-file.ts';
import { reproductionMarkdown, reproductionReport } from '../src/report/reproduction.ts';

const figures = 'docs/reproduction.json';
const files = process.argv.slice(2);
const read = (file: string) => parseReport({ file, text: readFileSync(file, 'utf8') });
const report =
  files.length === 0
    ? read(figures)
    : reproductionReport(
        mergeReports(
          files.map(read),
          'npx tsx packages/reproduction/scripts/make-reproduction.ts REPORT.json ...',
          new Date().toISOString(),
        ),
      );
if (files.length > 0) writeFileSync(figures, `${JSON.stringify(report)}\n`);
const paper = await readPaperTables();
writeFileSync('docs/reproduction.md', reproductionMarkdown(report, paper));
