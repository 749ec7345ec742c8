import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.ts';
import { BrowserPage, describeWithBrowser } from './browser.ts';
import { expectNodesEmbeddings, tinyCheckpoint } from './embed-as-node.ts';

describeWithBrowser('a page embeds pairs as Node does', () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await BrowserPage.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('with tiny checkpoints of five families, one after the other', async () => {
    const folders = ['bert', 'roberta', 'albert-v2', 'distilbert', 'mpnet'].map(tinyCheckpoint);
    const args = { template: '<subj> is the <mask> of <obj>', pooling: 'average+difference' } as const;
    expect(await expectNodesEmbeddings(browser, folders, args)).toBe(true);
  });

  describeWithShared('on the real language model', ['models/all-MiniLM-L6-v2/model.safetensors'], () => {
    it('over HTTP', async () => {
      const args = { template: '<subj> and <obj>', pooling: 'difference' } as const;
      expect(await expectNodesEmbeddings(browser, [sharedPath('models/all-MiniLM-L6-v2')], args)).toBe(true);
    });
  });
});
