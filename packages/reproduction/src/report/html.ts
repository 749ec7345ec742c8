/** The report as one HTML page that needs nothing else: style and pictures stand in it. */

import { type Headline, headlineOf } from './headline.ts';
import { measuredTables } from './measured-tables.ts';
import { paperComparison } from './paper-comparison.ts';
import type { PaperTables } from './paper-tables.ts';
import type { Report } from './report-file.ts';
import type { Picture } from './report-pictures.ts';
import { cellText, differenceText, type ReportCell, type ReportTable } from './report-table.ts';

export function reportHtml(report: Report, paper: PaperTables, pictures: readonly Picture[]): string {
  const own = measuredTables(report);
  const published = paperComparison(paper, report);
  const link = ({ id, title }: ReportTable) => `<li><a href="#${id}">${escaped(heading(id, title))}</a></li>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>relbert: evaluation report</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>relbert: evaluation report</h1>
${headlineHtml(headlineOf(report, paper))}
<p class="note">${report.models.length} model${report.models.length === 1 ? '' : 's'}, made ${escaped(report.created)} by</p>
<pre><code>${escaped(report.command)}</code></pre>
${report.skipped.map((line) => `<p class="note">${escaped(line)}</p>`).join('\n')}
</header>
<nav aria-label="contents">
<h2>Contents</h2>
<ul><li><a href="#pictures">Pictures</a></li>${own.map(link).join('')}</ul>
<ul>${published.map(link).join('')}<li><a href="#source">Source of the published figures</a></li></ul>
</nav>
<main>
<section id="pictures"><h2>Pictures</h2>
${pictures.map(pictureHtml).join('\n')}
</section>
${own.map(tableHtml).join('\n')}
<h2 class="part">The paper's tables, with this package's models</h2>
<p class="legend">Published figures are plain, the best of each column in <b>bold</b>; rows of this package stand on a <span class="measured">blue ground</span>, with their difference to the best published figure in points: <span class="up">+ above</span>, <span class="down">− below</span>.</p>
${published.map(tableHtml).join('\n')}
<section id="source"><h2>Source of the published figures</h2>
<p>${escaped(paper.source)} Licence: ${escaped(paper.licence)}.</p>
<p>Where the paper's own figures do not fit together:</p>
<ul>${paper.doubts.map((doubt) => `<li>${escaped(doubt)}</li>`).join('')}</ul>
</section>
</main>
</body>
</html>
`;
}

function headlineHtml(headline: Headline | undefined): string {
  if (!headline) return '';
  const models = headline.models.map(({ name, figures }) => `<li><b>${escaped(name)}</b>: ${escaped(figures)}</li>`);
  return `<p class="headline">${escaped(headline.sentence)}</p>\n<ul class="headline">${models.join('')}</ul>`;
}

function heading(id: string, title: string): string {
  const number = /^table-(\d+)$/.exec(id)?.[1];
  return number === undefined ? title : `Table ${number}. ${title}`;
}

function pictureHtml({ title, svg, command }: Picture): string {
  // Scales down with the window; the title says what it shows.
  const scalable = svg.replace('<svg ', () => `<svg role="img" aria-label="${escaped(title)}" `);
  const caption = command === undefined ? '' : `<figcaption><code>${escaped(command)}</code></figcaption>`;
  return `<figure>${scalable}${caption}</figure>`;
}

function tableHtml({ id, section, title, metric, label, columns, rows, notes }: ReportTable): string {
  const facts = [
    ...(section === undefined ? [] : [`section ${section} of the paper`]),
    ...(metric === '' ? [] : [metric]),
  ];
  const isText = (i: number) => rows.some(({ cells }) => typeof cells[i]?.value === 'string');
  const head = columns
    .map((column, i) => `<th scope="col"${isText(i) ? ' class="text"' : ''}>${heads(column)}</th>`)
    .join('');
  const body = rows.map(
    (row) =>
      `<tr class="${row.origin}"><th scope="row">${escaped(row.label)}</th>${row.cells.map(cellHtml).join('')}</tr>`,
  );
  return `<section id="${id}"><h2>${escaped(heading(id, title))}</h2>
${facts.length > 0 ? `<p class="facts">${escaped(facts.join('; '))}</p>` : ''}
<div class="scroll"><table>
<thead><tr><th scope="col">${escaped(label)}</th>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>
${notes.map((note) => `<p class="note">${escaped(note)}</p>`).join('\n')}
</section>`;
}

