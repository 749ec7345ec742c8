import { PromptTooLongError } from '../encoder/relation-encoder.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';

/** Writes a pair into a prompt. */
export type EncodePair = (pair: WordPair) => EncodedPrompt;

/** The same, but throws PromptTooLongError for a pair whose prompt has more tokens than `limit`. */
export function checkedLength(encode: EncodePair, limit: number): EncodePair {
  return (pair) => {
    const prompt = encode(pair);
    const { length } = prompt.ids;
    if (length > limit) throw new PromptTooLongError({ index: 0, pair, length, limit });
    return prompt;
  };
}
