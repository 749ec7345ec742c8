import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** A suite that needs a browser; where there is none it is skipped and its title says so. */
export function describeWithBrowser(name: string, suite: () => void): void {
  if (executable) describe(name, suite);
  // As in ../shared.ts: what it prepares is not for a machine without one.
  else test.skip(`${name} (skipped: no chromium in /usr/bin; apt-get install chromium)`);
}

const launchOptions = {
  ...(executable && { executablePath: executable }),
  headless: true,
  args: [
    '--no-sandbox',
    // WebGPU computed on the CPU, where there is no graphics processor.
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-unsafe-swiftshader',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export const launchBrowser = (): Promise<Browser> => chromium.launch(launchOptions);

/** A browser that keeps what it fetches in a folder. */
export const openProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, launchOptions);

export interface BrowserOptions {
  /** Further folders of the checkout that the page may fetch: URL prefix → folder, as `{ '/model/': 'test/fixtures/x' }`. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** Of a trace of Chromium: `tdur` is processor time in microseconds. */
interface TraceEvent {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly tdur?: number;
}

/** What a page under test writes into a trace. */
const pageMark = 'page under test';

/**
 * The longest task of a page's main thread while `work` runs, in milliseconds of its processor time, so that a busy
 * machine counts as an idle one. `work` calls {@link markPage} in the page.
 */
export async function longestTask<Result>(
  browser: Browser,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly longest: number }> {
  await browser.startTracing(undefined, { categories: ['toplevel', '__metadata', 'blink.user_timing'] });
  const result = await work();
  const trace = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] };
  // The browser's own panels are pages, too.
  const page = trace.traceEvents.find(({ name }) => name === pageMark);
  if (!page) throw new Error(`the trace has no mark '${pageMark}'`);
  const tasks = trace.traceEvents.filter(({ pid, tid }) => pid === page.pid && tid === page.tid);
  return { result, longest: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000 };
}

/** Writes into a trace which page is under test. */
export const markPage = (page: Page): Promise<unknown> =>
  page.evaluate(`performance.mark(${JSON.stringify(pageMark)})`);

/** A browser with a web server, for several scripts. */
export class BrowserPage implements AsyncDisposable {
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<BrowserPage> {
    return new BrowserPage(await launchBrowser());
  }

  /**
   * Bundles a module, loads it in a fresh page and calls its default export with `args`; both `args` and the result go
   * through JSON. The files of onnxruntime-web lie under `/ort/`. What the page writes to its console as errors
   * becomes part of the error where the call fails.
   */
  async run<Result>(entryFile: string, args: unknown, options: BrowserOptions = {}): Promise<Result> {
    const scripts = {
      '/entry.js': () => bundle(entryFile),
      '/wasm-worker.js': () => bundle('src/web/wasm-worker.ts'),
      '/webgpu-worker.js': () => bundle('src/web/webgpu-worker.ts'),
    };
    const folders = {
      '/ort/': relative(root, dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))),
      ...options.folders,
    };
    const server = await serve(scripts, folders);
    const page = await this.#browser.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    try {
      await page.goto(server.url);
      await markPage(page);
      // As text: the test runner would rewrite the `import` of a function.
      const call = `import('/entry.js').then(({ default: run }) => run(${JSON.stringify(args)})).then(JSON.stringify)`;
      const result = await page.evaluate<string>(call);
      return JSON.parse(result) as Result;
    } catch (error) {
      throw new Error([String(error), ...errors].join('\n'), { cause: error });
    } finally {
      await page.close();
      server.close();
    }
  }

  /** {@link longestTask} of the pages that `work` runs. */
  longestTask<Result>(work: () => Promise<Result>): ReturnType<typeof longestTask<Result>> {
    return longestTask(this.#browser, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** One module in one browser: see `BrowserPage.run`. */
export async function runInBrowser<Result>(
  entryFile: string,
  args: unknown,
  options: BrowserOptions = {},
): Promise<Result> {
  await using page = await BrowserPage.open();
  return await page.run<Result>(entryFile, args, options);
}

const bundles = new Map<string, Promise<string>>();

/** The module with all that it imports, made once. */
function bundle(entryFile: string): Promise<string> {
  const bundling = bundles.get(entryFile) ?? makeBundle(entryFile);
  bundles.set(entryFile, bundling);
  return bundling;
}

async function makeBundle(entryFile: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryFile],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

async function serve(
  scripts: Readonly<Record<string, () => Promise<string>>>,
  folders: Readonly<Record<string, string>>,
): Promise<{ url: string; close(): void }> {
  const page = '<!doctype html><meta charset="utf-8"><title>relbert</title><link rel="icon" href="data:,">';
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    // Cross-origin isolation: WebAssembly threads need shared memory.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const send = (type: string, body: string | Uint8Array) => response.setHeader('Content-Type', type).end(body);
    if (pathname === '/') return send('text/html', page);
    const script = await scripts[pathname]?.();
    if (script !== undefined) return send('text/javascript', script);
    const prefix = Object.keys(folders).find((start) => pathname.startsWith(start));
    const folder = join(root, (prefix && folders[prefix]) ?? '.');
    const file = normalize(join(folder, decodeURIComponent(pathname.slice(prefix?.length ?? 0))));
    try {
      if (!prefix || !file.startsWith(folder + sep)) throw new Error(`nothing is served under ${pathname}`);
      return send(types[extname(file)] ?? 'application/octet-stream', await readFile(file));
    } catch (error) {
      response.statusCode = 404;
      return send('text/plain', String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
