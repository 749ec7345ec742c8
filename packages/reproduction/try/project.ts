/** @file A fresh project that installs the packed tarballs, and a page of it in Chromium. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Packages of this checkout that are published. */
export const published: readonly string[] = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] }
).workspaces.flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  return manifest['private'] === true ? [] : [String(manifest['name'])];
});

/** An empty folder. */
export class Folder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'relbert-try-'));

  /** Packs packages of this checkout. @returns The tarballs */
  pack(into: string, ...names: readonly string[]): string[] {
    mkdirSync(this.path(into));
    const which = names.flatMap((name) => ['-w', name]);
    execFileSync('npm', ['pack', '--silent', '--pack-destination', this.path(into), ...which], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readdirSync(this.path(into)).map((name) => this.path(into, name));
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

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A project that installs relbert and its model as packed, and other packages. */
export class Project extends Folder {
  constructor(...packages: readonly string[]) {
    super();
    const tarballs = this.pack('tarballs', 'relbert', 'relbert-minilm-l6');
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    const quiet = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
    this.run('npm', 'install', ...quiet, ...tarballs, ...packages);
  }

  /** The files of a folder of examples; its dependencies are those that the constructor installed. */
  example(name: string): void {
    const manifest = join(root, 'examples', name, 'package.json');
    cpSync(join(root, 'examples', name), this.folder, { recursive: true, filter: (file) => file !== manifest });
  }

  copy(from: string, to: string): void {
    cpSync(this.path(from), this.path(to), { recursive: true, dereference: true });
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
