/**
 * Makes packages/reproduction/data/paper-tables.json from the paper's tables as data: `npx tsx packages/reproduction/scripts/pack-paper-tables.ts FOLDER`, FOLDER
 * holding tables.json and the README.md that lists the paper's own doubts. Figures are copied, not changed; marks of
 * print (bold, underline, italic) are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePaperTables } from '../src/report/paper-tables.ts';

interface Source {
  readonly source: string;
  readonly tables: readonly {
    readonly id: string;
    readonly section: string;
    readonly title: string;
    readonly metric: string;
    readonly columns: readonly string[];
    readonly notes: string;
    readonly rows: readonly Record<string, unknown>[];
  }[];
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: npx tsx packages/reproduction/scripts/pack-paper-tables.ts FOLDER');
const { source, tables } = JSON.parse(readFileSync(join(folder, 'tables.json'), 'utf8')) as Source;
const doubts = readFileSync(join(folder, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('- '))
  .map((line) => line.slice(2).trim());

const packed = {
  source,
  licence: 'CC BY 4.0 (ACL Anthology), https://creativecommons.org/licenses/by/4.0/',
  doubts,
  tables: tables.map(({ id, section, title, metric, columns, notes, rows }) => ({
    ...{ id, section, title, metric, columns },
    notes: notes.replace(/ ?\(see README\)|: see README/g, ''),
    rows: rows.map(({ values, target, starred, bold, underline, italic, ...labels }) => ({
      labels,
      ...(target !== undefined && { target }),
      values: columns.map((column) => (values as Record<string, unknown>)[column] ?? null),
      ...(starred !== undefined && { starred }),
    })),
  })),
};
// One row a line: small, and a difference between two versions can be read.
const text = JSON.stringify(packed, null, 1).replace(/\{\s+"labels": [\s\S]*?\n {4}\}(?=,?\n)/g, (row) =>
  JSON.stringify(JSON.parse(row)),
);
parsePaperTables(text);
writeFileSync('packages/reproduction/data/paper-tables.json', `${text}\n`);
