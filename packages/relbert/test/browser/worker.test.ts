import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelationEncoder } from '../../src/index.ts';
import { BrowserPage, describeWithBrowser } from './browser.ts';
import type { WorkerArguments, WorkerReport } from './worker-in-page.ts';

const pairs = Array.from({ length: 1000 }, (_, i): [string, string] => [`word${i}`, `thing ${i % 7}`]);

describeWithBrowser('the encoder of a page', () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await BrowserPage.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());
  const inPage = <Report>(args: WorkerArguments): Promise<Report> =>
    browser.run('test/browser/worker-in-page.ts', args, { folders: { '/model/': '../relbert-minilm-l6' } });

  it('works in a worker: the page is free, hears of progress, stops and ends it', async () => {
    const { result, longest } = await browser.longestTask(() => inPage<WorkerReport>({ pairs, threads: 1 }));
    expect(result.runtime).toBe('web-worker');
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(50);
    expect(result.events.length).toBeGreaterThan(10);
    expect(result.events.at(-1)).toBe(1000);
    expect(result).toMatchObject({ aborted: 'enough', late: 0, tooLong: 'PromptTooLongError: 604 of 512' });
    expect(result.disposed).toEqual(Array(2).fill('this RelationEncoder was disposed'));
    expect(result.tokens).toBe('[CLS] <tokyo> and <japan> [SEP]');
    await using encoder = await RelationEncoder.load('embedded', { worker: false });
    const { data } = await encoder.encode(pairs.slice(0, 8));
    const difference = data.map((value, i) => Math.abs(value - (result.data[i] as number)));
    expect(Math.max(...difference)).toBeLessThan(1e-4);
  }, 240_000);

  it('says what is wrong in the same classes', async () => {
    expect(await inPage<string[]>({ pairs: [] })).toEqual([
      expect.stringContaining('CheckpointError: /nothing: there is no config.json'),
      expect.stringContaining("RuntimeError: the worker's script cannot be loaded (/nothing.js): put it there"),
      expect.stringMatching(
        /^RuntimeError: onnxruntime-web cannot load its binary .*name their folder in runtime.wasmPaths$/,
      ),
      'OptionError: maxLength 100000 is more than the 512 tokens that the model takes',
      'Error: enough',
    ]);
  });
});
