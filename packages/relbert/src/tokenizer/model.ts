/** The models of tokenizer.json. @huggingface/tokenizers cuts a piece into tokens for BPE and Unigram. */
import * as library from '@huggingface/tokenizers';
import { excerpt } from '../text/excerpt.ts';
import { isJsonObject } from '../text/json.ts';
import { type JsonPart, parseTokenId } from './json.ts';

/** The part of the library in use; its declarations cannot be resolved from ES modules. */
interface LibraryModels {
  readonly Unigram: new (config: object, endToken: string) => { encode(pieces: readonly string[]): string[] };
  readonly BPE: new (config: object) => { bpe(piece: string): string[] };
}

const { Unigram, BPE } = library as unknown as LibraryModels;

/** One token of a piece. */
export interface ModelToken {
  readonly id: number;
  /** The token in the vocabulary; for an unknown part the unknown token, or the part itself. */
  readonly text: string;
  /** Code units of the piece that it covers. */
  readonly length: number;
}

export interface TokenModel {
  readonly type: 'WordPiece' | 'BPE' | 'Unigram';
  /** Ids by token. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknown: string | undefined;
  /** The tokens of a piece. Their lengths add up to its length, unless unknown characters were dropped. */
  tokenise(piece: string): ModelToken[];
}

/** @throws TokenizerError for a model that is not supported or is damaged */
export function createTokenModel(part: JsonPart): TokenModel {
  switch (typeOf(part)) {
    case 'WordPiece':
      return wordPiece(part);
    case 'BPE':
      return bytePair(part);
    case 'Unigram':
      return unigram(part);
    default:
      throw part.unknownType('model', ['WordPiece', 'BPE', 'Unigram']);
  }
}

/** Early files leave the type out. */
function typeOf({ type, value }: JsonPart): string {
  if (type !== '') return type;
  if (Array.isArray(value['vocab'])) return 'Unigram';
  return 'merges' in value ? 'BPE' : 'WordPiece';
}

/** WordPiece: the longest match from the left; a word without a match at some place is unknown as a whole. */
function wordPiece(part: JsonPart): TokenModel {
  const { vocabulary } = vocabularyOf(part);
  const prefix = part.string('continuing_subword_prefix', '##');
  const unknown = part.string('unk_token', '[UNK]');
  const unknownId = idOf(part, vocabulary, unknown);
  const longest = part.value['max_input_chars_per_word'] ?? 100;
  if (typeof longest !== 'number' || !Number.isInteger(longest) || longest < 0) {
    throw part.error(`"max_input_chars_per_word" should be a whole number from 0, got ${excerpt(longest)}`);
  }
  return {
    type: 'WordPiece',
    vocabulary,
    unknown,
    tokenise(piece) {
      const characters = [...piece];
      const tokens: ModelToken[] = [];
      let start = 0;
      if (characters.length <= longest) {
        for (let last = characters.length, end = piece.length; end > start; ) {
          const text = start > 0 ? prefix + piece.slice(start, end) : piece.slice(start, end);
          const id = vocabulary.get(text);
          if (id === undefined) end -= (characters[--last] as string).length;
          else {
            tokens.push({ id, text, length: end - start });
            start = end;
            [last, end] = [characters.length, piece.length];
          }
        }
      }
      return start === piece.length ? tokens : [{ id: unknownId, text: unknown, length: piece.length }];
    },
  };
}

