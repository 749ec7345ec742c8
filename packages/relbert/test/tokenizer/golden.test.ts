import { describe, expect, test } from 'vitest';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { fixtureFiles, goldenLines, hashes, oddPrompts } from './golden-prompts.ts';
import { expected, small, testOddWords } from './odd-words.ts';

describe('prompts of odd words: ids and spans of the reference', () => {
  test.each(small.filter((name) => name !== 'camembert'))('%s, tokenizer.json', (name) => {
    const lines = [...goldenLines(createTokenizer(fixtureFiles(name).json), oddPrompts())];
    const { samples } = expected(name);
    const step = Math.floor(lines.length / 12);
    expect(lines.filter((_, i) => i % step === 0).map((line) => JSON.parse(line) as unknown)).toEqual(samples);
    expect(hashes(lines)).toEqual(expected(name).odd);
  });

  // With each odd word as head and as tail.
  testOddWords(1);
});
