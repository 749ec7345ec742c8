/** The normalisers of tokenizer.json; they keep the ranges of the original text. */
import type { AlignedText } from './aligned-text.ts';
import { isCombiningMark, isControl, isNonspacingMark, isPlainWord, isWhiteSpace } from './character-class.ts';
import { createCharsmap } from './charsmap.ts';
import type { JsonPart } from './json.ts';
import { parsePattern } from './pattern.ts';
import { inUnicodeForm } from './unicode-form.ts';

export interface Normaliser {
  normalise(aligned: AlignedText): AlignedText;
  /**
   * Whether words between single spaces are normalised independently and the spaces stay. With `singleSpaces`, this
   * holds only for a text without two spaces in a row.
   */
  readonly local: boolean;
  readonly singleSpaces?: boolean;
}

const supported = [
  'BertNormalizer',
  'Lowercase',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Nmt',
  'Precompiled',
  'Prepend',
  'Replace',
  'Sequence',
  'Strip',
  'StripAccents',
];

/** @throws TokenizerError for a normaliser that is not supported */
export function createNormaliser(part: JsonPart | undefined): Normaliser {
  if (!part) return { normalise: (aligned) => aligned, local: true };
  switch (part.type) {
    case 'Sequence':
      return sequence(part.parts('normalizers').map(createNormaliser));
    case 'BertNormalizer':
      return bert(part);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = part.type;
      return { normalise: (aligned) => inUnicodeForm(aligned, form), local: true };
    }
    case 'Lowercase':
      return { normalise: lowercase, local: true };
    case 'StripAccents':
      return { normalise: (aligned) => aligned.filter((point) => !isCombiningMark.has(point)), local: true };
    case 'Nmt':
      return { normalise: nmt, local: true };
    case 'Precompiled':
      return precompiled(part);
    case 'Replace':
      return replace(part);
    case 'Strip':
      return strip(part.boolean('strip_left', true), part.boolean('strip_right', true));
    case 'Prepend': {
      const prefix = part.string('prepend');
      return { normalise: (aligned) => aligned.prepend(prefix), local: false };
    }
    default:
      throw part.unknownType('normaliser', supported);
  }
}

function sequence(steps: readonly Normaliser[]): Normaliser {
  return {
    normalise: (aligned) => steps.reduce((text, step) => step.normalise(text), aligned),
    local: steps.every((step) => step.local),
    singleSpaces: steps.some((step) => step.singleSpaces === true),
  };
}

/** BERT's: cleaning, spaces around Chinese characters, accents removed, lower case; in this order. */
function bert(part: JsonPart): Normaliser {
  const clean = part.boolean('clean_text', true);
  const chinese = part.boolean('handle_chinese_chars', true);
  const lower = part.boolean('lowercase', true);
  const strip = part.boolean('strip_accents', lower);
  return {
    normalise(aligned) {
      let text = aligned;
      if (isPlainWord(text.text)) return lower ? lowercase(text) : text;
      if (clean) {
        text = text
          .filter((point) => !isControl.has(point))
          .flatMap((character) => (isWhiteSpace.has(character.codePointAt(0) as number) ? ' ' : character));
      }
      if (chinese) {
        text = text.flatMap((character) =>
          isChinese(character.codePointAt(0) as number) ? ` ${character} ` : character,
        );
      }
      if (strip) text = inUnicodeForm(text, 'NFD').filter((point) => !isNonspacingMark.has(point));
      return lower ? lowercase(text) : text;
    },
    local: true,
  };
}

/** Character by character, as in the reference: no final sigma. */
function lowercase(aligned: AlignedText): AlignedText {
  if (aligned.text === aligned.text.toLowerCase()) return aligned;
  return aligned.flatMap((character) => character.toLowerCase());
}

function precompiled(part: JsonPart): Normaliser {
  const text = part.value['precompiled_charsmap'];
  if (text === null || text === undefined || text === '') return createNormaliser(undefined);
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(part.string('precompiled_charsmap')), (character) => character.charCodeAt(0));
    const charsmap = createCharsmap(bytes);
    return { normalise: (aligned) => charsmap.normalise(aligned), local: !charsmap.joinsWords };
  } catch {
    throw part.error('precompiled_charsmap is damaged');
  }
}

function replace(part: JsonPart): Normaliser {
  const content = part.string('content');
  const { source, isLiteral, matches } = parsePattern(part);
  // SentencePiece's rule for runs of spaces changes nothing where there is no run.
  const runs = !isLiteral && source === ' {2,}' && content === ' ';
  return {
    normalise: (aligned) => aligned.replace(matches(aligned.text), content),
    local: runs || (isLiteral && !`${source}${content}`.includes(' ')),
    singleSpaces: runs,
  };
}

function strip(left: boolean, right: boolean): Normaliser {
  return {
    normalise(aligned) {
      const points = [...aligned.text];
      let start = 0;
      let end = points.length;
      while (left && start < end && isWhiteSpace.has((points[start] as string).codePointAt(0) as number)) start++;
      while (right && end > start && isWhiteSpace.has((points[end - 1] as string).codePointAt(0) as number)) end--;
      return aligned.slice(points.slice(0, start).join('').length, points.slice(0, end).join('').length);
    },
    local: false,
  };
}

/** SentencePiece's cleaning: removes control characters, turns other spaces into plain ones. */
function nmt(aligned: AlignedText): AlignedText {
  return aligned
    .filter((point) => {
      const dropped =
        (point >= 0x01 && point <= 0x08) || point === 0x0b || (point >= 0x0e && point <= 0x1f) || point === 0x7f;
      return !dropped && point !== 0x8f && point !== 0x9f;
    })
    .flatMap((character) =>
      /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/.test(character) ? ' ' : character,
    );
}

function isChinese(point: number): boolean {
  return (
    (point >= 0x4e00 && point <= 0x9fff) ||
    (point >= 0x3400 && point <= 0x4dbf) ||
    (point >= 0x20000 && point <= 0x2a6df) ||
    (point >= 0x2a700 && point <= 0x2b73f) ||
    (point >= 0x2b740 && point <= 0x2b81f) ||
    (point >= 0x2b920 && point <= 0x2ceaf) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0x2f800 && point <= 0x2fa1f)
  );
}
