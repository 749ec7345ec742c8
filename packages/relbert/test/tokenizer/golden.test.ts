import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/text/json.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { describeWithShared, sharedPath } from '../shared.ts';
import {
  fixtureFiles,
  golden,
  goldenLines,
  hashes,
  oddPrompts,
  patched,
  sharedFiles,
  sharedPrompts,
  sharedWords,
} from './golden-prompts.ts';

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

const modelFile = (file: string): string => `models/${uncased}/${file}`;

describeWithShared('20,480 prompts of the words of ../shared', sharedFiles, () => {
  // Not while the tests are collected: that is done without ../shared too.
  let words: string[] = [];
  beforeAll(() => {
    words = sharedWords();
  });

  test('the words are those that the goldens were made of', () => {
    expect(words).toHaveLength(golden.words);
  });

  test.each(small.filter((name) => expected(name).shared.length > 0))('%s', (name) => {
    const tokenizer = createTokenizer(fixtureFiles(name).older);
    expect(hashes(goldenLines(tokenizer, sharedPrompts(words)))).toEqual(expected(name).shared);
  });

  describeWithShared('the real language model', ['tokenizer.json', 'vocab.txt'].map(modelFile), () => {
    const read = (file: string): Uint8Array => readFileSync(sharedPath(modelFile(file)));

    test('tokenizer.json', () => {
      const tokenizer = createTokenizer({ 'tokenizer.json': read('tokenizer.json') });
      expect(hashes(goldenLines(tokenizer, oddPrompts()))).toEqual(expected(uncased).odd);
      expect(hashes(goldenLines(tokenizer, sharedPrompts(words)))).toEqual(expected(uncased).shared);
    });

    test('vocab.txt', () => {
      const files = { 'vocab.txt': read('vocab.txt'), 'tokenizer_config.json': read('tokenizer_config.json') };
      const tokenizer = createTokenizer(files);
      expect(tokenizer.maxLength).toBe(512);
      expect(hashes(goldenLines(tokenizer, sharedPrompts(words)))).toEqual(expected(uncased).shared);
    });
  });
});
