/** Ids of the special tokens that prompts and pooling need. */
export interface SpecialTokens {
  readonly mask: { readonly id: number; readonly text: string };
  readonly pad: { readonly id: number; readonly text: string };
  readonly unk: { readonly id: number; readonly text: string };
  /** [CLS] or <s>. */
  readonly begin: { readonly id: number; readonly text: string };
  /** [SEP] or </s>. */
  readonly end: { readonly id: number; readonly text: string };
  /** Every id that the tokenizer counts as special. */
  readonly all: ReadonlySet<number>;
}

/** A text with, for each token, the range of characters (UTF-16 code units) of the text that it stands for. */
export interface Tokenization {
  readonly ids: readonly number[];
  /** Same length as ids; special tokens that were added hold null. End exclusive. */
  readonly offsets: readonly (readonly [start: number, end: number] | null)[];
}

/** Text to token ids. Pure: made from the contents of the tokenizer files, it touches no file itself. */
export interface Tokenizer {
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  /** Largest number of tokens in one input as tokenizer_config.json has it, or undefined. */
  readonly maxLength: number | undefined;
  /** Ids with special tokens added ([CLS] … [SEP]), and character offsets. */
  encode(text: string): Tokenization;
  /** Text of ids. */
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string;
  /** The token string of an id (`##ing`, `Ġthe`), or undefined. */
  token(id: number): string | undefined;
  /** The id of a token string, or undefined. */
  id(token: string): number | undefined;
}
