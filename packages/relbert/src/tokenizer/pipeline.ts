import { type AddedToken, AddedTokenFinder } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import { cleanUpSpacesOfParts, createDecoder, type Decoder } from './decoder.ts';
import type { JsonPart } from './json.ts';
import { createTokenModel, type ModelToken, type TokenModel } from './model.ts';
import { createNormaliser, type Normaliser } from './normaliser.ts';
import { type PostProcessor, parsePostProcessor } from './post-processor.ts';
import { createPreTokeniser, type PreTokeniser } from './pre-tokeniser.ts';
import { type SpacedWords, spacedWords } from './spaced-words.ts';
import { type AddedTokenSources, addedTokens, roleToken } from './special-tokens.ts';
import type { DecodeOptions, SpecialTokens, Tokenization, Tokenizer, TokenList } from './tokenizer.ts';

export type PipelineParts = Omit<AddedTokenSources, 'vocabulary'>;

/**
 * The steps of HuggingFace tokenizers: find added tokens in the text, normalise what lies between them, cut it into
 * pieces, give each piece to the model, add special tokens at both ends. Every step keeps the original ranges.
 */
export class TokenizerPipeline implements Tokenizer {
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  readonly maxLength: number | undefined;
  readonly cleanUpSpaces: boolean | undefined;
  readonly #model: TokenModel;
  readonly #normaliser: Normaliser;
  readonly #preTokeniser: PreTokeniser;
  readonly #postProcessor: PostProcessor;
  readonly #decoderPart: JsonPart | undefined;
  #decoder: Decoder | undefined;
  readonly #added: ReadonlyMap<string, AddedToken>;
  readonly #finder: AddedTokenFinder;
  readonly #normalisedFinder: AddedTokenFinder;
  readonly #before: readonly number[];
  readonly #after: readonly number[];
  readonly #words: SpacedWords | undefined;
  /** Whether there is no normaliser but some added tokens are searched for after it. */
  readonly #findAgain: boolean;
  readonly #pieces = new Map<string, readonly ModelToken[]>();
  #names: string[] | undefined;

