/** Which tokens are added beside the model's own, and which are special: from all the files that may say so. */
import { type AddedToken, parseAddedToken } from './added-tokens.ts';
import { isJsonObject, JsonPart } from './json.ts';
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

/** A special token as a configuration names it: by its text, or with how it is found in a text. */
export interface NamedToken {
  readonly content: string;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly singleWord?: boolean;
  readonly normalized?: boolean;
}

/** The special tokens by role: tokenizer_config.json counts before special_tokens_map.json, both before defaults. */
export function namedSpecialTokens(
  config: JsonPart | undefined,
  map: JsonPart | undefined,
  defaults: Partial<Record<SpecialTokenRole, NamedToken>>,
): Partial<Record<SpecialTokenRole, NamedToken>> {
  const named: Partial<Record<SpecialTokenRole, NamedToken>> = {};
  for (const role of specialTokenRoles) {
    const own = parseNamed(config, role);
    const mapped = parseNamed(map, role);
    const standard = defaults[role];
    // A text alone says nothing about white space: what another place says about the same token counts.
    const details = [own, mapped, standard].find(
      (token) => token?.lstrip !== undefined && token.content === (own ?? mapped ?? standard)?.content,
    );
    const token = details ?? own ?? mapped ?? standard;
    if (token) named[role] = token;
  }
  return named;
}

function parseNamed(part: JsonPart | undefined, role: string): NamedToken | undefined {
  const value = part?.value[role];
  if (typeof value === 'string') return { content: value };
  if (!part || !isJsonObject(value)) return undefined;
  const token = new JsonPart(part.file, value, role);
  return {
    content: token.string('content'),
    lstrip: token.boolean('lstrip', false),
    rstrip: token.boolean('rstrip', false),
    singleWord: token.boolean('single_word', false),
    normalized: token.boolean('normalized', false),
  };
}

export interface AddedTokenSources {
  /** tokenizer.json, or what was made in its place. */
  readonly tokenizer: JsonPart;
  readonly config: JsonPart | undefined;
  /** added_tokens.json: ids by text. */
  readonly added: JsonPart | undefined;
  readonly named: Partial<Record<SpecialTokenRole, NamedToken>>;
  readonly vocabulary: ReadonlyMap<string, number>;
}

/** All added tokens, ascending ids. A named special token that no file lists is added too, with a new id if need be. */
export function addedTokens({ tokenizer, config, added, named, vocabulary }: AddedTokenSources): AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  for (const part of tokenizer.parts('added_tokens')) {
    const token = parseAddedToken(part, part.value['id']);
    tokens.set(token.content, token);
  }
  const decoder = config?.part('added_tokens_decoder');
  for (const id of Object.keys(decoder?.value ?? {})) {
    const token = parseAddedToken(decoder?.part(id) as JsonPart, Number(id));
    tokens.set(token.content, token);
  }
  for (const [content, id] of Object.entries(added?.value ?? {})) {
    if (!Number.isInteger(id)) throw (added as JsonPart).error(`the id of ${JSON.stringify(content)} is no number`);
    if (!tokens.has(content)) tokens.set(content, plainToken(content, id as number, false));
  }
  const newId = (): number => Math.max(-1, ...[...tokens.values()].map(({ id }) => id), largestId(vocabulary)) + 1;
  const more = config?.value['additional_special_tokens'] ?? config?.value['extra_special_tokens'];
  const additional = (Array.isArray(more) ? more : []).flatMap((token: unknown): NamedToken[] =>
    typeof token === 'string'
      ? [{ content: token }]
      : isJsonObject(token) && typeof token['content'] === 'string'
        ? [{ content: token['content'] }]
        : [],
  );
  for (const { content, lstrip, rstrip, singleWord, normalized } of [...Object.values(named), ...additional]) {
    const token = tokens.get(content);
    if (token) tokens.set(content, { ...token, special: true });
    else if (content !== '') {
      tokens.set(content, {
        ...plainToken(content, vocabulary.get(content) ?? newId(), true),
        lstrip: lstrip ?? false,
        rstrip: rstrip ?? false,
        singleWord: singleWord ?? false,
        normalized: normalized ?? false,
      });
    }
  }
  return [...tokens.values()].sort((a, b) => a.id - b.id);
}

function plainToken(content: string, id: number, special: boolean): AddedToken {
  return { id, content, singleWord: false, lstrip: false, rstrip: false, normalized: !special, special };
}

/** The largest id of a vocabulary; −1 where it is empty. */
export function largestId(vocabulary: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of vocabulary.values()) if (id > largest) largest = id;
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

/** The text of a special token that tokenizer_config.json names. */
export function nameOf(config: JsonPart | undefined, role: string, otherwise: string): string {
  const value = config?.value[role];
  if (typeof value === 'string') return value;
  return value === undefined || value === null
    ? otherwise
    : ((config as JsonPart).part(role)?.string('content', otherwise) ?? otherwise);
}
