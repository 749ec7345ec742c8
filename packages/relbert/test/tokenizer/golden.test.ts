import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/text/json.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { fixtureFiles, golden, goldenLines, hashes, oddPrompts, patched } from './golden-prompts.ts';

const uncased = 'all-MiniLM-L6-v2';
const small = Object.keys(golden.tokenizers).filter((name) => name !== uncased);
const expected = (name: string) => golden.tokenizers[name] as (typeof golden.tokenizers)[string];

describe('prompts of odd words: ids and spans of the reference', () => {
  test.each(small.filter((name) => name !== 'camembert'))('%s, tokenizer.json', (name) => {
    const lines = [...goldenLines(createTokenizer(fixtureFiles(name).json), oddPrompts())];
    const { samples } = expected(name);
    const step = Math.floor(lines.length / 12);
    expect(lines.filter((_, i) => i % step === 0).map((line) => JSON.parse(line) as unknown)).toEqual(samples);
    expect(hashes(lines)).toEqual(expected(name).odd);
  });

  test.each(small)('%s, the older files', (name) => {
    expect(hashes(goldenLines(createTokenizer(fixtureFiles(name).older), oddPrompts()))).toEqual(expected(name).odd);
  });

  test.each(golden.variants.map((variant) => [`${variant.base}, ${variant.name}`, variant] as const))(
    '%s',
    (_, { base, patch, odd }) => {
      const tokenizer = patched(fixtureFiles(base).json.get('tokenizer.json') as JsonObject, patch);
      expect(hashes(goldenLines(createTokenizer({ 'tokenizer.json': tokenizer }), oddPrompts()))).toEqual(odd);
    },
  );
});
