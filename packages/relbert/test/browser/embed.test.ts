import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelationEncoder } from '../../src/index.ts';
import { describeWithShared, sharedPath } from '../shared.ts';
import { BrowserPage, describeWithBrowser } from './browser.ts';
import type { EmbedArguments } from './embed-in-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pairs: [string, string][] = [
  ['Tokyo', 'Japan'],
  ['naïve café', '東京'],
  ['a', 'b'],
  ['word', 'language'],
];

describeWithBrowser('a page embeds pairs as Node does', () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await BrowserPage.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  /** False where the page has no WebGPU adapter. */
  async function expectSame(model: string, args: EmbedArguments): Promise<boolean> {
    const { template, pooling } = args;
    const inPage = await browser.run<number[] | 'no adapter'>('test/browser/embed-in-page.ts', args, {
      folders: { '/model/': relative(root, model) },
    });
    if (inPage === 'no adapter') return false;
    await using encoder = await RelationEncoder.load(model, { template, pooling, worker: false });
    const { data } = await encoder.encode(args.pairs);
    expect(inPage).toHaveLength(data.length);
    const largest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - (inPage[i] as number))), 0);
    expect(largest).toBeLessThan(1e-4);
    expect(data.some((value) => Math.abs(value) > 0.01)).toBe(true);
    return true;
  }

  for (const family of ['bert', 'roberta', 'albert-v2', 'distilbert', 'mpnet']) {
    it(`with a tiny ${family}`, async () => {
      await expectSame(`${root}test/fixtures/encoder/${family}`, {
        pairs,
        template: '<subj> is the <mask> of <obj>',
        pooling: 'average+difference',
      });
    });
  }

  it('on WebGPU where there is an adapter', async ({ skip }) => {
    const args = {
      pairs,
      template: '<subj> is the <mask> of <obj>',
      pooling: 'average_no_mask',
      device: 'webgpu',
    } as const;
    if (!(await expectSame(`${root}test/fixtures/encoder/bert`, args))) skip('no WebGPU adapter in this browser');
  });

  describeWithShared('on the real language model', ['models/all-MiniLM-L6-v2/model.safetensors'], () => {
    it('over HTTP', async () => {
      await expectSame(sharedPath('models/all-MiniLM-L6-v2'), {
        pairs,
        template: '<subj> and <obj>',
        pooling: 'difference',
      });
    });
  });
});
