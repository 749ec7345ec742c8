import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelationEncoder } from '../../src/index.ts';
import { BrowserPage, describeWithBrowser } from './browser.ts';
import type { WorkerArguments, WorkerReport } from './worker-in-page.ts';

const pairs = Array.from({ length: 160 }, (_, i): [string, string] => [`word${i}`, `thing ${i % 7}`]);

/** Of the first eight embeddings to Node's in f32: the largest difference of a number, and each relative distance. */
async function fromNode(data: readonly number[]): Promise<{ largest: number; distances: readonly number[] }> {
  await using encoder = await RelationEncoder.load('embedded', { worker: false });
  const { data: expected } = await encoder.encode(pairs.slice(0, 8));
  const length = (values: Iterable<number>) => Math.hypot(...values);
  const distances = Array.from({ length: 8 }, (_, row) => {
    const own = expected.subarray(row * encoder.dimension, (row + 1) * encoder.dimension);
    return length(own.map((value, i) => value - (data[row * encoder.dimension + i] as number))) / length(own);
  });
  return { largest: Math.max(...expected.map((value, i) => Math.abs(value - (data[i] as number)))), distances };
}

describeWithBrowser('the encoder of a page', () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await BrowserPage.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());
  const inPage = <Report>(args: WorkerArguments): Promise<Report> =>
    browser.run('test/browser/worker-in-page.ts', args, { folders: { '/model/': '../relbert-minilm-l6' } });

  it('works in a worker: the page is free, hears of progress, stops and ends it', async () => {
    const measured = () => browser.longestTask(() => inPage<WorkerReport>({ pairs, batchTokens: 96 }));
    let { result, longest } = await measured();
    // Other work on the machine lengthens a task; what the page itself does is as long each time.
    for (let again = 0; longest >= 50 && again < 2; again++) ({ result, longest } = await measured());
    expect([result.runtime, result.dtype]).toEqual(['web-worker', 'int8']);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(50);
    expect(result.events.length).toBeGreaterThan(10);
    expect(result.events.at(-1)).toBe(160);
    expect(result).toMatchObject({ aborted: 'enough', late: 0, tooLong: 'PromptTooLongError: 604 of 512' });
    expect(result.disposed).toEqual(Array(2).fill('this RelationEncoder was disposed'));
    expect(result.tokens).toBe('[CLS] <tokyo> and <japan> [SEP]');
    // Products in 8 bits, as the weights are stored.
    const { distances } = await fromNode(result.data);
    for (const distance of distances) {
      expect(distance).toBeGreaterThan(1e-4);
      expect(distance).toBeLessThan(0.1);
    }
  }, 240_000);

  it("gives Node's embeddings in f32", async () => {
    const { data, dtype } = await inPage<WorkerReport>({ pairs: pairs.slice(0, 8), threads: 1, dtype: 'f32' });
    expect(dtype).toBe('f32');
    expect((await fromNode(data)).largest).toBeLessThan(1e-4);
  }, 240_000);

  it('computes in the workers that start', async () => {
    // The first is the encoder's, which has the others compute.
    const { data, events } = await inPage<WorkerReport>({ pairs: pairs.slice(0, 32), threads: 2, withoutWorker: 1 });
    expect(events.at(-1)).toBe(32);
    for (const distance of (await fromNode(data)).distances) expect(distance).toBeLessThan(0.1);
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
      "RuntimeError: device 'webgpu' is not available here (there is no graphics adapter); available: wasm",
    ]);
  });
});
