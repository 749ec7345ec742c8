/** Added and special tokens, collected from all files that may name them. */

import { excerpt } from '../text/excerpt.ts';
import { isJsonObject } from '../text/json.ts';
import { type AddedToken, parseAddedToken } from './added-tokens.ts';
import { JsonPart, parseTokenId } from './json.ts';
import type { SpecialToken } from './tokenizer.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** Roles that tokenizer_config.json and special_tokens_map.json name. */
export const specialTokenRoles = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

export type SpecialTokenRole = (typeof specialTokenRoles)[number];

/** A special token as a configuration names it: its text, and perhaps how it is found in a text. */
export interface NamedToken {
  readonly content: string;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly singleWord?: boolean;
  readonly normalized?: boolean;
}

/** The special tokens by role. tokenizer_config.json counts before special_tokens_map.json, and both before defaults. */
export function namedSpecialTokens(
  config: JsonPart | undefined,
  map: JsonPart | undefined,
  defaults: Partial<Record<SpecialTokenRole, NamedToken>>,
): Partial<Record<SpecialTokenRole, NamedToken>> {
  const named: Partial<Record<SpecialTokenRole, NamedToken>> = {};
  for (const role of specialTokenRoles) {
    const sources = [config, map].flatMap((part) => (part ? (parseNamed(part, role, part.value[role]) ?? []) : []));
    const candidates = [...sources, ...(defaults[role] ? [defaults[role]] : [])];
    // A name alone does not say how white space is treated: details of the same token from another source count.
    const [first] = candidates;
    const detailed = candidates.find((token) => token.lstrip !== undefined && token.content === first?.content);
    const token = detailed ?? first;
    if (token) named[role] = token;
  }
  return named;
}

/** A special token given by its name, or as an object; undefined for anything else. */
function parseNamed(part: JsonPart, path: string, value: unknown): NamedToken | undefined {
  if (typeof value === 'string') return { content: value };
  if (!isJsonObject(value)) return undefined;
  const token = new JsonPart(part.file, value, path);
  return {
    content: token.string('content'),
    lstrip: token.boolean('lstrip', false),
    rstrip: token.boolean('rstrip', false),
    singleWord: token.boolean('single_word', false),
    normalized: token.boolean('normalized', false),
  };
}

/** @throws TokenizerError where a special token that no file gives an id must not get the next free one */
export type CheckNewId = (token: string, id: number) => void;

export interface AddedTokenSources {
  /** tokenizer.json, or older files converted to its form. */
  readonly tokenizer: JsonPart;
  readonly config: JsonPart | undefined;
  /** added_tokens.json: ids by text. */
  readonly added: JsonPart | undefined;
  readonly named: Partial<Record<SpecialTokenRole, NamedToken>>;
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly checkNewId: CheckNewId | undefined;
}

/** Roles that every text or every padded batch needs. */
const neededRoles: ReadonlySet<string> = new Set(['unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token']);

/**
 * All added tokens in ascending order of ids. A named special token that no file gives an id gets the next free one.
 * @throws TokenizerError for ids that are not numbers, and for a token that two files, or a file and the vocabulary,
 *   give different ids
 */
export function addedTokens(sources: AddedTokenSources): { tokens: AddedToken[]; largestId: number } {
  const { tokenizer, config, added, named, vocabulary, checkNewId } = sources;
  const tokens = new Map<string, AddedToken>();
  const add = (part: JsonPart, token: AddedToken): void => {
    const id = tokens.get(token.content)?.id ?? vocabulary.get(token.content) ?? token.id;
    if (id !== token.id) {
      throw part.error(`the token ${excerpt(token.content)} has the id ${token.id} here and ${id} elsewhere`);
    }
    tokens.set(token.content, token);
  };
  for (const part of tokenizer.parts('added_tokens')) add(part, parseAddedToken(part, part.value['id']));
  const decoder = config?.part('added_tokens_decoder');
  for (const id of Object.keys(decoder?.value ?? {})) {
    const part = decoder?.part(id);
    if (part) add(part, parseAddedToken(part, Number(id)));
  }
  for (const [content, id] of Object.entries(added?.value ?? {})) {
    const part = added as JsonPart;
    const token = plainToken(content, parseTokenId(part, content, id), false);
    add(part, tokens.get(content)?.id === token.id ? (tokens.get(content) as AddedToken) : token);
  }
  let largestId = checkIds(tokenizer, tokens.values(), vocabulary);
  const addNamed = ({ content, ...details }: NamedToken, checked: boolean): void => {
    const token = tokens.get(content);
    if (token) tokens.set(content, { ...token, special: true });
    else if (content !== '') {
      const id = vocabulary.get(content) ?? largestId + 1;
      if (checked && id > largestId) checkNewId?.(content, id);
      largestId = Math.max(largestId, id);
      tokens.set(content, { ...plainToken(content, id, true), ...details });
    }
  };
  for (const role of specialTokenRoles) if (named[role]) addNamed(named[role], neededRoles.has(role));
  const more = config?.value['additional_special_tokens'] ?? config?.value['extra_special_tokens'] ?? [];
  for (const [i, value] of Object.values(more).entries()) {
    const token = parseNamed(config as JsonPart, `additional_special_tokens[${i}]`, value);
    if (token) addNamed(token, false);
  }
  return { tokens: [...tokens.values()].sort((a, b) => a.id - b.id), largestId };
}

function plainToken(content: string, id: number, special: boolean): AddedToken {
  return { id, content, singleWord: false, lstrip: false, rstrip: false, normalized: !special, special };
}

/** The largest id. @throws TokenizerError where two tokens share an id and one of them was added */
function checkIds(part: JsonPart, added: Iterable<AddedToken>, vocabulary: ReadonlyMap<string, number>): number {
  const names = new Map<number, string>();
  let largest = -1;
  const check = (content: string, id: number): void => {
    const other = names.get(id);
    if (other === undefined || other === content) return;
    throw part.error(`the tokens ${excerpt(other)} and ${excerpt(content)} have the same id ${id}`);
  };
  for (const { content, id } of added) {
    check(content, id);
    names.set(id, content);
    if (id > largest) largest = id;
  }
  for (const [content, id] of vocabulary) {
    if (names.has(id)) check(content, id);
    if (id > largest) largest = id;
  }
  return largest;
}

/** The first of the candidates that has an id, as the token of a role. */
export function roleToken(
  role: string,
  candidates: readonly (string | undefined)[],
  id: (token: string) => number | undefined,
): SpecialToken {
  for (const text of candidates) {
    const found = text === undefined ? undefined : id(text);
    if (text !== undefined && found !== undefined) return { id: found, text };
  }
  throw new TokenizerError(
    'tokenizer_config.json',
    `there is no ${role}: it is named nowhere and none of ${candidates.filter(Boolean).join(', ')} is in the vocabulary`,
  );
}

/** The text of a special token in tokenizer_config.json. */
export function nameOf(config: JsonPart | undefined, role: string, otherwise: string): string {
  const value = config?.value[role];
  if (typeof value === 'string') return value;
  return value === undefined || value === null
    ? otherwise
    : ((config as JsonPart).part(role)?.string('content', otherwise) ?? otherwise);
}
