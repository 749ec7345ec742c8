/**
 * Character classes of the reference tokenizers, from frozen tables: what counts as a letter or as punctuation must not
 * change with the Unicode version of the JavaScript engine.
 */
import * as tables from './unicode-tables.ts';

/** A set of code points. */
export interface CharacterClass {
  has(codePoint: number): boolean;
  /** For use between the brackets of a regular expression with the flag `u`. */
  readonly pattern: string;
}

export const isWhiteSpace = lazy(() => tables.whiteSpace);
export const isControl = lazy(() => tables.control);
export const isNonspacingMark = lazy(() => tables.nonspacingMark);
export const isCombiningMark = lazy(() => tables.combiningMark);
export const isPunctuation = lazy(() => tables.punctuation);
export const isLetter = lazy(() => tables.letter);
export const isNumber = lazy(() => tables.number);

/** Whether a text is a word of ASCII letters and digits: most are, and what classes say of them is plain. */
export function isPlainWord(text: string): boolean {
  return plainWord.test(text);
}

const plainWord = /^[0-9A-Za-z]+$/;

/** Unpacks a table on first use, so that importing costs nothing. */
function lazy(table: () => string): CharacterClass {
  let ranges: Uint32Array | undefined;
  const unpacked = (): Uint32Array => {
    ranges ??= unpack(table());
    return ranges;
  };
  let pattern: string | undefined;
  return {
    has: (codePoint) => contains(unpacked(), codePoint),
    get pattern() {
      pattern ??= patternOf(unpacked());
      return pattern;
    },
  };
}

/** Starts and ends (exclusive) in turn, ascending. */
function unpack(table: string): Uint32Array {
  const parts = table.split(' ');
  const ranges = new Uint32Array(parts.length * 2);
  let at = 0;
  parts.forEach((part, i) => {
    const [gap = '', length = '1'] = part.split('+');
    ranges[2 * i] = at + Number.parseInt(gap, 36);
    at = (ranges[2 * i] as number) + Number.parseInt(length, 36);
    ranges[2 * i + 1] = at;
  });
  return ranges;
}

/** A code point is in a range when an odd number of range borders lie at or below it. */
function contains(ranges: Uint32Array, codePoint: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as number) <= codePoint) low = middle + 1;
    else high = middle;
  }
  return (low & 1) === 1;
}

function patternOf(ranges: Uint32Array): string {
  let pattern = '';
  for (let i = 0; i < ranges.length; i += 2) {
    const [start, end] = [ranges[i] as number, (ranges[i + 1] as number) - 1];
    pattern += start === end ? escaped(start) : `${escaped(start)}-${escaped(end)}`;
  }
  return pattern;
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}
