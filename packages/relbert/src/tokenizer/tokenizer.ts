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

/** The tokens of a text, each with its range of characters (UTF-16 code units) in the text. */
export interface Tokenization {
  readonly ids: readonly number[];
  /** As long as `ids`; null for special tokens that were added. End exclusive; a range may be empty. */
  readonly offsets: readonly (readonly [start: number, end: number] | null)[];
}

/** A {@link Tokenization} that still grows. */
export interface TokenList {
  readonly ids: number[];
  readonly offsets: (readonly [start: number, end: number] | null)[];
}

export interface DecodeOptions {
  /** Leave special tokens out. Default false. */
  readonly skipSpecial?: boolean | undefined;
  /**
   * Remove spaces before punctuation and English contractions afterwards. Default: `clean_up_tokenization_spaces` of
   * tokenizer_config.json, else false.
   */
  readonly cleanUpSpaces?: boolean | undefined;
}

/** Turns text into token ids. It was built from the contents of files and touches no file itself. */
export interface Tokenizer {
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  /** The most tokens in an input, from tokenizer_config.json; undefined where it does not say. */
  readonly maxLength: number | undefined;
  /** {@link DecodeOptions.cleanUpSpaces} as tokenizer_config.json sets it; undefined where it does not. */
  readonly cleanUpSpaces: boolean | undefined;
  /** Ids with special tokens added ([CLS] … [SEP]), and character offsets. Unpaired surrogates count as U+FFFD. */
  encode(text: string): Tokenization;
  /**
   * The same for texts with ids between them; an id splits the text as an added token does. Offsets count the
   * characters of the joined texts; the given ids have an empty range.
   */
  encodeParts(parts: readonly (string | number)[]): Tokenization;
  /** The text of ids. @throws RangeError for an id without a token */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /**
   * The text of each id, in order; joined they are the decoded text, with special tokens. A string stands for a token
   * of that name, which may be missing from the vocabulary.
   */
  decodeParts(ids: readonly (number | string)[], options?: Pick<DecodeOptions, 'cleanUpSpaces'>): string[];
  /** The token string of an id (`##ing`, `Ġthe`), or undefined. */
  token(id: number): string | undefined;
  /** The id of a token string, or undefined. */
  id(token: string): number | undefined;
}
