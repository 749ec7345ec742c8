import type { AlignedText } from './aligned-text.ts';
import { isWhiteSpace } from './character-class.ts';
import { type JsonPart, parseTokenId } from './json.ts';

/** A token that is found in the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it matches only where no word character touches it. */
  readonly singleWord: boolean;
  /** Whether white space before it (`lstrip`) or after it (`rstrip`) belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Whether it is normalised and searched for in the normalised text. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** An entry of `added_tokens` in tokenizer.json, or of `added_tokens_decoder` in tokenizer_config.json. */
export function parseAddedToken(part: JsonPart, id: unknown): AddedToken {
  const content = part.string('content');
  const special = part.boolean('special', false);
  return {
    id: parseTokenId(part, content, id),
    content,
    singleWord: part.boolean('single_word', false),
    lstrip: part.boolean('lstrip', false),
    rstrip: part.boolean('rstrip', false),
    normalized: part.boolean('normalized', !special),
    special,
  };
}

/** A stretch of a text: an added token, or what lies between them. */
export interface Section {
  readonly start: number;
  readonly end: number;
  readonly token: AddedToken | undefined;
}

/** Finds added tokens from left to right; of several at the same place the longest. */
export class AddedTokenFinder {
  readonly #pattern: RegExp | undefined;
  readonly #byContent: ReadonlyMap<string, AddedToken>;

  /** @param tokens Each with the text to search for: its content, or that normalised. */
  constructor(tokens: readonly { readonly token: AddedToken; readonly sought: string }[]) {
    const wanted = tokens.filter(({ sought }) => sought !== '');
    this.#byContent = new Map(wanted.map(({ token, sought }) => [sought, token]));
    const sources = [...this.#byContent.keys()]
      .sort((a, b) => b.length - a.length)
      .map((content) => content.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
    this.#pattern = sources.length === 0 ? undefined : new RegExp(sources.join('|'), 'g');
  }

  /** The sections of a text in order; together they cover it. */
  sections(text: string): Section[] {
    const sections: Section[] = [];
    let at = 0;
    if (this.#pattern) {
      for (const match of text.matchAll(this.#pattern)) {
        const token = this.#byContent.get(match[0]) as AddedToken;
        let start = match.index;
        let end = start + match[0].length;
        if (token.singleWord && (wordAtEnd.test(text.slice(0, start)) || wordAtStart.test(text.slice(end)))) continue;
        if (token.lstrip) while (start > at && isWhiteSpace.has(text.charCodeAt(start - 1))) start--;
        if (token.rstrip) while (end < text.length && isWhiteSpace.has(text.charCodeAt(end))) end++;
        if (start > at) sections.push({ start: at, end: start, token: undefined });
        sections.push({ start, end, token });
        at = end;
      }
    }
    if (at < text.length) sections.push({ start: at, end: text.length, token: undefined });
    return sections;
  }

  /** The same on a normalised text. */
  split(aligned: AlignedText): { readonly text: AlignedText; readonly token: AddedToken | undefined }[] {
    return this.sections(aligned.text).map(({ start, end, token }) => ({ text: aligned.slice(start, end), token }));
  }
}

const wordAtEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAtStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
