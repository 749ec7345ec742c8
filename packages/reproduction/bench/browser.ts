/**
 * The browser library in headless Chromium with the embedded model, bundled as the recipe of docs/browser.md does it.
 *
 *   npm run bench:browser -- [--rounds 5] [--batches 8]
 *
 * - pairs a second: calls of 64 distinct pairs after each other, on one thread and with the default of a page, which
 *   computes batches side by side; in turn, medians of rounds; processor time is that of all of Chromium;
 * - the longest task of a page's main thread, in processor time, while it loads and encodes 1,000 pairs with progress;
 * - the first answer of later visits, from the start of the navigation, with the server and without it.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser, longestTask, markPage, openProfile } from '../../relbert/test/browser/browser.ts';
import { page as pageWith, serve } from '../try/page.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, batches: { type: 'string', default: '8' } },
});
const batchSize = 64;
const goals = { pairsPerSecond: 130, threads: 1.5, firstAnswer: 2.5, blocked: 50 };

const resolved = (name: string): string => dirname(fileURLToPath(import.meta.resolve(name)));
const library = join(resolved('relbert'), '..');
const model = resolved('relbert-minilm-l6');
const runtime = resolved('onnxruntime-web/wasm');

/** Functions that the bench calls in the page. */
const script = `
import { RelationEncoder } from 'relbert';
let encoder;
globalThis.open = async (options) => {
  encoder = await RelationEncoder.load('embedded', options);
  return encoder.info.runtime;
};
globalThis.time = async (batches) => {
  const start = performance.now();
  for (const batch of batches) await encoder.encode(batch);
  return (performance.now() - start) / 1000;
};
globalThis.encode = async (pairs) => {
  let events = 0;
  await encoder.encode(pairs, { onProgress: ({ done }) => { events++; document.title = String(done); } });
  return events;
};
globalThis.firstAnswer = async () => {
  encoder = await RelationEncoder.load();
  const cosine = await encoder.similarity(['Tokyo', 'Japan'], ['Paris', 'France']);
  if (!(cosine > 0.5)) throw new Error('cosine ' + cosine);
  return performance.now() / 1000;
};
document.title = 'ready';
`;

/** The page's folder, as the recipe for esbuild makes it. */
async function makeSite(folder: string): Promise<void> {
  const site = join(folder, 'site');
  mkdirSync(site);
  writeFileSync(join(folder, 'app.js'), script);
  await build({
    entryPoints: [join(folder, 'app.js'), join(library, 'dist/web/wasm-worker.js')],
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', entryNames: '[name]', outdir: site },
    ...{ nodePaths: [join(library, '../../node_modules')], logLevel: 'warning' },
  });
  const copy = (from: string, wanted: RegExp) => {
    for (const name of readdirSync(from)) if (wanted.test(name)) cpSync(join(from, name), join(site, name));
  };
  copy(runtime, /^ort-wasm-simd-threaded\./);
  copy(model, /\.(json|safetensors)$/);
  writeFileSync(join(site, 'index.html'), pageWith('/app.js'));
}

