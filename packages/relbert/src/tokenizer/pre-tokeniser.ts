/** The pre-tokenisers of tokenizer.json: they cut a normalised text into the pieces that the model sees one by one. */

import { excerpt } from '../text/excerpt.ts';
import type { AlignedText } from './aligned-text.ts';
import { isLetter, isNumber, isPlainWord, isPunctuation, isWhiteSpace } from './character-class.ts';
import type { JsonPart } from './json.ts';
import { parsePattern } from './pattern.ts';
import type { RegexMatch } from './regex.ts';

export interface PreTokeniser {
  /** The pieces, none empty. */
  split(pieces: AlignedText[]): AlignedText[];
  /**
   * How spaces separate independent words. `words`: every space is dropped. `byte-level`: a single space belongs to the
   * word after it. Undefined: words are not independent.
   */
  readonly spaces: 'words' | 'byte-level' | undefined;
  /** Whether the start of the input is treated differently. Default false. */
  readonly positioned?: boolean;
}

const supported = [
  'BertPreTokenizer',
  'ByteLevel',
  'Digits',
  'Metaspace',
  'Punctuation',
  'Sequence',
  'Split',
  'Whitespace',
  'WhitespaceSplit',
];

/** @throws TokenizerError for a pre-tokeniser that is not supported */
export function createPreTokeniser(part: JsonPart | undefined): PreTokeniser {
  if (!part) return { split: (pieces) => pieces, spaces: undefined };
  switch (part.type) {
    case 'Sequence':
      return sequence(part.parts('pretokenizers').map(createPreTokeniser));
    case 'BertPreTokenizer':
      return matching(`[^${isWhiteSpace.pattern}${isPunctuation.pattern}]+|[${isPunctuation.pattern}]`);
    case 'WhitespaceSplit':
      return matching(`[^${isWhiteSpace.pattern}]+`);
    case 'Whitespace':
      return matching(`[${wordCharacters}]+|[^${wordCharacters}${isWhiteSpace.pattern}]+`);
    case 'Punctuation':
      return splitting(matchesOf(`[${isPunctuation.pattern}]`), part.string('behavior', 'Isolated'), false, part);
    case 'Digits': {
      const behaviour = part.boolean('individual_digits', false) ? 'Isolated' : 'Contiguous';
      return splitting(matchesOf('\\p{N}'), behaviour, false, part);
    }
    case 'Split': {
      const { matches } = parsePattern(part);
      return splitting(matches, part.string('behavior'), part.boolean('invert', false), part);
    }
    case 'Metaspace':
      return metaspace(part);
    case 'ByteLevel':
      return byteLevel(part.boolean('add_prefix_space', false), part.boolean('use_regex', true));
    default:
      throw part.unknownType('pre-tokeniser', supported);
  }
}

/** Word characters of Rust's regular expressions. */
const wordCharacters = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

function sequence(steps: readonly PreTokeniser[]): PreTokeniser {
  const [first, ...others] = steps;
  // After a split into words, each step sees a word by itself.
  const words = first?.spaces === 'words' && !others.some((step) => step.positioned);
  return {
    split: (pieces) => steps.reduce((all, step) => step.split(all), pieces),
    spaces: words || others.length === 0 ? first?.spaces : undefined,
    positioned: steps.some((step) => step.positioned),
  };
}

/** The pieces that match a pattern, in which ASCII letters and digits stay together; what lies between them is dropped. */
function matching(source: string): PreTokeniser {
  const matches = matchesOf(source);
  return {
    split: (pieces) =>
      pieces.flatMap((piece) =>
        isPlainWord(piece.text) ? [piece] : matches(piece.text).map(({ start, end }) => piece.slice(start, end)),
      ),
    spaces: 'words',
  };
}

type Matches = (text: string) => Iterable<RegexMatch>;

/** The matches of a pattern of ours, which is compiled when first used. */
function matchesOf(source: string): (text: string) => RegexMatch[] {
  let pattern: RegExp | undefined;
  return (text) => {
    pattern ??= new RegExp(source, 'gu');
    return Array.from(text.matchAll(pattern), ({ index, 0: match }) => ({ start: index, end: index + match.length }));
  };
}

