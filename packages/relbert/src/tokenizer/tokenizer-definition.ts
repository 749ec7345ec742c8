import type { JsonPart } from './json.ts';
import type { NamedToken, SpecialTokenRole } from './special-tokens.ts';

/** What a tokenizer is made of: tokenizer.json, or what older files amount to. */
export interface TokenizerDefinition {
  /** Of the form of tokenizer.json. */
  readonly tokenizer: JsonPart;
  /** Special tokens of the family where no file names them. */
  readonly special: Partial<Record<SpecialTokenRole, NamedToken>>;
}
