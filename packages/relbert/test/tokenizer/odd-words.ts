import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/text/json.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { fixtureFiles, golden, goldenLines, hashes, oddPrompts, patched } from './golden-prompts.ts';

export const uncased = 'all-MiniLM-L6-v2';
export const small = Object.keys(golden.tokenizers).filter((name) => name !== uncased);
export const expected = (name: string) => golden.tokenizers[name] as (typeof golden.tokenizers)[string];

/** The older files of each tokenizer, and variants of tokenizer.json, on so many of the three blocks of odd words. */
export function testOddWords(blocks: number): void {
  test.each(small)('%s, the older files', (name) => {
    const tokenizer = createTokenizer(fixtureFiles(name).older);
    expect(hashes(goldenLines(tokenizer, oddPrompts(blocks)))).toEqual(expected(name).odd.slice(0, blocks));
  });

  test.each(golden.variants.map((variant) => [`${variant.base}, ${variant.name}`, variant] as const))(
    '%s',
    (_, { base, patch, odd }) => {
      const file = patched(fixtureFiles(base).json.get('tokenizer.json') as JsonObject, patch);
      const tokenizer = createTokenizer({ 'tokenizer.json': file });
      expect(hashes(goldenLines(tokenizer, oddPrompts(blocks)))).toEqual(odd.slice(0, blocks));
    },
  );
}
