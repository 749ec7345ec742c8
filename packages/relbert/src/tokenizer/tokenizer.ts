/** A special token. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

/** The special tokens that prompts and pooling need. */
export interface SpecialTokens {
  readonly mask: SpecialToken;
  readonly pad: SpecialToken;
  readonly unk: SpecialToken;
  /** [CLS] or <s>. */
  readonly begin: SpecialToken;
  /** [SEP] or </s>. */
  readonly end: SpecialToken;
  /** Every id that the tokenizer counts as special. */
  readonly all: ReadonlySet<number>;
}

/** A text with, for each token, the range of characters (UTF-16 code units) of the text that it stands for. */
export interface Tokenization {
  readonly ids: readonly number[];
  /** Same length as ids; special tokens that were added hold null. End exclusive; a range may be empty. */
  readonly offsets: readonly (readonly [start: number, end: number] | null)[];
}

/** A {@link Tokenization} that still grows. */
export interface TokenList {
  readonly ids: number[];
  readonly offsets: (readonly [start: number, end: number] | null)[];
}

export interface DecodeOptions {
  /** Leave special tokens out. Default false. */
  readonly skipSpecial?: boolean;
  /**
   * Remove spaces before punctuation and English contractions afterwards. Default: `clean_up_tokenization_spaces` of
   * tokenizer_config.json, else false.
   */
  readonly cleanUpSpaces?: boolean;
}

/** Text to token ids. Pure: made from the contents of the tokenizer files, it touches no file itself. */
export interface Tokenizer {
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  /** Largest number of tokens in one input as tokenizer_config.json has it, or undefined. */
  readonly maxLength: number | undefined;
  /** What tokenizer_config.json says about {@link DecodeOptions.cleanUpSpaces}, or undefined. */
  readonly cleanUpSpaces: boolean | undefined;
  /** Ids with special tokens added ([CLS] … [SEP]), and character offsets. Unpaired surrogates count as U+FFFD. */
  encode(text: string): Tokenization;
  /**
   * The same for a text in which ids stand at some places: each splits the text as an added token would. Offsets
   * count the characters of the strings joined; the ids given have an empty range.
   */
  encodeParts(parts: readonly (string | number)[]): Tokenization;
  /** Text of ids. Throws RangeError for an id that there is not. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /**
   * The text that each id writes, in order; joined they are the decoded text, special tokens included. A string
   * stands for a token of that name, which need not be in the vocabulary.
   */
  decodeParts(ids: readonly (number | string)[], options?: Pick<DecodeOptions, 'cleanUpSpaces'>): string[];
  /** The token string of an id (`##ing`, `Ġthe`), or undefined. */
  token(id: number): string | undefined;
  /** The id of a token string, or undefined. */
  id(token: string): number | undefined;
}
