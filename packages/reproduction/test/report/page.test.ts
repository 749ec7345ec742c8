import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithBrowser } from '../../../relbert/test/browser/browser.ts';
import { reportHtml } from '../../src/report/html.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { reportPictures } from '../../src/report/report-pictures.ts';
import { madeUpModel, madeUpReport, paper } from './figures.ts';

const { run } = madeUpModel();
const report = madeUpReport([
  madeUpModel(),
  madeUpModel({ name: 'a <i>slanted</i> name', run: { ...run, seed: 4711 } }),
]);
let page = '';
beforeAll(async () => {
  page = reportHtml(report, paper, await reportPictures(report, paper));
});

describe('the page', () => {
  it('needs nothing else', () => {
    expect(page.match(/<(?:script|link rel="stylesheet"|img|iframe)/)).toBeNull();
    for (const [, target] of page.matchAll(/(?:href|src)="([^"]*)"/g)) expect(target).toMatch(/^(?:#|data:,$)/);
    expect(page.match(/url\((?!#)(?!&quot;#)/)).toBeNull();
  });

  it('takes no name for a pattern of what is replaced', () => {
    const title = 'Map: a$`b$$c$&d';
    const drawn = reportHtml(report, paper, [{ title, svg: '<svg width="1"></svg>' }]);
    expect(drawn).toContain('<svg role="img" aria-label="Map: a$`b$$c$&amp;d" width="1"></svg>');
  });

  it('takes no text for markup', () => {
    expect(page.includes('<i>')).toBe(false);
    expect(page.includes('a &lt;i&gt;slanted&lt;/i&gt; name')).toBe(true);
    expect(page.includes('holds &lt;nothing&gt;')).toBe(true);
  });

  it('holds pictures, the difference, the interval, machine, versions, seed, time and commands', () => {
    expect(page.match(/<figure>/g)?.length).toBe(3 + 2 * 2);
    expect(page.includes('80.0‡ <span class="up">+1.2</span><br><small>[25.0, 75.0]</small>')).toBe(true);
    for (const text of [
      'a processor, 2 cores, 8 GB',
      '2026-01-02T03:04:05.000Z',
      'relbert 0.1.0',
      // As it is typed: no comma between the thousands.
      '<td class="text">4711</td>',
      'relbert evaluate mapping --data scan.csv',
      'relbert neighbours barista:coffee --among pairs.tsv',
      'relbert plot map BLESS/test.tsv --output map.svg',
    ]) {
      expect([text, page.includes(text)]).toEqual([text, true]);
    }
  });

  it('opens with the models, their accuracies and the sentence that matters', () => {
    const sentence =
      "mine answers 80.0 % of the test questions of BATS: 1.2 points above the best published figures, 55.0 above chance. ‡ Another test set than the paper's: BATS has 100 items, the paper's 1799.";
    const line = 'mine</b> (bert, 22.6 M parameters)</b>: BATS‡ 80.0 % [25.0, 75.0]';
    const head = page.slice(page.indexOf('<h1>'), page.indexOf('<nav'));
    expect(head.startsWith(`<h1>relbert: evaluation report</h1>\n<p class="headline">${sentence}</p>`)).toBe(true);
    expect(head.includes(line.replace('</b> (', ' ('))).toBe(true);
    const markdown = reportMarkdown(report, paper);
    expect(
      markdown.startsWith(`# Evaluation report\n\n${sentence}\n\n- **mine (bert, 22.6 M parameters)**: BATS‡ 80.0 %`),
    ).toBe(true);
    expect(reportMarkdown(madeUpReport([madeUpModel({ analogy: [] })]), paper).split('\n')[2]).toMatch(/^Made /);
  });

  it('has a dark variant, pictures included', () => {
    expect(page.match(/@media \(prefers-color-scheme: dark\)/g)).toHaveLength(1 + 3 + 2 * 2);
  });

  it('says under a picture of one command which that is', () => {
    const captions = [...page.matchAll(/<figcaption><code>(.*?)<\/code><\/figcaption><\/figure>/g)].map(
      ([, text]) => text,
    );
    const each = [
      'relbert evaluate classification --data BLESS --grid',
      'relbert plot map BLESS/test.tsv --output map.svg',
    ];
    expect(captions).toEqual([...each, ...each]);
  });
});

describe('the same as Markdown', () => {
  it('has all tables, every row with as many cells as its head', () => {
    const markdown = reportMarkdown(report, paper);
    const tables = markdown.split('\n\n').filter((block) => block.startsWith('|'));
    expect(tables.length).toBe(8 + paper.tables.length);
    for (const command of ['relbert neighbours barista:coffee', 'relbert plot map BLESS/test.tsv'])
      expect(markdown).toContain(`\`${command}`);
    expect(markdown).toMatch(/\| 4711 \|/);
    for (const table of tables) {
      const widths = table.split('\n').map((row) => row.replace(/\\\|/g, '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(markdown).toContain('80.0‡ [25.0, 75.0] (+1.2)');
    expect(markdown).not.toContain('<b>');
  });

  it('takes no name for markup', () => {
    const name = 'a `b` | *c* <img src=x> &lt;\n# d';

    const markdown = reportMarkdown(madeUpReport([madeUpModel({ name })]), paper);
    expect(markdown).not.toMatch(/<img|^# d/m);
    expect(markdown).toContain('a \\`b\\` \\| \\*c\\* &lt;img src=x&gt; &amp;lt; # d');
  });
});

describeWithBrowser('the page in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-page-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('asks for no other resource, reports no error, fits the window, and every link leads somewhere', async () => {
    const file = join(folder, 'index.html');
    writeFileSync(file, page);
    const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
    const browser = await launch(executablePath);
    try {
      const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      const requests: string[] = [];
      const errors: string[] = [];
      tab.on('request', (request) => requests.push(request.url()));
      tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      tab.on('pageerror', (error) => errors.push(error.message));
      await tab.goto(pathToFileURL(file).href);
      expect(requests).toEqual([pathToFileURL(file).href]);
      expect(errors).toEqual([]);
      const seen = await tab.evaluate<{ overflow: number; broken: string[]; flat: number; rows: number }>(`({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        broken: [...document.querySelectorAll('a')].map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id)),
        flat: [...document.querySelectorAll('figure svg')].filter((svg) => svg.getBoundingClientRect().height < 50).length,
        rows: document.querySelectorAll('tr.measured').length,
      })`);
      expect(seen).toMatchObject({ overflow: 0, broken: [], flat: 0 });
      expect(seen.rows).toBeGreaterThan(20);
    } finally {
      await browser.close();
    }
  });
});

async function launch(paths: readonly string[]) {
  const { existsSync } = await import('node:fs');
  const executablePath = paths.find((path) => existsSync(path));
  return chromium.launch({
    ...(executablePath && { executablePath }),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
