import { expect, it } from 'vitest';
import { operatorCases } from '../graph/operator-suite.ts';
import { BrowserPage, describeWithBrowser, runInBrowser } from './browser.ts';
import { expectNodesEmbeddings, tinyCheckpoint } from './embed-as-node.ts';
import type run from './operators-in-page.ts';

type Report = Awaited<ReturnType<typeof run>>;

describeWithBrowser('operators in a real browser', () => {
  it('pass on WebAssembly, in a page that is cross-origin isolated', async () => {
    const report = await runInBrowser<Report>('test/browser/operators-in-page.ts', { draws: 1, device: 'wasm' });
    expect(report.failed).toEqual([]);
    expect(report.passed).toBe(report.count);
    expect(report.count).toBe(operatorCases.length);
    expect(report.agent).toContain('Chrome');
    expect(report.isolated).toBe(true);
  });

  it('pass on WebGPU where there is one', async ({ skip }) => {
    const report = await runInBrowser<Report>('test/browser/operators-in-page.ts', { draws: 1, device: 'webgpu' });
    if (report.skipped) skip('no WebGPU adapter in this browser');
    expect(report.failed).toEqual([]);
    expect(report.passed).toBe(report.count);
    expect(report.count).toBeGreaterThan(0.9 * operatorCases.length);
  }, 240_000);

  it('embed pairs as Node does, on WebGPU where there is one', async ({ skip }) => {
    await using browser = await BrowserPage.open();
    const args = { template: '<subj> is the <mask> of <obj>', pooling: 'average_no_mask', device: 'webgpu' } as const;
    if (!(await expectNodesEmbeddings(browser, [tinyCheckpoint('bert')], args)))
      skip('no WebGPU adapter in this browser');
  });

  it('report what a script in the page throws', async () => {
    await expect(runInBrowser('test/browser/operators-in-page.ts', null)).rejects.toThrow('draws');
  });
});