/** Byte pair encoding: neighbours are merged in the order of the list of merges. */
function bytePair(part: JsonPart): TokenModel {
  const { vocab, vocabulary } = vocabularyOf(part);
  const merges = part.list('merges').map((merge, i): [string, string] => {
    const sides: readonly unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = sides;
    if (sides.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      throw part.error(`merges[${i}] should be two tokens, got ${excerpt(merge)}`);
    }
    const missing = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (missing === undefined) return [left, right];
    throw part.error(`merges[${i}] needs the token ${excerpt(missing)}, which is not in the vocabulary`);
  });
  if (part.value['continuing_subword_prefix']) throw part.error('"continuing_subword_prefix" is not supported');
  if (part.value['dropout']) throw part.error('"dropout" is not supported: ids would be random');
  if (part.boolean('byte_fallback', false)) throw part.error('"byte_fallback" is not supported');
  const suffix = part.string('end_of_word_suffix', '');
  const unknown = typeof part.value['unk_token'] === 'string' ? part.value['unk_token'] : undefined;
  const unknownId = unknown === undefined ? undefined : idOf(part, vocabulary, unknown);
  if (suffix && unknown === undefined) throw part.error('"end_of_word_suffix" without "unk_token" is not supported');
  const fuse = part.boolean('fuse_unk', false);
  const whole = part.boolean('ignore_merges', false);
  const model = new BPE({
    type: 'BPE',
    vocab,
    merges,
    unk_token: unknown ?? null,
    ignore_merges: whole,
    end_of_word_suffix: suffix,
  });
  return {
    type: 'BPE',
    vocabulary,
    unknown,
    tokenise(piece) {
      const id = vocabulary.get(piece);
      if (whole && id !== undefined) return [{ id, text: piece, length: piece.length }];
      // Without an unknown token, unknown characters are gone before neighbours are merged.
      const rest = unknown === undefined ? [...piece].filter((part) => vocabulary.has(part)).join('') : piece;
      const tokens = known(rest, model.bpe(rest), vocabulary, { id: unknownId, text: unknown, fuse });
      const last = tokens.pop();
      return last ? [...tokens, { ...last, length: last.length - suffix.length }] : [];
    },
  };
}

/** Unigram: the most probable tokens that spell the piece; adjacent unknown characters are one token. */
function unigram(part: JsonPart): TokenModel {
  const pieces = part.list('vocab').map((entry, i): [string, number] => {
    const [name, score]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof name === 'string' && typeof score === 'number') return [name, score];
    throw part.error(`vocab[${i}] should be a piece and its score, got ${excerpt(entry)}`);
  });
  const unknownId = part.value['unk_id'];
  if (typeof unknownId !== 'number' || !pieces[unknownId]) {
    throw part.error(`"unk_id" should be the id of a piece, got ${excerpt(unknownId)}`);
  }
  if (part.boolean('byte_fallback', false)) throw part.error('"byte_fallback" is not supported');
  const vocabulary = new Map(pieces.map(([name], id) => [name, id]));
  const model = new Unigram({ type: 'Unigram', vocab: pieces, unk_id: unknownId }, '</s>');
  return {
    type: 'Unigram',
    vocabulary,
    unknown: (pieces[unknownId] as [string, number])[0],
    tokenise: (piece) =>
      known(piece, model.encode([piece]), vocabulary, { id: unknownId, text: undefined, fuse: true }),
  };
}

/** The parts of a piece as tokens; a part that is not a token is an unknown one. */
function known(
  piece: string,
  parts: readonly string[],
  vocabulary: ReadonlyMap<string, number>,
  unknown: { readonly id: number | undefined; readonly text: string | undefined; readonly fuse: boolean },
): ModelToken[] {
  const tokens: ModelToken[] = [];
  let at = 0;
  for (const text of parts) {
    const start = at;
    at += text.length;
    const id = vocabulary.get(text);
    if (id !== undefined && id !== unknown.id) {
      tokens.push({ id, text, length: text.length });
    } else if (unknown.id !== undefined) {
      const last = tokens.at(-1);
      const fused = unknown.fuse && last?.id === unknown.id ? last : undefined;
      if (fused) tokens.pop();
      const from = start - (fused?.length ?? 0);
      tokens.push({ id: unknown.id, text: unknown.text ?? piece.slice(from, at), length: at - from });
    }
  }
  return tokens;
}

function vocabularyOf(part: JsonPart): { vocab: Record<string, number>; vocabulary: Map<string, number> } {
  const vocab = part.value['vocab'];
  if (!isJsonObject(vocab)) throw part.error(`"vocab" should map tokens to ids, got ${excerpt(vocab)}`);
  const vocabulary = new Map<string, number>();
  // Its properties are all of its own: it comes from JSON.
  for (const token in vocab) vocabulary.set(token, parseTokenId(part, token, vocab[token]));
  if (vocabulary.size === 0) throw part.error('the vocabulary is empty');
  return { vocab: vocab as Record<string, number>, vocabulary };
}

function idOf(part: JsonPart, vocabulary: ReadonlyMap<string, number>, token: string): number {
  const id = vocabulary.get(token);
  if (id === undefined) throw part.error(`the unknown token ${excerpt(token)} is not in the vocabulary`);
  return id;
}