/** A cut at each match, with what becomes of the matches. */
function splitting(matches: Matches, behaviour: string, invert: boolean, part: JsonPart): PreTokeniser {
  const merge = merges[behaviour.replaceAll('_', '').toLowerCase()];
  if (!merge) throw part.error(`the behaviour ${excerpt(behaviour)} is not supported`);
  return {
    split: (pieces) =>
      pieces.flatMap((piece) => {
        const cuts: Cut[] = [];
        let at = 0;
        for (const { start, end } of matches(piece.text)) {
          if (start > at) cuts.push({ start: at, end: start, match: invert });
          cuts.push({ start, end, match: !invert });
          at = end;
        }
        if (at < piece.length) cuts.push({ start: at, end: piece.length, match: invert });
        return merge(cuts)
          .filter(({ start, end }) => end > start)
          .map(({ start, end }) => piece.slice(start, end));
      }),
    spaces: undefined,
  };
}

interface Cut {
  start: number;
  end: number;
  readonly match: boolean;
}

const merges: Readonly<Record<string, (cuts: Cut[]) => Cut[]>> = {
  isolated: (cuts) => cuts,
  removed: (cuts) => cuts.filter(({ match }) => !match),
  contiguous: (cuts) => joined(cuts, (cut, previous) => cut.match === previous.match),
  mergedwithprevious: (cuts) => joined(cuts, (cut, previous) => cut.match && !previous.match),
  mergedwithnext: (cuts) =>
    joined(
      cuts.map(({ start, end, match }) => ({ start: -end, end: -start, match })).reverse(),
      (cut, previous) => cut.match && !previous.match,
    )
      .map(({ start, end, match }) => ({ start: -end, end: -start, match }))
      .reverse(),
};

/** Joins neighbours where `join` holds for a cut and the cut right before it. */
function joined(cuts: readonly Cut[], join: (cut: Cut, previous: Cut) => boolean): Cut[] {
  const out: Cut[] = [];
  cuts.forEach((cut, i) => {
    const previous = cuts[i - 1];
    const last = out.at(-1);
    if (previous && last && join(cut, previous)) last.end = cut.end;
    else out.push({ ...cut });
  });
  return out;
}

/** SentencePiece's: spaces become ▁, one more is put before the text, and each starts a piece. */
function metaspace(part: JsonPart): PreTokeniser {
  const replacement = part.string('replacement', '\u2581');
  if ([...replacement].length !== 1)
    throw part.error(`"replacement" should be one character, got ${excerpt(replacement)}`);
  const prefix = part.value['add_prefix_space'] === false ? 'never' : part.string('prepend_scheme', 'always');
  const cut = part.boolean('split', true);
  const spaces = matchesOf(' ');
  const escaped = replacement.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const pieces = matchesOf(`(?:${escaped})?[^${escaped}]+|${escaped}`);
  return {
    split: (texts) =>
      texts.flatMap((text) => {
        let spaced = text.replace(spaces(text.text), replacement);
        // "first": only where the piece starts with the first character of the input.
        const wanted = prefix === 'always' || (prefix === 'first' && text.starts[0] === 0);
        if (wanted && !spaced.text.startsWith(replacement)) spaced = spaced.prepend(replacement);
        if (!cut) return [spaced];
        return pieces(spaced.text).map(({ start, end }) => spaced.slice(start, end));
      }),
    spaces: undefined,
    positioned: prefix === 'first',
  };
}

/** GPT-2's: words with the space before them, then each byte of UTF-8 written as one visible character. */
function byteLevel(prefixSpace: boolean, useRegex: boolean): PreTokeniser {
  const letters = isLetter.pattern;
  const numbers = isNumber.pattern;
  const spaces = isWhiteSpace.pattern;
  const matches = matchesOf(
    `'s|'t|'re|'ve|'m|'ll|'d| ?[${letters}]+| ?[${numbers}]+| ?[^${spaces}${letters}${numbers}]+|[${spaces}]+(?![^${spaces}])|[${spaces}]+`,
  );
  return {
    split: (pieces) =>
      pieces.flatMap((piece) => {
        const text = prefixSpace && !piece.text.startsWith(' ') ? piece.prepend(' ') : piece;
        if (!useRegex) return [text.flatMap(visibleBytes)];
        return matches(text.text).map(({ start, end }) => text.slice(start, end).flatMap(visibleBytes));
      }),
    spaces: prefixSpace || !useRegex ? undefined : 'byte-level',
  };
}

/** The 256 bytes as visible characters: what is printable in Latin-1 stands for itself, the rest starts at U+0100. */
export const byteCharacters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(visible ? byte : next++);
  });
})();

const utf8 = new TextEncoder();
const visible = new Map<string, string>();

function visibleBytes(character: string): string {
  let bytes = visible.get(character);
  if (bytes === undefined) {
    bytes = Array.from(utf8.encode(character), (byte) => byteCharacters[byte]).join('');
    if (visible.size < 65_536) visible.set(character, bytes);
  }
  return bytes;
}
