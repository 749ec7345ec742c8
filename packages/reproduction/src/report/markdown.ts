/** The report as Markdown: the same tables, without pictures. */
import { headlineOf } from './headline.ts';
import { measuredTables } from './measured-tables.ts';
import { paperComparison } from './paper-comparison.ts';
import type { PaperTables } from './paper-tables.ts';
import type { Report } from './report-file.ts';
import { cellText, differenceText, type ReportCell, type ReportTable } from './report-table.ts';

export interface MarkdownOptions {
  /** Default `Evaluation report`. */
  readonly title?: string;
  /** Paragraphs after the title: how the file was made. */
  readonly preface?: readonly string[];
}

export function reportMarkdown(report: Report, paper: PaperTables, options: MarkdownOptions = {}): string {
  const { title = 'Evaluation report', preface = [`Made ${report.created} by \`${report.command}\`.`] } = options;
  const parts = [
    `# ${title}`,
    ...(options.preface ? [] : headlineMarkdown(report, paper)),
    ...preface,
    ...report.skipped.map(escaped),
    ...measuredTables(report).map(tableMarkdown),
    "## The paper's tables, with this package's models",
    'Rows of this package are in **bold**, with their difference to the best published figure (underlined here) in points.',
    ...paperComparison(paper, report).map(tableMarkdown),
    '## Source of the published figures',
    `${escaped(paper.source)} Licence: ${paper.licence}.`,
    "Where the paper's own figures do not fit together:",
    paper.doubts.map((doubt) => `- ${escaped(doubt)}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function headlineMarkdown(report: Report, paper: PaperTables): string[] {
  const headline = headlineOf(report, paper);
  if (!headline) return [];
  const models = headline.models.map(({ name, figures }) => `- **${escaped(name)}**: ${escaped(figures)}`);
  return [escaped(headline.sentence), models.join('\n')];
}

export function tableMarkdown({ id, section, title, metric, label, columns, rows, notes }: ReportTable): string {
  const number = /^table-(\d+)$/.exec(id)?.[1];
  const facts = [
    ...(section === undefined ? [] : [`section ${section} of the paper`]),
    ...(metric === '' ? [] : [metric]),
  ];
  const numeric = (column: number) => rows.some(({ cells }) => typeof cells[column]?.value === 'number');
  const lines = [
    `| ${[label, ...columns].map(escaped).join(' | ')} |`,
    `| --- | ${columns.map((_, i) => (numeric(i) ? '---:' : '---')).join(' | ')} |`,
    ...rows.map(({ label: name, origin, cells }) => {
      const own = origin === 'measured' && section !== undefined ? `**${escaped(name)}**` : escaped(name);
      return `| ${[own, ...cells.map(cellMarkdown)].join(' | ')} |`;
    }),
  ];
  return [
    `### ${escaped(number === undefined ? title : `Table ${number}. ${title}`)}`,
    ...(facts.length > 0 ? [escaped(facts.join('; '))] : []),
    lines.join('\n'),
    ...notes.map(escaped),
  ].join('\n\n');
}

function cellMarkdown(cell: ReportCell): string {
  if (cell.value === null) return '–';
  if (cell.code && !/[`\n\r]/.test(cellText(cell))) return `\`${cellText(cell).replaceAll('|', '\\|')}\``;
  const { interval, difference, best, starred, otherSize } = cell;
  const value = escaped(cellText(cell));
  const parts = [best ? `<u>${value}</u>` : value];
  if (starred) parts.push('\\*');
  if (otherSize) parts.push('‡');
  if (interval) parts.push(` [${interval[0].toFixed(1)}, ${interval[1].toFixed(1)}]`);
  if (difference !== undefined) parts.push(` (${differenceText(difference)})`);
  return parts.join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** Text without Markdown or HTML in it, on one line: names of sets and relations come from files. */
function escaped(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_<>|[\]]|&(?=#?\w+;)/g, (character) => ENTITIES[character] ?? `\\${character}`);
}
