/** @file What the `prefix` strings of the analogy questions mean, as data: relation and category (the paper's Tables 5 and 12). */

/**
 * The kinds of questions in which words are shared on purpose (`RELATION/apart`, `RELATION/shared`): the right pair has
 * neither word of the stem, or one of them; two wrong pairs have one in both kinds.
 */
export const SHARED_WORD_KINDS = ['apart', 'shared'] as const;
export type SharedWordKind = (typeof SHARED_WORD_KINDS)[number];
export type AnalogyCategory = 'encyclopedic' | 'lexical' | 'morphological' | 'semantic' | SharedWordKind;

/** The group of relations that a question belongs to. */
export interface AnalogyGroup {
  /** As the paper names it where it does, else the prefix itself. */
  readonly relation: string;
  /** undefined: the set has no categories. */
  readonly category: AnalogyCategory | undefined;
}

/** BATS by the code in its file names; both kinds of plural count as one relation in the paper. */
const BATS: Readonly<Record<string, readonly [relation: string, category: AnalogyCategory]>> = {
  I01: ['noun:plural', 'morphological'],
  I02: ['noun:plural', 'morphological'],
  I03: ['adj:comparative', 'morphological'],
  I04: ['adj:superlative', 'morphological'],
  I05: ['verb inf:3pSg', 'morphological'],
  I06: ['verb inf:v+ing', 'morphological'],
  I07: ['verb inf:v+ed', 'morphological'],
  I08: ['verb v+ing:3pSg', 'morphological'],
  I09: ['verb v+ing:v+ed', 'morphological'],
  I10: ['verb 3pSg:v+ed', 'morphological'],
  D01: ['noun+less', 'morphological'],
  D02: ['un+adj', 'morphological'],
  D03: ['adj+ly', 'morphological'],
  D04: ['over+adj', 'morphological'],
  D05: ['adj+ness', 'morphological'],
  D06: ['re+verb', 'morphological'],
  D07: ['verb+able', 'morphological'],
  D08: ['verb+er', 'morphological'],
  D09: ['verb+tion', 'morphological'],
  D10: ['verb+ment', 'morphological'],
  E01: ['country:capital', 'encyclopedic'],
  E02: ['country:language', 'encyclopedic'],
  E03: ['UK city:county', 'encyclopedic'],
  E04: ['name:nationality', 'encyclopedic'],
  E05: ['name:occupation', 'encyclopedic'],
  E06: ['animal:young', 'encyclopedic'],
  E07: ['animal:sound', 'encyclopedic'],
  E08: ['animal:shelter', 'encyclopedic'],
  E09: ['things:color', 'encyclopedic'],
  E10: ['male:female', 'encyclopedic'],
  L01: ['hypernyms:animals', 'lexical'],
  L02: ['hypernyms:misc', 'lexical'],
  L03: ['hyponyms:misc', 'lexical'],
  L04: ['meronyms:substance', 'lexical'],
  L05: ['meronyms:member', 'lexical'],
  L06: ['meronyms:part', 'lexical'],
  L07: ['synonyms:intensity', 'lexical'],
  L08: ['synonyms:exact', 'lexical'],
  L09: ['antonyms:gradable', 'lexical'],
  L10: ['antonyms:binary', 'lexical'],
};

/** Google's relations by name. */
const GOOGLE: Readonly<Record<string, AnalogyCategory>> = {
  'capital-common-countries': 'semantic',
  'capital-world': 'semantic',
  currency: 'semantic',
  'city-in-state': 'semantic',
  family: 'semantic',
  'gram1-adjective-to-adverb': 'morphological',
  'gram2-opposite': 'morphological',
  'gram3-comparative': 'morphological',
  'gram4-superlative': 'morphological',
  'gram5-present-participle': 'morphological',
  'gram6-nationality-adjective': 'morphological',
  'gram7-past-tense': 'morphological',
  'gram8-plural': 'morphological',
  'gram9-plural-verbs': 'morphological',
};

/** The group of a question by its prefix, for every set; undefined where there is no prefix. */
export function analogyGroup(prefix: string | undefined): AnalogyGroup | undefined {
  if (prefix === undefined) return undefined;
  const code = /([IDEL]\d\d) \[[^\]]*\](?:\.txt)?$/.exec(prefix)?.[1];
  const bats = code === undefined ? undefined : BATS[code];
  if (bats) return { relation: bats[0], category: bats[1] };
  const kind = SHARED_WORD_KINDS.find((name) => prefix.endsWith(`/${name}`));
  if (kind) return { relation: prefix.slice(0, -kind.length - 1), category: kind };
  return { relation: prefix, category: Object.hasOwn(GOOGLE, prefix) ? GOOGLE[prefix] : undefined };
}
