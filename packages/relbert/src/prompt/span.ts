import type { Tokenization } from '../tokenizer/tokenizer.ts';

/** A range of characters (UTF-16 code units) of a prompt's text, end exclusive. */
export type CharacterRange = readonly [start: number, end: number];

/**
 * The positions of the tokens that cover at least one character of the ranges: a word's span. An empty word has none; a
 * token that covers a word and its surroundings belongs to the word.
 */
export function spanOf({ offsets }: Tokenization, ranges: readonly CharacterRange[]): number[] {
  const span: number[] = [];
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i];
    if (!offset) continue;
    for (let r = 0; r < ranges.length; r++) {
      const range = ranges[r] as CharacterRange;
      if (Math.max(range[0], offset[0]) < Math.min(range[1], offset[1])) {
        span.push(i);
        break;
      }
    }
  }
  return span;
}

/** The positions of a token id. */
export function positionsOf(ids: readonly number[], wanted: number): number[] {
  const positions: number[] = [];
  for (let at = ids.indexOf(wanted); at >= 0; at = ids.indexOf(wanted, at + 1)) positions.push(at);
  return positions;
}
