import type { JsonPart } from './json.ts';
import type { NamedToken, SpecialTokenRole } from './special-tokens.ts';

/** What a tokenizer is built from: tokenizer.json, or older files converted to its form. */
export interface TokenizerDefinition {
  readonly tokenizer: JsonPart;
  /** Special tokens of the family where no file names them. Default: none. */
  readonly special?: Partial<Record<SpecialTokenRole, NamedToken>>;
  /**
   * Throws where a special token that no file gives an id must not get the next free one. Default: it may.
   */
  readonly checkNewId?: (token: string, id: number) => void;
}