/** `BLESS/macro` in two lines. */
function heads(column: string): string {
  return column
    .split(/(?<=^[^/]+)\//)
    .map(escaped)
    .join('<br>');
}

function cellHtml(cell: ReportCell): string {
  const value = escaped(cellText(cell));
  if (cell.value === null) return '<td class="none">–</td>';
  if (cell.code) return `<td class="text"><code>${value}</code></td>`;
  if (typeof cell.value === 'string') return `<td class="text${value.length > 60 ? ' long' : ''}">${value}</td>`;
  const { interval, difference, best, starred, otherSize } = cell;
  const parts = [best ? `<b>${value}</b>` : value];
  if (starred) parts.push('*');
  if (otherSize) parts.push('‡');
  if (difference !== undefined) {
    parts.push(
      ` <span class="${difference >= 0.05 ? 'up' : difference <= -0.05 ? 'down' : 'same'}">${differenceText(difference)}</span>`,
    );
  }
  if (interval) parts.push(`<br><small>[${interval[0].toFixed(1)}, ${interval[1].toFixed(1)}]</small>`);
  return `<td>${parts.join('')}</td>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 82rem; font: 15px/1.5 'Liberation Sans', Arial, Helvetica, 'DejaVu Sans', sans-serif; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
p.headline { font-size: 1.15rem; max-width: 60rem; }
ul.headline { margin: .4rem 0 .8rem; padding-left: 1.2rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .3rem; }
h2.part { font-size: 1.4rem; border-top: 2px solid #0072B2; padding-top: 1rem; margin-top: 3rem; }
p { margin: .3rem 0; }
pre { background: #f4f4f4; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 4px; }
code { font: 13px/1.4 'Liberation Mono', 'DejaVu Sans Mono', Menlo, monospace; }
a { color: #005a8c; }
nav { display: flex; flex-wrap: wrap; gap: 0 3rem; background: #f8f8f8; padding: .2rem 1rem .8rem; border-radius: 4px; }
nav h2 { flex-basis: 100%; margin: .6rem 0 0; font-size: 1rem; }
nav ul { margin: .2rem 0; padding-left: 1.2rem; }
figure { margin: 1rem 0; padding: .3rem; overflow-x: auto; border: 1px solid #ddd; border-radius: 4px; }
figcaption { color: #444; font-size: .9rem; padding: .2rem .4rem; overflow-wrap: anywhere; }
figure svg { max-width: 100%; height: auto; display: block; }
.facts, .note, .legend { color: #444; font-size: .9rem; }
.note { max-width: 60rem; }
.scroll { overflow-x: auto; max-height: 46rem; overflow-y: auto; border: 1px solid #ddd; border-radius: 4px; margin: .4rem 0; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; width: max-content; min-width: 100%; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid #e6e6e6; text-align: right; vertical-align: top; white-space: nowrap; }
thead th { position: sticky; top: 0; background: #f0f0f0; vertical-align: bottom; z-index: 1; }
thead th:first-child, thead th.text, tbody th { text-align: left; }
tbody th { font-weight: normal; }
tbody th { max-width: 19rem; white-space: normal; }
td.text { text-align: left; white-space: normal; max-width: 21rem; }
td.long { min-width: 16rem; }
td.text code { overflow-wrap: anywhere; font-size: 12px; }
td:has(code) { min-width: 22rem; max-width: 30rem; }
thead th.text { white-space: normal; max-width: 21rem; }
td.none { color: #999; }
tr.measured, span.measured { background: #e8f2fa; }
tr.measured th { font-weight: bold; }
small { color: #555; }
.up { color: #00664a; font-weight: bold; }
.down { color: #a34700; }
.same { color: #555; }
@media (prefers-color-scheme: dark) {
body { color: #e6e6e6; background: #16181c; }
pre, nav, thead th { background: #23262c; }
a { color: #6db8ea; }
figure, .scroll, th, td { border-color: #3a3d44; }
figcaption, .facts, .note, .legend, small, .same { color: #b5b5b5; }
tr.measured, span.measured { background: #1c3346; }
.up { color: #4fc3a1; }
.down { color: #f0985a; }
}
@media print { .scroll { max-height: none; overflow: visible; } body { max-width: none; } thead th { position: static; } }
`;
