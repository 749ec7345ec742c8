/** @file Which words hold something that a tokenizer reads. */
import { isCombiningMark, isControl, isWhiteSpace } from 'relbert/cli';

/** What BERT's tokenizer passes over, and what is no word by itself. */
const passedOver = [isWhiteSpace, isControl, isCombiningMark].map(({ pattern }) => pattern);

/** Written so that the regular expressions of JavaScript, Python and Rust agree on the schema. */
const portable = `${passedOver.join('')}\\u{0}\\u{fffd}`.replace(/\\u\{(\w+)\}/g, (_, hex: string) =>
  hex.length > 4 ? String.fromCodePoint(Number.parseInt(hex, 16)) : `\\u${hex.padStart(4, '0')}`,
);

export const readable = new RegExp(`[^${portable}]`, 'u');
