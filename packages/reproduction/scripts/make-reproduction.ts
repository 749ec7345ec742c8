/**
 * Makes the documents of the reproduction: `npx tsx packages/reproduction/scripts/make-reproduction.ts REPORT.json ...`, each a
 * report.json that `relbert report` wrote. They become results/reproduction.json, in the order of models.json, of which results/reproduction.md and
 * docs/reproduction.md are made; without a report, of the one that stands there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readPaperTables } from '../src/report/paper-tables-file.ts';
import { mergeReports, parseReport } from '../src/report/report-file.ts';
import { reproductionMarkdown, reproductionReport, reproductionSummary } from '../src/report/reproduction.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const names = (JSON.parse(readFileSync(at('models.json'), 'utf8')) as { name: string }[]).map(({ name }) => name);
const figures = at('results/reproduction.json');
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
        names,
      );
if (files.length > 0) writeFileSync(figures, `${JSON.stringify(report)}\n`);
const paper = await readPaperTables();
writeFileSync(at('results/reproduction.md'), reproductionMarkdown(report, paper));
writeFileSync(at('../../docs/reproduction.md'), reproductionSummary(report, paper));
