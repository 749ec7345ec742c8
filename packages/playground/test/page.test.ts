import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { RelationEncoder } from 'relbert';
import { evaluateMapping } from 'relbert/evaluate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithBrowser, launchBrowser } from '../../relbert/test/browser/browser.ts';
import { questionsOf, rounds } from '../page/game.ts';
import { openTestSite, type TestSite } from './site.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const panels = ['analogy', 'neighbours', 'map', 'mapping', 'game', 'inside'];
const pairs = 400;

describeWithBrowser('the page', () => {
  let site: TestSite;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let encoder: RelationEncoder;
  const errors: string[] = [];
  const origins = new Set<string>();

  const ready = { timeout: 120_000 };
  const open = async (hash: string, selector: string): Promise<void> => {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.waitForSelector(selector, { timeout: 60_000 });
  };
  const text = async (selector: string): Promise<string> => (await page.locator(selector).first().textContent()) ?? '';
  /** Words of the pairs in a list. */
  const wordsIn = (selector: string): Promise<string[][]> =>
    page
      .locator(selector)
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('.word')].map((word) => word.textContent ?? '')),
      );

  beforeAll(async () => {
    site = await openTestSite(pairs);
    encoder = await RelationEncoder.load('embedded', { worker: false });
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    await page.goto(site.url);
    await page.waitForSelector('.status.ready', ready);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await encoder?.dispose();
    await site?.[Symbol.asyncDispose]();
  });

  it('ranks pairs as the library does', async () => {
    await page.waitForSelector('.ranking li');
    const choices: [string, string][] = [
      ['paint', 'portrait'],
      ['poetry', 'rhythm'],
      ['note', 'music'],
      ['tale', 'story'],
      ['week', 'year'],
    ];
    const ranking = await encoder.rankAnalogy(['word', 'language'], choices);
    expect(await wordsIn('.ranking li')).toEqual(ranking.map(({ pair }) => [pair.head, pair.tail]));
    const scores = await page.locator('.ranking .score').allInnerTexts();
    expect(scores.map((score) => score.slice(-4))).toEqual(ranking.map(({ score }) => score.toFixed(2)));
  });

  it('ranks what is typed, keeps it in the address, and says what is blank', async () => {
    await page.getByLabel('Given pair: first word').fill('dog');
    await page.getByLabel('Given pair: second word').fill('puppy');
    await page.getByLabel('Choice 1: first word').fill('cat');
    await page.getByLabel('Choice 1: second word').fill('kitten');
    await page.waitForFunction(() => document.querySelector('.ranking li')?.textContent?.includes('kitten'));
    expect(await page.evaluate(() => location.hash)).toContain('stem=dog:puppy&choice=cat:kitten');
    expect(await text('.why')).toContain('cosine');
    await page.getByLabel('Choice 2: first word').fill('  ');
    await page.getByText('Pairs with an empty field are left out.').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.ranking li').length === 4);
    await page.getByLabel('Given pair: second word').fill('');
    await page.getByText('The given pair needs two words').waitFor();
  });

  it('ranks as the library does where choices share a word with the given pair, and says what that costs', async () => {
    await open('#analogy?stem=hot:cold&choice=big:small&choice=hot:warm', '.ranking li');
    await page.waitForFunction(() => document.querySelector('.ranking')?.textContent?.includes('warm'));
    const ranking = await encoder.rankAnalogy(
      ['hot', 'cold'],
      [
        ['big', 'small'],
        ['hot', 'warm'],
      ],
    );
    expect(await wordsIn('.ranking li')).toEqual(ranking.map(({ pair }) => [pair.head, pair.tail]));
    const { score, cosine } = ranking.find(({ pair }) => pair.head === 'hot') ?? { score: 0, cosine: 0 };
    expect(cosine - score).toBeCloseTo(0.1, 9);
    expect(await text('.why')).toContain(`hot:warm has ${cosine.toFixed(2)} and scores ${score.toFixed(2)}`);
  });

  it('says in words why a word without letters cannot be ranked', async () => {
    await open(`#analogy?stem=${encodeURIComponent('\u200b')}:b&choice=c:d`, '.result .notice');
    expect(await text('.result .notice')).toContain('the head word is blank');
  });

  it('finds the nearest pairs, with and without shared words', async () => {
    await open('#neighbours?pair=hot:cold', '.ranking li');
    const without = await wordsIn('.ranking li');
    expect(without).toHaveLength(15);
    expect(without.flat().some((word) => ['hot', 'cold'].includes(word.toLowerCase()))).toBe(false);
    // What the page shows has falling cosines that the library computes as well.
    const shown = (await page.locator('.ranking .score').allInnerTexts()).map((score) => Number(score.slice(-4)));
    expect(shown).toEqual([...shown].sort((a, b) => b - a));
    const cosine = await encoder.similarity(['hot', 'cold'], without[0] as [string, string]);
    expect(Math.abs((shown[0] as number) - cosine)).toBeLessThan(0.011);
    const [head = '', tail = ''] = without[0] as string[];
    await open(
      `#neighbours?pair=${encodeURIComponent(head)}:${encodeURIComponent(`${tail} x`)}&shared=yes`,
      '.ranking li',
    );
    await page.waitForFunction(
      (word) => [...document.querySelectorAll('.ranking .word')].some((each) => each.textContent === word),
      head,
    );
    await page.getByLabel('Show pairs that share a word').uncheck();
    await page.waitForFunction(
      (word) => [...document.querySelectorAll('.ranking .word')].every((each) => each.textContent !== word),
      head,
    );
  });

  it('draws the map, finds the pair under the pointer, and places pairs', async () => {
    await open('#map', '.map canvas[data-frame]');
    const canvas = page.locator('.map canvas');
    expect(await canvas.getAttribute('aria-label')).toContain(`${pairs} pairs`);
    const coloured = await canvas.evaluate((element: HTMLCanvasElement) => {
      const context = element.getContext('2d') as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, element.width, element.height);
      return data.filter((value, i) => i % 4 === 3 && value === 255).length;
    });
    expect(coloured).toBeGreaterThan(pairs);
    const rows = new TextDecoder()
      .decode(await site.read('data/map.tsv'))
      .trim()
      .split('\n')
      .slice(1);
    const [head = '', tail = '', , x = '', y = ''] = (rows[7] as string).split('\t');
    await canvas.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = (await canvas.boundingBox()) as { x: number; y: number; width: number; height: number };
    const unit = Math.min(box.width, box.height);
    const at = (place: string, start: number, size: number): number =>
      start + size / 2 + (Number(place) / 1e4 - 0.5) * unit;
    await page.mouse.move(at(x, box.x, box.width), at(y, box.y, box.height));
    await page.waitForSelector('.tip');
    for (const word of [head, tail]) expect(await text('.tip')).toContain(word);
    await page.getByLabel('Your pair: first word').fill(head);
    await page.getByLabel('Your pair: second word').fill(tail);
    await page.getByRole('button', { name: 'Place it' }).click();
    await page.waitForSelector('.own span');
    const own = await page.locator('.own').evaluate((element: HTMLElement) => [element.style.left, element.style.top]);
    expect(Math.abs(Number.parseFloat(own[0] as string) - (at(x, box.x, box.width) - box.x))).toBeLessThan(2);
    expect(Math.abs(Number.parseFloat(own[1] as string) - (at(y, box.y, box.height) - box.y))).toBeLessThan(2);
    await page.waitForFunction(() => location.hash.includes('own='));
  });

  it('zooms and moves by keys, and compares what the lasso takes with a relation', async () => {
    await page.locator('.map canvas').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => /view=0\.5\d+,0\.500,1\.5/.test(location.hash));
    await page.getByRole('button', { name: 'Whole map' }).click();
    await page.getByRole('button', { name: 'Lasso' }).click();
    const box = (await page.locator('.map canvas').boundingBox()) as {
      x: number;
      y: number;
      width: number;
      height: number;
    };
    const corners = [
      [0.02, 0.02],
      [0.98, 0.02],
      [0.98, 0.98],
      [0.02, 0.98],
    ].map(([x = 0, y = 0]) => [box.x + x * box.width, box.y + y * box.height] as const);
    await page.mouse.move(...(corners[0] as readonly [number, number]));
    await page.mouse.down();
    for (const corner of [...corners.slice(1), corners[0] as readonly [number, number]])
      await page.mouse.move(...corner, { steps: 3 });
    await page.mouse.up();
    await page.waitForSelector('.group-0 b');
    const taken = Number.parseInt((await text('.group-0 b')).replace(',', ''), 10);
    expect(taken).toBeGreaterThan(0.9 * pairs);
    await page.getByLabel('Group B').selectOption({ label: 'Countries' });
    await page.waitForSelector('.figures td');
    const [all = 0, countries = 0, between = 0] = (await page.locator('.figures td').allInnerTexts()).map(Number);
    expect(countries).toBeGreaterThan(between);
    expect(all).toBeLessThan(1);
  });

  it('solves a mapping before the eyes, to the mapping of the library', async () => {
    await open('#mapping', '.mapping-grid');
    await page.getByRole('button', { name: 'Solve it' }).click();
    await page.waitForSelector('.solution li', { timeout: 60_000 });
    const source = ['solar system', 'sun', 'planet', 'mass', 'attracts', 'revolves', 'gravity'];
    const target = ['atom', 'nucleus', 'electron', 'charge', 'attracts', 'revolves', 'electromagnetism'];
    const problem = { source, target, kind: undefined, line: 1 };
    const { results } = await evaluateMapping([problem], (some) => encoder.encode(some));
    const { mapping, correct, score } = results[0] as (typeof results)[number];
    expect(await wordsIn('.solution li')).toEqual(source.map((term, i) => [term, mapping[i]]));
    expect(await text('.coherence .score')).toContain(score.toFixed(2));
    expect(await text('.mapping-result')).toContain(
      correct === 7 ? 'all 7 terms' : `agrees with people on ${correct} of 7 terms`,
    );
    await open(
      '#mapping?source=Japan&source=Tokyo&source=yen&target=pound&target=London&target=Britain',
      '.mapping-grid',
    );
    await page.getByRole('button', { name: 'Solve it' }).click();
    await page.waitForSelector('.solution li', { timeout: 60_000 });
    expect(await wordsIn('.solution li')).toEqual([
      ['Japan', 'Britain'],
      ['Tokyo', 'London'],
      ['yen', 'pound'],
    ]);
    await page.getByLabel('Term 1 of the first world').fill('Tokyo');
    await page.getByText('The first world has “Tokyo” twice.').waitFor();
  });

  it('plays a game to the end, with the same questions for the same link', async () => {
    await open('#game?kind=odd&seed=test', '.option');
    const questions = questionsOf('odd', 'test');
    for (const [round, { options, right }] of questions.entries()) {
      expect(await wordsIn('.option')).toEqual(options.map((pair) => [...pair]));
      // One wrong answer.
      await page
        .locator('.option')
        .nth(round === 0 ? (right + 1) % 4 : right)
        .click();
      await page.waitForFunction(() => /The model got/.test(document.querySelector('.verdict')?.textContent ?? ''));
      expect(await text('.verdict')).toContain(round === 0 ? 'Not quite.' : 'Right.');
      await page.locator('.verdict button').click();
    }
    await page.waitForSelector('text=9 of 10 for you');
    expect(questions).toHaveLength(rounds);
    // The address follows after the picture.
    await page.waitForFunction(() => location.hash === '#game?kind=odd&seed=test&beat=9');
    await open('#game?kind=odd&seed=test&beat=9&again=1', '.option');
    await page.getByText('Somebody scored 9 of 10').waitFor();
    await open('#game?kind=analogy&seed=test', '.question .pair');
    expect(await wordsIn('.question .pair')).toEqual([[...(questionsOf('analogy', 'test')[0]?.stem ?? [])]]);
  });

  it('shows the tokens and their weights', async () => {
    await open('#inside?pair=photosynthesis:ice cream', '.token');
    const tokens = await encoder.promptTokens(['photosynthesis', 'ice cream']);
    expect(await page.locator('.token-text').allInnerTexts()).toEqual(tokens.map((token) => token.text));
    const weights = await page.locator('.token-weight').allInnerTexts();
    expect(weights.map((weight) => weight.startsWith('not'))).toEqual(
      tokens.map((token) => token.weights.at(-1) === 0),
    );
    expect(weights.filter((weight) => weight === '+ 1/2')).toHaveLength(2);
  });

  it('has no violation that axe finds, in light and dark, and fits a phone', async () => {
    await page.addScriptTag({ content: axe });
    const violations: string[] = [];
    for (const panel of panels) {
      await open(`#${panel}`, `.tabs a[aria-current][href="#${panel}"]`);
      await page.waitForTimeout(300);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const found = await page.evaluate(async () => {
          const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
        });
        violations.push(...found.map((each) => `${panel}, ${colorScheme}: ${each}`));
      }
      await page.setViewportSize({ width: 360, height: 740 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${panel} on a phone`).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    expect(violations).toEqual([]);
  }, 120_000);

  it('answers a key and a click within 100 ms', async () => {
    // The best of some: other work of the machine counts as well.
    const slowest: number[] = [];
    for (let run = 0; run < 3; run++) {
      await open(`#analogy?stem=big:small&choice=run${run}:walk`, '.ranking li');
      await page.evaluate(() => {
        const seen = globalThis as unknown as { slow: number[] };
        seen.slow = [0];
        new PerformanceObserver((list) => seen.slow.push(...list.getEntries().map(({ duration }) => duration))).observe(
          {
            type: 'longtask',
          },
        );
      });
      await page.getByLabel('Given pair: first word').pressSequentially('s');
      await page.getByRole('button', { name: 'Add a pair' }).click();
      await page.getByRole('link', { name: 'What the model sees' }).click();
      await page.waitForSelector('.token');
      slowest.push(await page.evaluate(() => Math.max(...(globalThis as unknown as { slow: number[] }).slow)));
    }
    expect(Math.min(...slowest)).toBeLessThanOrEqual(100);
  });

  it('loads at most 150 kB of JavaScript without the runtime, and nothing from elsewhere', async () => {
    expect([...origins]).toEqual([new URL(site.url).origin]);
    const loaded = await page.evaluate(async () => {
      const stores = await caches.keys();
      return stores.length > 0;
    });
    expect(loaded).toBe(true);
    const part = site.parts[0] as TestSite['parts'][number];
    let bytes = 0;
    for (const [name, read] of part.files) {
      const code = name.endsWith('.js') ? await read() : new Uint8Array();
      const source = new TextDecoder().decode(code);
      // ONNX Runtime's own code, and the reader of PyTorch's files, which the page has no use for.
      if (name !== 'engine.js' && /onnxruntime-web v|ort-wasm-simd|data\.pkl/.test(source)) continue;
      bytes += gzipSync(code, { level: 9 }).byteLength;
    }
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(150_000);
    expect(errors).toEqual([]);
  });

  it('says what is wrong without SIMD, without storage, and without the model', async () => {
    const other = await browser.newContext({ serviceWorkers: 'block' });
    try {
      const old = await other.newPage();
      await old.addInitScript(() => {
        WebAssembly.validate = () => false;
      });
      await old.goto(site.url);
      await old.getByRole('alert').filter({ hasText: 'This browser has no WebAssembly SIMD' }).waitFor();
      const bare = await other.newPage();
      await bare.addInitScript(() => {
        CacheStorage.prototype.has = () => Promise.reject(new DOMException('denied', 'SecurityError'));
      });
      await other.route('**/model/**', (route) => route.fulfill({ status: 404 }));
      await bare.goto(site.url);
      await bare.getByText('This browser keeps no files for the page').waitFor();
      await bare.getByRole('alert').filter({ hasText: 'The model cannot be loaded' }).waitFor({ timeout: 60_000 });
    } finally {
      await other.close();
    }
  });

  it('works without the server after the first visit', async () => {
    await site.stop();
    await page.goto(`${site.url}#analogy?stem=big:small&choice=hot:cold&choice=dog:cat`);
    await page.reload();
    await page.waitForSelector('.status.ready', ready);
    await page.waitForSelector('.ranking li', { timeout: 60_000 });
    expect((await wordsIn('.ranking li'))[0]).toEqual(['hot', 'cold']);
    await open('#neighbours?pair=hot:cold', '.ranking li');
    await open('#map', '.map canvas[data-frame]');
  }, 180_000);
});

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}
