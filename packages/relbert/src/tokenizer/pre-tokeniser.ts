/** The pre-tokenisers of tokenizer.json: a normalised text cut into the pieces that the model sees one by one. */
import type { AlignedText } from './aligned-text.ts';
import { isLetter, isNumber, isPunctuation, isWhiteSpace } from './character-class.ts';
import type { JsonPart } from './json.ts';

export interface PreTokeniser {
  /** The pieces, none empty. `first`: whether the text starts where the whole input does. */
  split(pieces: AlignedText[], first: boolean): AlignedText[];
  /**
   * How spaces separate independent words: `words`, every space is dropped; `byte-level`, a single space belongs to
   * the word after it; undefined, words are not independent.
   */
  readonly spaces: 'words' | 'byte-level' | undefined;
}

const known = [
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

/** @throws TokenizerError for a pre-tokeniser that is not known */
export function createPreTokeniser(part: JsonPart | undefined): PreTokeniser {
  if (!part) return { split: (pieces) => pieces, spaces: undefined };
  switch (part.type) {
    case 'Sequence':
      return sequence(part.parts('pretokenizers').map(createPreTokeniser));
    case 'BertPreTokenizer':
      return byPattern(`[^${isWhiteSpace.pattern}${isPunctuation.pattern}]+|[${isPunctuation.pattern}]`, 'words');
    case 'WhitespaceSplit':
      return byPattern(`[^${isWhiteSpace.pattern}]+`, 'words');
    case 'Whitespace':
      return byPattern(`[${wordCharacters}]+|[^${wordCharacters}${isWhiteSpace.pattern}]+`, 'words');
    case 'Punctuation':
      return splitting(`[${isPunctuation.pattern}]`, part.string('behavior', 'Isolated'), false, part);
    case 'Digits':
      return splitting('\\p{N}', part.boolean('individual_digits', false) ? 'Isolated' : 'Contiguous', false, part);
    case 'Split':
      return splitting(patternOf(part), part.string('behavior'), part.boolean('invert', false), part);
    case 'Metaspace':
      return metaspace(part);
    case 'ByteLevel':
      return byteLevel(part.boolean('add_prefix_space', false), part.boolean('use_regex', true));
    default:
      throw part.unknownType('pre-tokeniser', known);
  }
}

/** Word characters of Rust's regular expressions. */
const wordCharacters = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

function sequence(steps: readonly PreTokeniser[]): PreTokeniser {
  const [firstStep, ...others] = steps;
  return {
    split: (pieces, first) => steps.reduce((all, step) => step.split(all, first), pieces),
    // What comes after a split into words sees each word by itself.
    spaces:
      firstStep?.spaces === 'words' && others.every((step) => !(step as PositionedPreTokeniser).positioned)
        ? 'words'
        : steps.length === 1
          ? firstStep?.spaces
          : undefined,
  };
}

/** A pre-tokeniser that treats the start of the input in its own way. */
interface PositionedPreTokeniser extends PreTokeniser {
  readonly positioned?: boolean;
}

/** The matches are the pieces; what lies between them is dropped. */
function byPattern(source: string, spaces: PreTokeniser['spaces']): PreTokeniser {
  const pattern = lazyPattern(source);
  return {
    split: (pieces) =>
      pieces.flatMap((piece) =>
        Array.from(piece.text.matchAll(pattern()), (match) => piece.slice(match.index, match.index + match[0].length)),
      ),
    spaces,
  };
}

/** A cut at each match of a pattern, with what becomes of the matches. */
function splitting(source: string, behaviour: string, invert: boolean, part: JsonPart): PreTokeniser {
  let pattern: () => RegExp;
  try {
    new RegExp(source, 'gu');
    pattern = lazyPattern(source);
  } catch {
    throw part.error(`the regular expression ${JSON.stringify(source)} is not supported`);
  }
  const merge = merges[behaviour.replaceAll('_', '').toLowerCase()];
  if (!merge) throw part.error(`the behaviour ${JSON.stringify(behaviour)} is not known`);
  return {
    split: (pieces) =>
      pieces.flatMap((piece) => {
        const cuts: Cut[] = [];
        let at = 0;
        for (const match of piece.text.matchAll(pattern())) {
          const end = match.index + match[0].length;
          if (match.index > at) cuts.push({ start: at, end: match.index, match: invert });
          cuts.push({ start: match.index, end, match: !invert });
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

/** Neighbours joined where asked, each compared with the cut right before it. */
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

function patternOf(part: JsonPart): string {
  const pattern = part.part('pattern');
  const literal = pattern?.value['String'];
  if (typeof literal === 'string') return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const source = pattern?.value['Regex'];
  if (typeof source === 'string') return source;
  throw part.error('"pattern" should hold a String or a Regex');
}

/** SentencePiece's: spaces become ▁, one is put before the text, and each starts a piece. */
function metaspace(part: JsonPart): PositionedPreTokeniser {
  const replacement = part.string('replacement', '\u2581');
  const prefix = part.value['add_prefix_space'] === false ? 'never' : part.string('prepend_scheme', 'always');
  const cut = part.boolean('split', true);
  const escaped = replacement.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const pieces = new RegExp(`(?:${escaped})?[^${escaped}]+|${escaped}`, 'gu');
  return {
    split: (texts, first) =>
      texts.flatMap((text, i) => {
        let spaced = text.replace(/ /g, replacement);
        const wanted = prefix === 'always' || (prefix === 'first' && first && i === 0);
        if (wanted && !spaced.text.startsWith(replacement)) spaced = spaced.prepend(replacement);
        if (!cut) return [spaced];
        return Array.from(spaced.text.matchAll(pieces), (match) =>
          spaced.slice(match.index, match.index + match[0].length),
        );
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
  const pattern = lazyPattern(
    `'s|'t|'re|'ve|'m|'ll|'d| ?[${letters}]+| ?[${numbers}]+| ?[^${spaces}${letters}${numbers}]+|[${spaces}]+(?![^${spaces}])|[${spaces}]+`,
  );
  return {
    split: (pieces) =>
      pieces.flatMap((piece) => {
        const text = prefixSpace && !piece.text.startsWith(' ') ? piece.prepend(' ') : piece;
        if (!useRegex) return [text.flatMap(visibleBytes)];
        return Array.from(text.text.matchAll(pattern()), (match) =>
          text.slice(match.index, match.index + match[0].length).flatMap(visibleBytes),
        );
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

/** A regular expression that is compiled when first used. */
function lazyPattern(source: string): () => RegExp {
  let pattern: RegExp | undefined;
  return () => {
    pattern ??= new RegExp(source, 'gu');
    return pattern;
  };
}
