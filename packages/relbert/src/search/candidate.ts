import { foldWord } from '../data/pair-set.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { PromptError } from '../prompt/prompt-error.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface CandidateFilters {
  /** Leave out tokens that only continue a word (`##ing`). Default false. */
  readonly wholeWords?: boolean;
  /** Leave out tokens that equal a word of these pairs, ignoring case. Default: none. */
  readonly pairWords?: readonly WordPair[];
}

/**
 * The tokens that a trigger may become: the vocabulary without special tokens (paper, section 3.2) and without
 * tokens that the filters leave out.
 */
export function candidateTokens(
  tokenizer: Tokenizer,
  { wholeWords = false, pairWords = [] }: CandidateFilters = {},
): number[] {
  const tokens = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter(
    (id) => !tokenizer.special.all.has(id) && tokenizer.token(id) !== undefined,
  );
  const mark = wordMark(tokens.map((id) => tokenizer.token(id) as string));
  const words = new Set(pairWords.flatMap(({ head, tail }) => [foldWord(head), foldWord(tail)]));
  return tokens.filter((id) => {
    const token = tokenizer.token(id) as string;
    if (wholeWords && (mark === '##' ? token.startsWith('##') : !token.startsWith(mark))) return false;
    if (words.size === 0) return true;
    // Decoded: the tokens of a byte-level vocabulary spell letters beyond ASCII as bytes.
    const text = tokenizer.decode([id]);
    return !words.has(foldWord(mark === '##' ? text.replace(/^##/, '') : text));
  });
}

/** How a vocabulary marks words: `##` before continuations, or a mark for the space before words. */
function wordMark(tokens: readonly string[]): '##' | 'Ġ' | '▁' {
  const count = (mark: string) => tokens.reduce((sum, token) => sum + (token.startsWith(mark) ? 1 : 0), 0);
  const marks = ['##', 'Ġ', '▁'] as const;
  return marks.reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

export interface RankOptions {
  /** Word embeddings [V, E]. */
  readonly table: Float32Array;
  /** Gradient of the loss with respect to the embedding at the trigger's place [E]. */
  readonly gradient: Float32Array;
  /** Tokens to choose from. */
  readonly tokens: readonly number[];
  /** The present token at that place. */
  readonly current: number;
  readonly k: number;
}

/**
 * The k tokens w that promise the greatest fall of the loss by its linear approximation, −e_w · ∇ (paper, equation 1,
 * with the minus sign that its text leaves out), best first, without the current token; equal scores by id.
 */
export function rankCandidates({ table, gradient, tokens, current, k }: RankOptions): number[] {
  const scores = new Float64Array(tokens.length);
  const width = gradient.length;
  for (const [i, token] of tokens.entries()) {
    let dot = 0;
    for (let e = 0, at = token * width; e < width; e++) dot += (table[at + e] as number) * (gradient[e] as number);
    scores[i] = -dot;
  }
  return Array.from(tokens.keys())
    .filter((i) => tokens[i] !== current)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || (tokens[a] as number) - (tokens[b] as number))
    .slice(0, k)
    .map((i) => tokens[i] as number);
}

/** The largest fall of the loss that the linear approximation promises at a place: max over w of (e_current − e_w) · ∇. */
export function promisedFall({ table, gradient, tokens, current }: Omit<RankOptions, 'k'>): number {
  const width = gradient.length;
  const dot = (token: number): number => {
    let sum = 0;
    for (let e = 0, at = token * width; e < width; e++) sum += (table[at + e] as number) * (gradient[e] as number);
    return sum;
  };
  return dot(current) - tokens.reduce((least, token) => Math.min(least, dot(token)), Number.POSITIVE_INFINITY);
}

/** @throws PromptError where k is larger than the number of tokens to choose from */
export function checkCandidateCount(k: number, tokens: readonly number[]): void {
  if (Number.isInteger(k) && k >= 1 && k <= tokens.length) return;
  throw new PromptError(
    `the number of candidates k must be from 1 to the ${tokens.length} tokens of the vocabulary that may be triggers, got ${k}`,
  );
}
