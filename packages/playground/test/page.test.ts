import type { Browser, Page } from 'playwright-core';
import { RelationEncoder } from 'relbert';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithBrowser, launchBrowser } from '../../relbert/test/browser/browser.ts';
import { openTestSite, type TestSite } from './site.ts';

describeWithBrowser('the page', () => {
  let site: TestSite;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    site = await openTestSite(300);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(site.url);
    await page.waitForSelector('.status.ready', { timeout: 90_000 });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
    expect(errors).toEqual([]);
  });

  it('ranks pairs as the library does', async () => {
    await page.waitForSelector('.ranking li');
    await using encoder = await RelationEncoder.load('embedded', { worker: false });
    const choices: [string, string][] = [
      ['paint', 'portrait'],
      ['poetry', 'rhythm'],
      ['note', 'music'],
      ['tale', 'story'],
      ['week', 'year'],
    ];
    const ranking = await encoder.rankAnalogy(['word', 'language'], choices);
    const shown = await page.locator('.ranking li').evaluateAll((rows) =>
      rows.map((row) => ({
        words: [...row.querySelectorAll('.word')].map((word) => word.textContent),
        score: row.querySelector('.score')?.textContent?.replace('cosine ', ''),
      })),
    );
    expect(shown).toEqual(
      ranking.map(({ pair, score }) => ({ words: [pair.head, pair.tail], score: score.toFixed(2) })),
    );
  });
});