/** Distinct pairs of the model's training file: words as people write them. */
function pairsOf(count: number): (readonly string[])[] {
  const lines = gunzipSync(readFileSync(join(model, 'train-pairs.tsv.gz')))
    .toString()
    .split('\n')
    .slice(1);
  const distinct = [...new Set(lines.filter(Boolean).map((line) => line.split('\t').slice(1, 3).join('\t')))];
  const step = distinct.length / count;
  return Array.from({ length: count }, (_, i) => (distinct[Math.floor(i * step)] as string).split('\t'));
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
const call = <T>(page: Page, name: string, argument?: unknown): Promise<T> =>
  page.evaluate(`${name}(${JSON.stringify(argument) ?? ''})`);

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

/** Processor seconds of all of the browser's processes. */
async function cpuSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
let missed = 0;
function say(what: string, value: string, holds?: boolean): void {
  if (holds === false) missed++;
  console.log(`${what.padEnd(72)} ${value}${holds === undefined ? '' : holds ? '' : '  (missed)'}`);
}
const browser = await launchBrowser();
try {
  await makeSite(folder);
  const { version } = JSON.parse(readFileSync(join(runtime, '../package.json'), 'utf8')) as { version: string };
  console.log(`Chromium ${browser.version()}, onnxruntime-web ${version}, ${cpus().length} x ${cpus()[0]?.model}\n`);
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const site = join(folder, 'site');
  using plain = await serve(site);
  using isolated = await serve(site, isolation);

  const count = Number(values.batches) * batchSize;
  const pairs = pairsOf(Math.max(count, 1000));
  const chunks = Array.from({ length: count / batchSize }, (_, i) => pairs.slice(i * batchSize, (i + 1) * batchSize));
  const settings = [
    { name: 'one thread', url: plain.url, options: { threads: 1 } },
    { name: 'default of an isolated page', url: isolated.url, options: {} },
    { name: 'default of another page', url: plain.url, options: {} },
    { name: "one thread, dtype: 'f32'", url: plain.url, options: { threads: 1, dtype: 'f32' } },
    { name: "default, dtype: 'f32'", url: isolated.url, options: { dtype: 'f32' } },
  ];
  const times = settings.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  const pages: Page[] = [];
  for (const { url, options } of settings) {
    const page = await open(await browser.newContext(), url);
    await call(page, 'open', options);
    await call(page, 'time', chunks.slice(0, 2));
    pages.push(page);
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, page] of pages.entries()) {
      const before = await cpuSeconds(browser);
      times[i]?.wall.push(await call<number>(page, 'time', chunks));
      times[i]?.cpu.push((await cpuSeconds(browser)) - before);
    }
  }
  const rates = times.map(({ wall, cpu }) => ({ rate: count / median(wall), perCpu: count / median(cpu) }));
  for (const [i, { name }] of settings.entries()) {
    const { rate, perCpu } = rates[i] as (typeof rates)[number];
    const goal = i === 0 ? ` (>= ${goals.pairsPerSecond})` : '';
    const value = `${rate.toFixed(0)} (${perCpu.toFixed(0)} a processor second)`;
    say(`pairs a second, ${name}${goal}`, value, i === 0 ? rate >= goals.pairsPerSecond : undefined);
  }
  const ratio = (rates[1]?.rate ?? 0) / (rates[0]?.rate ?? 1);
  say(
    `default of an isolated page beside one thread (>= ${goals.threads})`,
    `${ratio.toFixed(2)}x`,
    ratio >= goals.threads,
  );
  for (const page of pages) await page.context().close();

  const context = await browser.newContext();
  const { result, longest } = await longestTask(browser, async () => {
    const page = await open(context, plain.url);
    await markPage(page);
    await call(page, 'open', {});
    return call<number>(page, 'encode', pairs.slice(0, 1000));
  });
  say(
    `longest task of the page, ms, ${result} events of progress (<= ${goals.blocked})`,
    longest.toFixed(1),
    longest <= goals.blocked,
  );

  // Headers as a site has them that is meant to work offline: the browser keeps its scripts and binaries on its disk.
  await using visits = await openProfile(join(folder, 'profile'));
  const lasting = await serve(site, { 'Cache-Control': 'max-age=3600' });
  const visit = async () => {
    const page = await open(visits, lasting.url);
    const seconds = await call<number>(page, 'firstAnswer');
    await page.close();
    return seconds;
  };
  say('first answer of the first visit, s', (await visit()).toFixed(2));
  const later: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) later.push(await visit());
  const usual = median(later);
  say(`first answer of later visits, s (<= ${goals.firstAnswer})`, usual.toFixed(2), usual <= goals.firstAnswer);
  lasting[Symbol.dispose]();
  say('first answer with the server down, s', (await visit()).toFixed(2));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exitCode = missed > 0 ? 1 : 0;
