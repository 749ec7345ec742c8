import { expect, it } from 'vitest';
import { describeWithBrowser, launchBrowser } from '../../relbert/test/browser/browser.ts';
import { openTestSite } from './site.ts';

describeWithBrowser('the map of the page', () => {
  it('draws 100,000 points in at most 150 ms a frame, without a graphics processor', async () => {
    await using site = await openTestSite(100);
    const browser = await launchBrowser();
    const other = await browser.newContext({ serviceWorkers: 'block', viewport: { width: 1280, height: 900 } });
    try {
      const map = await other.newPage();
      const lines = Array.from(
        { length: 100_000 },
        (_, i) => `head${i}\ttail${i}\t${(i % 10) + 1}a\t${(i * 6180) % 10_000}\t${(i * 7549) % 9973}\n`,
      );
      const body = `head\ttail\trelation\tx\ty\n${lines.join('')}`;
      await other.route('**/data/map.tsv', (route) => route.fulfill({ body }));
      await map.goto(`${site.url}#map`);
      await map.waitForSelector('.map canvas[data-frame]', { timeout: 60_000 });
      expect(await map.locator('.map canvas').getAttribute('aria-label')).toContain('100,000 pairs');
      const frames: number[] = [];
      for (const button of ['Zoom in', 'Zoom in', 'Whole map', 'Zoom in', 'Whole map']) {
        await map.locator('.map canvas').evaluate((canvas: HTMLElement) => delete canvas.dataset['frame']);
        await map.getByRole('button', { name: button }).click();
        await map.waitForSelector('.map canvas[data-frame]');
        frames.push(Number(await map.locator('.map canvas').getAttribute('data-frame')));
      }
      // The best of some: other work of the machine counts as well.
      expect(Math.min(...frames)).toBeLessThanOrEqual(150);
      console.log(`frames of 100,000 points: ${frames.join(', ')} ms`);
    } finally {
      await browser.close();
    }
  });
});
