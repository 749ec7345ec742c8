import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { RelationEncoder } from '../../src/index.ts';
import type { BrowserPage } from './browser.ts';
import type { EmbedArguments } from './embed-in-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pairs: [string, string][] = [
  ['Tokyo', 'Japan'],
  ['naïve café', '東京'],
  ['a', 'b'],
  ['word', 'language'],
];

/**
 * Expects of one page with each checkpoint the embeddings that Node gives.
 * @returns false where the page has no WebGPU adapter
 */
export async function expectNodesEmbeddings(
  browser: BrowserPage,
  folders: readonly string[],
  args: Pick<EmbedArguments, 'template' | 'pooling' | 'device'>,
): Promise<boolean> {
  const models = folders.map((_, i) => `/model-${i}/`);
  const inPage = await browser.run<number[][] | 'no adapter'>(
    'test/browser/embed-in-page.ts',
    { ...args, models, pairs },
    { folders: Object.fromEntries(folders.map((folder, i) => [models[i], relative(root, folder)])) },
  );
  if (inPage === 'no adapter') return false;
  const { template, pooling } = args;
  for (const [i, folder] of folders.entries()) {
    await using encoder = await RelationEncoder.load(folder, { template, pooling, worker: false });
    const { data } = await encoder.encode(pairs);
    const own = inPage[i] as number[];
    expect(own).toHaveLength(data.length);
    const largest = data.reduce((most, value, k) => Math.max(most, Math.abs(value - (own[k] as number))), 0);
    expect(largest, folder).toBeLessThan(1e-4);
    expect(data.some((value) => Math.abs(value) > 0.01)).toBe(true);
  }
  return true;
}

/** The folder of a tiny random checkpoint. */
export const tinyCheckpoint = (family: string): string => `${root}test/fixtures/encoder/${family}`;
