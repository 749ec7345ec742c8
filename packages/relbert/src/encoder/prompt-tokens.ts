import type { WordPair } from '../pair/word-pair.ts';
import type { Prompt } from '../prompt/prompt.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type Pooling, poolingRows } from './pooling.ts';

/** A token of a prompt. */
export interface PromptToken {
  readonly id: number;
  /** As the vocabulary writes it: `##ing`, `Ġthe`; `[V0]`, `[V1]` … for the vectors of a soft prompt. */
  readonly text: string;
  /** Whose token it is; `prompt` for the words of the template and special tokens. */
  readonly of: 'head' | 'tail' | 'mask' | 'prompt';
  /** Its weights in the embedding, for each sum that the pooling takes; all 0 where it is not pooled. */
  readonly weights: readonly number[];
}

/** The tokens of a pair's prompt in order, as the language model reads them. @throws PoolingError, PromptError */
export function promptTokens(
  pair: WordPair,
  { prompt, tokenizer, pooling }: { readonly prompt: Prompt; readonly tokenizer: Tokenizer; readonly pooling: Pooling },
): PromptToken[] {
  const encoded = prompt.encode(pair);
  const rows = poolingRows(pooling, encoded);
  const kinds = new Map<number, PromptToken['of']>();
  for (const of of ['mask', 'head', 'tail'] as const) for (const position of encoded[of]) kinds.set(position, of);
  let vectors = 0;
  return encoded.ids.map((id, position) => ({
    id,
    text: tokenizer.token(id) ?? `[V${vectors++}]`,
    of: kinds.get(position) ?? 'prompt',
    weights: rows.map((row) => row[position] as number),
  }));
}
