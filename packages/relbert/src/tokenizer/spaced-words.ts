import { isPlainWord } from './character-class.ts';
import type { PreTokeniser } from './pre-tokeniser.ts';
import type { TokenList } from './tokenizer.ts';

/**
 * Tokenises a text word by word, each distinct word once. This is possible only where a word's tokens do not depend on
 * its neighbours; then the result equals that of the whole text. The tests compare both on every golden prompt.
 */
export interface SpacedWords {
  /** Adds the tokens of a text that starts at `base`. Adds nothing and returns false where words are not independent. */
  tokenise(text: string, base: number, tokens: TokenList): boolean;
}

/** A word, or a word with the space before it, or a run of spaces, with its tokens. */
type Unit = TokenList | 'dependent';

/** Size of the cache, which is emptied when it is full. */
const mostUnits = 65_536;

/**
 * @param spaces What spaces mean to the pre-tokeniser.
 * @param singleSpaces Whether a text with two spaces in a row cannot be taken apart.
 * @param whole Tokenises a unit by itself.
 */
export function spacedWords(
  spaces: PreTokeniser['spaces'],
  singleSpaces: boolean,
  whole: (unit: string) => TokenList,
): SpacedWords | undefined {
  if (spaces === undefined) return undefined;
  const units = new Map<string, Unit>();
  const unitOf = (text: string): Unit => {
    let unit = units.get(text);
    if (unit === undefined) {
      const word = text.replace(/^ +/, '');
      unit = word === '' || standsAlone(word) ? whole(text) : 'dependent';
      if (units.size >= mostUnits) units.clear();
      units.set(text, unit);
    }
    return unit;
  };
  /** Adds a unit; returns false where it depends on its neighbours. */
  const add = (text: string, start: number, end: number, base: number, { ids, offsets }: TokenList): boolean => {
    const unit = unitOf(text.slice(start, end));
    if (unit === 'dependent') return false;
    for (let i = 0; i < unit.ids.length; i++) {
      const [from, to] = unit.offsets[i] as readonly [number, number];
      ids.push(unit.ids[i] as number);
      offsets.push([from + start + base, to + start + base]);
    }
    return true;
  };
  const each = spaces === 'words' ? eachWord : eachSpacedWord;
  return {
    tokenise(text, base, tokens) {
      if (singleSpaces && text.includes('  ')) return false;
      const before = tokens.ids.length;
      if (each(text, (start, end) => add(text, start, end, base, tokens))) return true;
      tokens.ids.length = before;
      tokens.offsets.length = before;
      return false;
    },
  };
}

/** Calls `take` for each word until it returns false. */
function eachWord(text: string, take: (start: number, end: number) => boolean): boolean {
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === space) {
      at++;
      continue;
    }
    const next = text.indexOf(' ', at);
    const end = next < 0 ? text.length : next;
    if (!take(at, end)) return false;
    at = end;
  }
  return true;
}

/** Calls `take` for each word with one space before it, and for the rest of longer runs of spaces. */
function eachSpacedWord(text: string, take: (start: number, end: number) => boolean): boolean {
  for (let at = 0; at < text.length; ) {
    let word = at;
    while (text.charCodeAt(word) === space) word++;
    const start = word === text.length ? word : Math.max(at, word - 1);
    if (start > at && !take(at, start)) return false;
    if (word === text.length) return true;
    const next = text.indexOf(' ', word);
    const end = next < 0 ? text.length : next;
    if (!take(start, end)) return false;
    at = end;
  }
  return true;
}

const space = 0x20;

/**
 * Whether neither end of a word can join the space beside it: the word starts and ends with a letter, number, punctuation
 * mark or symbol that neither extends a grapheme to its left nor takes the next character into its grapheme.
 */
function standsAlone(word: string): boolean {
  return isPlainWord(word) || (ordinaryStart.test(word) && ordinaryEnd.test(word) && !prependingEnd.test(word));
}

const ordinaryStart = /^(?![\p{Grapheme_Extend}\p{Emoji_Modifier}\p{M}])[\p{L}\p{N}\p{P}\p{S}]/u;
const ordinaryEnd = /[\p{L}\p{N}\p{P}\p{S}\p{Mn}\p{Mc}]$/u;
/** Letters and marks that Unicode counts as Grapheme_Cluster_Break=Prepend. */
const prependingEnd =
  /[\u0d4e\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}\u{113d1}]$/u;
