/** The decoders of tokenizer.json: from tokens to text, with the part of the text that each token writes. */
import type { JsonPart } from './json.ts';
import { byteCharacters } from './pre-tokeniser.ts';

/** The text of each token, in order; joined they are the decoded text. */
export type Decoder = (tokens: readonly string[]) => string[];

const supported = ['BPEDecoder', 'ByteLevel', 'Metaspace', 'Sequence', 'WordPiece'];

/** @throws TokenizerError for a decoder that is not supported */
export function createDecoder(part: JsonPart | undefined): Decoder {
  if (!part) return (tokens) => tokens.map((token, i) => (i === 0 ? token : ` ${token}`));
  switch (part.type) {
    case 'WordPiece':
      return wordPiece(part.string('prefix', '##'), part.boolean('cleanup', true));
    case 'BPEDecoder':
      return wordEnd(part.string('suffix', '</w>'));
    case 'ByteLevel':
      return byteLevel;
    case 'Metaspace':
      return metaspace(part);
    case 'Sequence': {
      const [only, ...more] = part.parts('decoders');
      if (only && more.length === 0) return createDecoder(only);
      throw part.error('a decoder of several steps is not supported');
    }
    default:
      throw part.unknownType('decoder', supported);
  }
}

function wordPiece(prefix: string, cleanup: boolean): Decoder {
  return (tokens) =>
    tokens.map((token, i) => {
      const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanup ? cleanUpSpaces(text) : text;
    });
}

/** The suffix of a word's last token becomes a space; that of the text's last token is dropped. */
function wordEnd(suffix: string): Decoder {
  return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
}

function metaspace(part: JsonPart): Decoder {
  const replacement = part.string('replacement', '\u2581');
  const prefixed = part.value['add_prefix_space'] !== false && part.string('prepend_scheme', 'always') !== 'never';
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && prefixed ? '' : ' '));
}

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** A character's bytes may come from several tokens: the token that completes it writes it. */
function byteLevel(tokens: readonly string[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const texts = tokens.map((token) => {
    const bytes = Array.from(token, (character) => byteOf.get(character));
    const whole = bytes.every((byte) => byte !== undefined);
    return decoder.decode(whole ? Uint8Array.from(bytes as number[]) : encoder.encode(token), { stream: true });
  });
  const rest = decoder.decode();
  if (rest !== '') texts.push((texts.pop() ?? '') + rest);
  return texts;
}

const spacesToClean: readonly (readonly [from: string, to: string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Removes spaces before punctuation and English contractions, as transformers does after decoding. */
export function cleanUpSpaces(text: string): string {
  return spacesToClean.reduce((all, [from, to]) => all.replaceAll(from, to), text);
}

/** The same for a text in parts: each character stays in its part. */
export function cleanUpSpacesOfParts(parts: readonly string[]): string[] {
  let text = parts.join('');
  let owners = parts.flatMap((part, i) => new Array<number>(part.length).fill(i));
  for (const [from, to] of spacesToClean) {
    let cleaned = '';
    const kept: number[] = [];
    for (let at = 0; at < text.length; ) {
      const found = text.indexOf(from, at);
      const end = found < 0 ? text.length : found;
      cleaned += text.slice(at, end);
      for (; at < end; at++) kept.push(owners[at] as number);
      if (found < 0) break;
      // `to` is `from` without its first character and, for " ' ", its last.
      cleaned += to;
      for (let i = 1; i <= to.length; i++) kept.push(owners[found + i] as number);
      at = found + from.length;
    }
    text = cleaned;
    owners = kept;
  }
  const out = new Array<string>(parts.length).fill('');
  owners.forEach((owner, i) => {
    out[owner] = `${out[owner]}${text[i]}`;
  });
  return out;
}
