/** @file Pages of a project in Chromium. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const types: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' },
  ...{ '.json': 'application/json', '.wasm': 'application/wasm' },
};

/** Static files, to pages of other origins too. */
export async function serve(
  folder: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string } & Disposable> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeaders(new Headers({ 'Access-Control-Allow-Origin': '*', ...headers }));
    try {
      const name = decodeURIComponent(pathname).replace(/\/$/, '/index.html');
      response.setHeader('Content-Type', types[extname(name)] ?? 'application/octet-stream');
      response.end(readFileSync(join(folder, name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The page's script: what it answers stands in the title. */
export const pageScript = (from: string, load = '') => `
import { RelationEncoder } from '${from}';
RelationEncoder.load(${load}).then(async (encoder) => {
  const cosine = await encoder.similarity(['Tokyo', 'Japan'], ['Paris', 'France']);
  document.title = 'answer ' + cosine.toFixed(3) + ' ' + encoder.info.runtime;
}, (error) => { document.title = 'answer ' + error; });
`;

export const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

async function titleOf(tab: Page): Promise<string> {
  await tab.waitForFunction(() => document.title.startsWith('answer'), null, { timeout: 180_000 });
  return tab.title();
}

/** Opens a page and waits for its answer, the title if nothing else; what it asks of other origins than those is refused. */
export async function openPage(
  url: string,
  { others = [], answer = titleOf }: { others?: readonly string[]; answer?: (tab: Page) => Promise<string> } = {},
): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const notes: string[] = [];
  try {
    const context = await browser.newContext();
    const allowed = [new URL(url).origin, ...others];
    await context.route('**', (route) => {
      const { protocol, origin } = new URL(route.request().url());
      return /^https?:$/.test(protocol) && !allowed.includes(origin) ? route.abort() : route.continue();
    });
    const tab = await context.newPage();
    tab.on('console', (message) => notes.push(message.text()));
    tab.on('pageerror', (error) => notes.push(error.message));
    await tab.goto(url);
    tab.setDefaultTimeout(180_000);
    const found = await answer(tab);
    console.log(found);
    if (!/^answer 0\.9\d\d( web-worker)?$/.test(found)) throw new Error(found);
  } catch (error) {
    throw new Error([String(error), ...notes].join('\n'), { cause: error });
  } finally {
    await browser.close();
  }
}
