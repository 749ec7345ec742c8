/** A manual template: text with `<subj>`, `<obj>` and perhaps `<mask>`. */
export interface TemplateSpec {
  readonly kind: 'template';
  readonly text: string;
}

/**
 * How a learned prompt is written:
 * - `2023`: its tokens and the words between one pair of special tokens;
 * - `2021`: as in the Python package of the paper (Ushio et al., EMNLP 2021): the tokens are decoded, with special
 *   tokens, and encoded again. This doubles the special tokens, `<s><s> … </s></s>`, and may join a trigger with its
 *   neighbour. Checkpoints of 2021 were trained with this layout and need it to give their published embeddings.
 */
export type PromptLayout = '2021' | '2023';

/** A trigger prompt (AutoPrompt): token ids before the head, between the words, and after the tail. */
export interface TriggerSpec {
  readonly kind: 'trigger';
  readonly top: readonly number[];
  readonly mid: readonly number[];
  readonly bottom: readonly number[];
  readonly layout: PromptLayout;
  /** The tokens of the ids, in the prompt's order, where the file has them: they reveal another vocabulary. */
  readonly tokens?: readonly string[];
}

/** A soft prompt (P-tuning): the same layout with vectors instead of tokens; counts before, between, after. */
export interface SoftSpec {
  readonly kind: 'soft';
  readonly top: number;
  readonly mid: number;
  readonly bottom: number;
  /** [top + mid + bottom, hidden], row-major, in the order of the prompt. */
  readonly vectors: Float32Array;
  /** Dimension of a vector, which is that of the word embeddings. */
  readonly hidden: number;
  readonly layout: PromptLayout;
}

/** A prompt as a checkpoint stores it. */
export type PromptSpec = TemplateSpec | TriggerSpec | SoftSpec;
