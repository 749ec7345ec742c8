import type { WordPair } from '../pair/word-pair.ts';

/** A word pair written into a prompt, as token ids, with the positions that pooling needs. */
export interface EncodedPrompt {
  /** Token ids with special tokens, not padded. Soft-prompt vectors have ids from the number of word-embedding rows upward. */
  readonly ids: readonly number[];
  /** Positions of the tokens of the head word, all its occurrences. */
  readonly head: readonly number[];
  /** Positions of the tokens of the tail word, all its occurrences. */
  readonly tail: readonly number[];
  /** Positions of mask tokens (of the template; a word that reads "[MASK]" counts too, as in the reference). */
  readonly mask: readonly number[];
}

/** The number of a learned prompt's tokens or vectors at each place. */
export interface PromptCounts {
  readonly top: number;
  readonly mid: number;
  readonly bottom: number;
}

/** Turns word pairs into token ids: a manual template, a trigger prompt or a soft prompt. */
export interface Prompt {
  readonly kind: 'template' | 'trigger' | 'soft';
  /** For people and for `relbert info`: the template's text, or the decoded triggers. */
  readonly text: string;
  /** Of a learned prompt: tokens or vectors before the head, between the words, and after the tail. */
  readonly counts?: PromptCounts;
  /** Soft-prompt vectors [count, hidden] in row-major order, appended to the embedding table; undefined for the other kinds. */
  readonly vectors?: Float32Array;
  encode(pair: WordPair): EncodedPrompt;
}