  constructor(parts: PipelineParts) {
    const { tokenizer, config, named } = parts;
    const modelPart = tokenizer.part('model');
    if (!modelPart) throw tokenizer.error('there is no "model"');
    this.#model = createTokenModel(modelPart);
    this.#normaliser = createNormaliser(tokenizer.part('normalizer'));
    this.#preTokeniser = createPreTokeniser(tokenizer.part('pre_tokenizer'));
    this.#postProcessor = parsePostProcessor(tokenizer.part('post_processor'));
    this.#decoderPart = tokenizer.part('decoder');

    const { vocabulary } = this.#model;
    const { tokens: added, largestId } = addedTokens({ ...parts, vocabulary });
    this.#added = new Map(added.map((token) => [token.content, token]));
    this.#finder = new AddedTokenFinder(
      added.filter((token) => !token.normalized).map((token) => ({ token, sought: token.content })),
    );
    this.#normalisedFinder = new AddedTokenFinder(
      added
        .filter((token) => token.normalized)
        .map((token) => ({ token, sought: this.#normaliser.normalise(AlignedText.of(token.content)).text })),
    );
    this.vocabularySize = largestId + 1;

    const id = (token: string): number | undefined => this.id(token);
    const ids = (names: readonly string[]): number[] =>
      names.map((name) => {
        const found = this.id(name);
        if (found === undefined) throw tokenizer.error(`the post-processor's token ${name} has no id`);
        return found;
      });
    const { before, after } = this.#postProcessor;
    this.#before = ids(before);
    this.#after = ids(after);
    this.special = {
      mask: roleToken('mask token', [named.mask_token?.content, '[MASK]', '<mask>'], id),
      pad: roleToken('padding token', [named.pad_token?.content, '[PAD]', '<pad>'], id),
      unk: roleToken('unknown token', [named.unk_token?.content, this.#model.unknown, '[UNK]', '<unk>'], id),
      begin: roleToken('token that starts a text', [before.at(-1), named.cls_token?.content, '[CLS]', '<s>'], id),
      end: roleToken('token that ends a text', [after[0], named.sep_token?.content, '[SEP]', '</s>'], id),
      all: new Set(added.filter((token) => token.special).map((token) => token.id)),
    };
    const longest = config?.value['model_max_length'];
    this.maxLength = typeof longest === 'number' && longest >= 1 && longest < 1e9 ? longest : undefined;
    const cleanUp = config?.value['clean_up_tokenization_spaces'];
    this.cleanUpSpaces = typeof cleanUp === 'boolean' ? cleanUp : undefined;

    // Words can be tokenised one by one only where no step looks beyond a word.
    const plain = tokenizer.part('normalizer') === undefined;
    const normalised = added.some((token) => token.normalized);
    const apart = this.#normaliser.local && !this.#postProcessor.prefixSpace && (plain || !normalised);
    this.#findAgain = plain && normalised;
    this.#words = apart
      ? spacedWords(this.#preTokeniser.spaces, this.#normaliser.singleSpaces === true, (unit) => {
          const tokens: TokenList = { ids: [], offsets: [] };
          this.#tokenise(unit, 0, tokens);
          return tokens;
        })
      : undefined;
  }

  encode(text: string): Tokenization {
    const tokens: TokenList = { ids: [], offsets: [] };
    this.#special(this.#before, tokens);
    this.#encodeText(text, 0, tokens);
    this.#special(this.#after, tokens);
    return tokens;
  }

  encodeParts(parts: readonly (string | number)[]): Tokenization {
    const tokens: TokenList = { ids: [], offsets: [] };
    this.#special(this.#before, tokens);
    let at = 0;
    for (const part of parts) {
      if (typeof part === 'string') {
        this.#encodeText(part, at, tokens);
        at += part.length;
      } else {
        tokens.ids.push(part);
        tokens.offsets.push([at, at]);
      }
    }
    this.#special(this.#after, tokens);
    return tokens;
  }

  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const kept = options.skipSpecial ? ids.filter((id) => !this.special.all.has(id)) : ids;
    return this.decodeParts(kept, options).join('');
  }

  decodeParts(ids: readonly (number | string)[], options: Pick<DecodeOptions, 'cleanUpSpaces'> = {}): string[] {
    const names = ids.map((id) => {
      const name = typeof id === 'string' ? id : this.token(id);
      if (name === undefined) throw new RangeError(`there is no token ${id}: ids are 0 to ${this.vocabularySize - 1}`);
      return name;
    });
    this.#decoder ??= createDecoder(this.#decoderPart);
    const parts = this.#decoder(names);
    return (options.cleanUpSpaces ?? this.cleanUpSpaces) ? cleanUpSpacesOfParts(parts) : parts;
  }

  token(id: number): string | undefined {
    if (!this.#names) {
      this.#names = [];
      for (const [name, index] of this.#model.vocabulary) this.#names[index] = name;
      for (const { id: index, content } of this.#added.values()) this.#names[index] = content;
    }
    return this.#names[id];
  }

  id(token: string): number | undefined {
    return this.#added.get(token)?.id ?? this.#model.vocabulary.get(token);
  }

  #special(ids: readonly number[], tokens: TokenList): void {
    for (const id of ids) {
      tokens.ids.push(id);
      tokens.offsets.push(null);
    }
  }

  /** The tokens of a text that starts at `base`, without special tokens at its ends. */
  #encodeText(raw: string, base: number, tokens: TokenList): void {
    const text = raw.replace(loneSurrogate, '\uFFFD');
    for (const { start, end, token } of this.#finder.sections(text)) {
      const section = text.slice(start, end);
      if (token) this.#push(token.id, section, base + start, base + end, tokens);
      else this.#encodeSection(section, base + start, tokens);
    }
  }

  #encodeSection(section: string, base: number, tokens: TokenList): void {
    const plain = !this.#findAgain || this.#normalisedFinder.sections(section).every(({ token }) => !token);
    if (plain && this.#words?.tokenise(section, base, tokens)) return;
    this.#tokenise(section, base, tokens);
  }

  /** The tokens of a section that holds no added token to be found before normalising. */
  #tokenise(section: string, base: number, tokens: TokenList): void {
    const normalised = this.#normaliser.normalise(AlignedText.of(section, base));
    for (const { text, token } of this.#normalisedFinder.split(normalised)) {
      if (token) {
        const [start, end] = text.original(0, text.length);
        this.#push(token.id, text.text, start, end, tokens);
      } else {
        for (const piece of this.#preTokeniser.split([text])) this.#tokenisePiece(piece, tokens);
      }
    }
  }

  #tokenisePiece(piece: AlignedText, tokens: TokenList): void {
    if (piece.text === '') return;
    let found = this.#pieces.get(piece.text);
    if (!found) {
      found = this.#model.tokenise(piece.text);
      if (this.#pieces.size >= mostPieces) this.#pieces.clear();
      this.#pieces.set(piece.text, found);
    }
    let at = 0;
    for (const { id, text, length } of found) {
      const [start, end] = piece.original(at, at + length);
      this.#push(id, text, start, end, tokens, (piece.ends[at] as number) - start);
      at += length;
    }
  }

  /**
   * Adds a token. Where the post-processor trims, white space at the token's ends is not part of its range.
   * @param width Code units of the first character: a space put before it shares its whole range. Default 1.
   */
  #push(id: number, text: string, start: number, end: number, tokens: TokenList, width = 1): void {
    const { trimOffsets, prefixSpace } = this.#postProcessor;
    let [from, to] = [start, end];
    if (trimOffsets && (spaceAtStart.test(text) || spaceAtEnd.test(text))) {
      let leading = spaceAtStart.exec(text)?.[0].length ?? 0;
      const trailing = spaceAtEnd.exec(text)?.[0].length ?? 0;
      const isFirst = start === 0 || tokens.ids.length === this.#before.length;
      if (isFirst && prefixSpace && leading === 1) leading = 0;
      from = Math.min(from + (leading === 1 ? width : leading), to);
      to = Math.max(to - (text.length === 1 ? width * trailing : trailing), from);
    }
    tokens.ids.push(id);
    tokens.offsets.push([from, to]);
  }
}

const mostPieces = 65_536;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Spaces, also as byte-level BPE writes them. */
const spaceAtStart = /^[\u0120\s\u0085]+/;
const spaceAtEnd = /[\u0120\s\u0085]+$/;
