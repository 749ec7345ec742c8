import type { WordPair } from '../pair/word-pair.ts';
import type { Tokenization, Tokenizer } from '../tokenizer/tokenizer.ts';
import type { EncodedPrompt } from './prompt.ts';
import { PromptContentError } from './prompt-error.ts';
import { type CharacterRange, positionsOf, spanOf } from './span.ts';
import type { PromptLayout } from './spec.ts';

/** A learned prompt: ids before the head, between the words, and after the tail. */
export interface LearnedPrompt {
  readonly top: readonly number[];
  readonly mid: readonly number[];
  readonly bottom: readonly number[];
  readonly layout: PromptLayout;
}

/**
 * Writes a pair into a learned prompt as the authors' code does: mask tokens and words, joined by spaces, are tokenised;
 * then the prompt's tokens replace the mask tokens in order.
 *
 * In the layout of 2021 the ids are decoded and encoded again, with special tokens. A soft prompt's tokens (ids from the
 * vocabulary's size upward) stay as they are, like the authors' pseudo token.
 */
export function encodeLearnedPrompt(pair: WordPair, prompt: LearnedPrompt, tokenizer: Tokenizer): EncodedPrompt {
  const { mask } = tokenizer.special;
  const masks = (ids: readonly number[]): string[] => ids.map(() => mask.text);
  const pieces = [...masks(prompt.top), pair.head, ...masks(prompt.mid), pair.tail, ...masks(prompt.bottom)];
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    length += piece.length + 1;
  }
  const rangeAt = (index: number): CharacterRange => {
    const start = starts[index] as number;
    return [start, start + (pieces[index] as string).length];
  };
  const tokens = tokenizer.encode(pieces.join(' '));
  const head = spanOf(tokens, [rangeAt(prompt.top.length)]);
  const tail = spanOf(tokens, [rangeAt(prompt.top.length + 1 + prompt.mid.length)]);

  const learned = [...prompt.top, ...prompt.mid, ...prompt.bottom];
  const places = positionsOf(tokens.ids, mask.id);
  if (places.length !== learned.length) {
    throw new PromptContentError(
      `the pair ${JSON.stringify([pair.head, pair.tail])} holds the mask token ${mask.text}, ` +
        "which a trigger or soft prompt cannot tell from the prompt's tokens: use a manual template for it",
    );
  }
  const ids = [...tokens.ids];
  places.forEach((place, i) => {
    ids[place] = learned[i] as number;
  });
  if (prompt.layout === '2023') return { ids, head, tail, mask: positionsOf(ids, mask.id) };
  return encodeAgain(ids, head, tail, tokenizer);
}

/** Stands for a soft prompt's token in the decoded text, as in the authors' code. */
const pseudoToken = '<prompt>';

/** Decodes and encodes again, and finds the words' spans in the result. */
function encodeAgain(
  ids: readonly number[],
  head: readonly number[],
  tail: readonly number[],
  tokenizer: Tokenizer,
): EncodedPrompt {
  const isSoft = (id: number): boolean => id >= tokenizer.vocabularySize;
  const texts = tokenizer.decodeParts(
    ids.map((id) => (isSoft(id) ? pseudoToken : id)),
    // The default of the library of 2021.
    { cleanUpSpaces: tokenizer.cleanUpSpaces ?? true },
  );
  const parts: (string | number)[] = [];
  const ranges: CharacterRange[] = [];
  let length = 0;
  ids.forEach((id, i) => {
    const written = texts[i] as string;
    const text = isSoft(id) ? written.slice(0, -pseudoToken.length) : written;
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + text;
    else if (text !== '') parts.push(text);
    if (isSoft(id)) parts.push(id);
    ranges.push([length + (text.length - text.trimStart().length), length + text.length]);
    length += text.length;
  });
  const tokens: Tokenization = tokenizer.encodeParts(parts);
  const rangesOf = (span: readonly number[]): CharacterRange[] => span.map((at) => ranges[at] as CharacterRange);
  return {
    ids: tokens.ids,
    head: spanOf(tokens, rangesOf(head)),
    tail: spanOf(tokens, rangesOf(tail)),
    mask: positionsOf(tokens.ids, tokenizer.special.mask.id),
  };
}
