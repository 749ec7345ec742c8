/** @file A fresh project that installs the packed tarballs, and a page of it in Chromium. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'relbert-try-'));

  /** Installs relbert and its model as packed, and other packages. */
  constructor(...packages: readonly string[]) {
    const tarballs = join(this.folder, 'tarballs');
    mkdirSync(tarballs);
    const pack = ['pack', '--silent', '--pack-destination', tarballs, '-w', 'relbert', '-w', 'relbert-minilm-l6'];
    execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    const files = readdirSync(tarballs).map((name) => join(tarballs, name));
    const quiet = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
    this.run('npm', 'install', ...quiet, ...files, ...packages);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Runs a command and gives what it prints; its errors are shown. */
  run(command: string, ...args: readonly string[]): string {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
    return execFileSync(command, args, {
      cwd: this.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
  }

  copy(from: string, to: string): void {
    cpSync(this.path(from), this.path(to), { recursive: true, dereference: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The lines of a recipe: the first block of code after its bold name in a file of docs. */
export function recipe(file: string, name: string): string {
  const text = readFileSync(join(root, 'docs', file), 'utf8');
  const after = text.slice(text.indexOf(`**${name}**`));
  const block = /```\w*\n([\s\S]*?)```/.exec(after)?.[1];
  if (!text.includes(`**${name}**`) || block === undefined) throw new Error(`docs/${file} has no recipe ${name}`);
  if (block.trim().split('\n').length > 5) throw new Error(`docs/${file}: the recipe ${name} has more than five lines`);
  return block;
}

const types: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' },
  ...{ '.json': 'application/json', '.wasm': 'application/wasm' },
};

/** Static files, to pages of other origins too. */
export async function serve(folder: string): Promise<{ readonly url: string } & Disposable> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('Access-Control-Allow-Origin', '*');
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

export const expectedAnswer = /^answer 0\.9\d\d web-worker$/;

/** Opens a page and waits for its answer; what it asks of other origins than those is refused. */
export async function openPage(url: string, others: readonly string[] = []): Promise<void> {
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
    await tab.waitForFunction(() => document.title.startsWith('answer'), null, { timeout: 180_000 });
    const title = await tab.title();
    console.log(title);
    if (!expectedAnswer.test(title)) throw new Error(title);
  } catch (error) {
    throw new Error([String(error), ...notes].join('\n'), { cause: error });
  } finally {
    await browser.close();
  }
}
