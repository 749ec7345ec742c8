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

  async function expectSame(model: string, args: EmbedArguments): Promise<void> {
    const { template, pooling } = args;
    const inPage = await browser.run<number[]>('test/browser/embed-in-page.ts', args, {
      folders: { '/model/': relative(root, model) },
    });
    await using encoder = await RelationEncoder.load(model, { template, pooling, worker: false });
    const { data } = await encoder.encode(args.pairs);
    expect(inPage).toHaveLength(data.length);
    const largest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - (inPage[i] as number))), 0);
    expect(largest).toBeLessThan(1e-4);
    expect(data.some((value) => Math.abs(value) > 0.01)).toBe(true);
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
