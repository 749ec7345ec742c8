/** The `pattern` of a normaliser or pre-tokeniser in tokenizer.json: a text or a regular expression. */
import type { JsonPart } from './json.ts';
import { Regex, type RegexMatch } from './regex.ts';
import { UnsupportedRegex } from './regex-set.ts';

export interface Pattern {
  /** The text or the regular expression as it is written. */
  readonly source: string;
  readonly isLiteral: boolean;
  /** The matches from left to right; they do not overlap. */
  matches(text: string): Iterable<RegexMatch>;
}

/** @throws TokenizerError for a pattern that is neither, and for a regular expression that is not supported */
export function parsePattern(part: JsonPart): Pattern {
  const pattern = part.part('pattern');
  const literal = pattern?.value['String'];
  if (typeof literal === 'string') return { source: literal, isLiteral: true, matches: (text) => found(text, literal) };
  const source = pattern?.value['Regex'];
  if (typeof source !== 'string') throw part.error('"pattern" should hold a String or a Regex');
  const withPart = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (error instanceof UnsupportedRegex) throw part.error(error.message);
      throw error;
    }
  };
  const regex = withPart(() => {
    try {
      return new Regex(source);
    } catch (error) {
      if (!(error instanceof UnsupportedRegex)) throw error;
      throw new UnsupportedRegex(`the regular expression ${JSON.stringify(source)} is not supported: ${error.message}`);
    }
  });
  return { source, isLiteral: false, matches: (text) => withPart(() => [...regex.matches(text)]) };
}

function found(text: string, literal: string): RegexMatch[] {
  const matches: RegexMatch[] = [];
  if (literal === '') return matches;
  for (let start = text.indexOf(literal); start >= 0; start = text.indexOf(literal, start + literal.length)) {
    matches.push({ start, end: start + literal.length });
  }
  return matches;
}
