import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { describeWithShared, sharedPath } from '../shared.ts';
import {
  fixtureFiles,
  golden,
  goldenLines,
  hashes,
  oddPrompts,
  sharedFiles,
  sharedPrompts,
  sharedWords,
} from './golden-prompts.ts';
import { expected, small, testOddWords, uncased } from './odd-words.ts';

describe('all prompts of odd words: ids and spans of the reference', () => testOddWords(3));

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
