import type { JsonPart } from './json.ts';
import type { CheckNewId, NamedToken, SpecialTokenRole } from './special-tokens.ts';

/** What a tokenizer is built from: tokenizer.json, or older files converted to its form. */
export interface TokenizerDefinition {
  readonly tokenizer: JsonPart;
  /** Special tokens of the family where no file names them. Default: none. */
  readonly special?: Partial<Record<SpecialTokenRole, NamedToken>>;
  /** Default: nothing is checked. */
  readonly checkNewId?: CheckNewId;
}
