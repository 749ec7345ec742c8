import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Regex } from '../../src/tokenizer/regex.ts';

/** By Oniguruma, through HuggingFace tokenizers: packages/reproduction/parity/tokenizer_ids.py regex. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/tokenizer/regex.json', import.meta.url), 'utf8')) as {
  texts: string[];
  patterns: { pattern: string; matches: [number, number][][] }[];
};

/** Empty matches cut nothing, so the goldens leave them out. */
const matches = (pattern: string, text: string): [number, number][] =>
  [...new Regex(pattern).matches(text)].flatMap(({ start, end }) =>
    end > start ? [[start, end] as [number, number]] : [],
  );

describe('regular expressions match what Oniguruma matches', () => {
  test.each(golden.patterns)('$pattern', ({ pattern, matches: expected }) => {
    expect(golden.texts.map((text) => matches(pattern, text))).toEqual(expected);
  });
});

describe('regular expressions', () => {
  test.each([
    ['(a)\\1', /back reference/],
    ['\\X', /\\X is not supported/],
    ['a\\Kb', /\\K is not supported/],
    ['\\Gb', /search start/],
    ['(?~ab)', /absence/],
    ['(?<a>b)\\g<a>', /subroutine/],
    ['\\p{In_Basic_Latin}', /In_Basic_Latin/],
    ['\\p{Klingon}', /Klingon/],
    ['(?i:straße)', /without case/],
    ['(?i:miss)', /"ss" without case/],
    ['a(?i)b|c', /options amid alternatives/],
    ['(?:|a)*', /repeating what may be empty/],
    ['(?:a{500}){500}', /too large/],
    ['(a', /parenthesis|paren|group/i],
    ['[b-a]', /range/i],
  ])('%s is refused', (pattern, message) => {
    expect(() => new Regex(pattern)).toThrow(message);
  });

  test.each(['(a+)+$', '(a|aa)+$', '(?:a*)*b', '(\\w+\\s?)+$', '(.*)*x', '(?=(a+)+b)a', '(?<=(?:a|aa)+b)c', '(a++)+b'])(
    '%s takes a time that grows with the text',
    (pattern) => {
      const start = performance.now();
      expect(matches(pattern, `${'a'.repeat(300)}!`)).toEqual([]);
      expect(performance.now() - start).toBeLessThan(2000);
    },
  );

  test('a text that is too long for the pattern is an error, not a wait', () => {
    expect(() => matches('(?:a|b|ab)*c', 'ab'.repeat(2_000_000))).toThrow(
      /4000000 characters is too long for the regular/,
    );
    expect(() => matches('(?=.*a)a', 'a'.repeat(20_000))).toThrow(/takes too long for the regular expression/);
  });
});
