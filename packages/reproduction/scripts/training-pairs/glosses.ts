import type { Synset, WordNet } from '../../../relbert/src/data/wordnet-database.ts';
import { PairsByName } from './pairs.ts';

/**
 * Relations that WordNet's pointers do not give, read from its definitions and from the places that its instances are
 * part of: young and female animals and people, sounds, nationalities of persons, where cities and rivers lie, what
 * people and things are for.
 *
 * @param demonyms adjectives of nationality by country: Italian → Italy
 */
export function glossRelations(wordNet: WordNet, demonyms: ReadonlyMap<string, string>): PairsByName {
  const pairs = new PairsByName();
  const nouns = new Map<string, { frequency: number; lexicalFile: string }>();
  for (const { pos, words, lexicalFile } of wordNet.values()) {
    if (pos !== 'n') continue;
    for (const { word, number, frequency } of words) if (number === 1) nouns.set(word, { frequency, lexicalFile });
  }
  const noun = (word: string | undefined): string | undefined => {
    if (!word) return undefined;
    return nouns.has(word) ? word : nouns.has(word.replace(/s$/, '')) ? word.replace(/s$/, '') : undefined;
  };
  for (const synset of wordNet.values()) {
    if (synset.pos !== 'n') continue;
    const [definition = ''] = synset.gloss.split(/; "|;/);
    for (const { word, frequency } of synset.words.filter(({ word }) => !word.includes('_'))) {
      for (const { relation, pattern, lexicalFile, of } of DEFINITIONS) {
        if (lexicalFile && !lexicalFile.test(synset.lexicalFile)) continue;
        const head = noun(pattern.exec(definition)?.[1]);
        const known = head === undefined ? undefined : nouns.get(head);
        if (!head || !known || (of && !of.test(known.lexicalFile))) continue;
        pairs.add(`gloss/${relation}`, { head, tail: word, frequency: Math.min(frequency + 1, known.frequency) });
      }
    }
    addNationality(pairs, synset, definition, demonyms);
    addPlace(pairs, synset, wordNet);
  }
  for (const synset of wordNet.values()) {
    if (synset.pos === 'v' || synset.pos === 'a') addDegree(pairs, synset, wordNet);
  }
  return pairs;
}

interface DefinitionPattern {
  readonly relation: string;
  /** The group is the head; the word that is defined is the tail. */
  readonly pattern: RegExp;
  /** Lexical file of the tail. */
  readonly lexicalFile?: RegExp;
  /** Lexical file of the head. */
  readonly of?: RegExp;
}

const LIVING = /noun\.(animal|person)/;

const DEFINITIONS: readonly DefinitionPattern[] = [
  {
    relation: 'young',
    pattern:
      /^(?:a |the )?(?:very )?young (?:of (?:a |an |the |domestic |various )*)?(?:male |female |domestic )*([a-z]+)/,
    lexicalFile: LIVING,
    of: LIVING,
  },
  { relation: 'young', pattern: /^(?:a |the )?immature ([a-z]+)/, lexicalFile: /noun\.animal/, of: LIVING },
  {
    relation: 'female',
    pattern: /^(?:an? )?(?:adult |mature )?(?:female|woman) ([a-z]+)$/,
    lexicalFile: LIVING,
    of: LIVING,
  },
  { relation: 'female', pattern: /^(?:a )?woman (?:who is )?an? ([a-z]+)/, lexicalFile: /noun\.person/, of: LIVING },
  {
    relation: 'male',
    pattern: /^(?:an? )?(?:uncastrated |adult |mature )?male ([a-z]+)$/,
    lexicalFile: LIVING,
    of: LIVING,
  },
  {
    relation: 'sound',
    pattern: /(?:sounds?|cry|noise|call) (?:made by|of) (?:an? |the )?(?:young )?([a-z]+)/,
    of: LIVING,
  },
  {
    relation: 'expert',
    pattern: /^an? (?:specialist|expert|authority|scholar) (?:in|on|of) ([a-z]+)$/,
    lexicalFile: /noun\.person/,
  },
  {
    relation: 'player',
    pattern: /^(?:someone|a musician|a person) who plays the ([a-z]+)/,
    lexicalFile: /noun\.person/,
  },
  { relation: 'study', pattern: /(?:the )?(?:scientific )?study of ([a-z]+)$/, lexicalFile: /noun\.cognition/ },
  { relation: 'fear', pattern: /^an? (?:morbid|abnormal|irrational) (?:fear|dread) of ([a-z]+)/ },
  {
    relation: 'group',
    pattern: /^an? (?:group|flock|herd|collection|pack|team|set|body|band) of ([a-z]+)$/,
    lexicalFile: /noun\.group/,
  },
  {
    relation: 'container',
    pattern:
      /^(?:a |an )?(?:[a-z]+ )?(?:container|vessel|bottle|case|box|jar|pot|receptacle|dish|bag) (?:for|of|to hold|that holds) (?:holding |serving |storing |keeping |carrying )?([a-z]+)$/,
    lexicalFile: /noun\.artifact/,
  },
  {
    relation: 'measure',
    pattern:
      /^an? (?:measuring )?(?:instrument|meter|device)[a-z ]* (?:for measuring|that measures|measuring) (?:the )?([a-z]+)/,
    lexicalFile: /noun\.artifact/,
  },
  {
    relation: 'meat',
    pattern: /^(?:the )?(?:meat|flesh) (?:from|of) (?:an? |the |any )?(?:young |domestic |domesticated )*([a-z]+)/,
    lexicalFile: /noun\.food/,
    of: /noun\.animal/,
  },
  {
    relation: 'fruit',
    pattern: /^(?:the )?(?:edible )?(?:fruit|seed|nut|berry) of (?:the |an? )?([a-z]+)(?: tree| plant|$)/,
  },
  {
    relation: 'part',
    pattern:
      /^(?:the )?(?:front|back|upper|lower|top|bottom|outer|inner|rear|side|edge) (?:part|end|surface|edge|side) of (?:a |an |the )?([a-z]+)$/,
  },
  { relation: 'unit', pattern: /^(?:a |the )?(?:basic )?unit of ([a-z]+)/, lexicalFile: /noun\.quantity/ },
  { relation: 'currency', pattern: /^(?:the )?basic (?:unit of money|monetary unit) in ([A-Z]?[a-z]+)/ },
];

function addNationality(
  pairs: PairsByName,
  synset: Synset,
  definition: string,
  demonyms: ReadonlyMap<string, string>,
): void {
  if (!synset.pointers.some(({ symbol }) => symbol === '@i') || synset.lexicalFile !== 'noun.person') return;
  const [, demonym = ''] = /^(?:an? )?([A-Z][a-z]+)(?: |-)/.exec(definition) ?? [];
  const nationality = demonyms.has(demonym)
    ? demonym
    : demonym === 'United' && / States /.test(definition)
      ? 'American'
      : undefined;
  if (!nationality) return;
  // The family name, by which people are known: the shortest single word.
  const name = synset.words.map(({ word }) => word).find((word) => /^[A-Z][a-z]+$/.test(word));
  if (name) pairs.add('gloss/nationality', { head: name, tail: nationality, frequency: 1000 - synset.gloss.length });
}

/** (city, state), (river, country), ...: an instance and the instance it is part of, by what the two are. */
function addPlace(pairs: PairsByName, synset: Synset, wordNet: WordNet): void {
  if (!/noun\.(location|object)/.test(synset.lexicalFile)) return;
  const kind = kindOfPlace(synset, wordNet);
  const [name] = synset.words;
  if (!kind || !name) return;
  for (const { symbol, target } of synset.pointers) {
    const whole = symbol === '#p' ? wordNet.get(target) : undefined;
    const wholeKind = whole && kindOfPlace(whole, wordNet);
    const wholeName = whole?.words[0];
    if (!wholeKind || !wholeName) continue;
    const pair = { head: name.word, tail: wholeName.word };
    if (Object.values(pair).some((word) => (word.match(/_/g)?.length ?? 0) > 1)) continue;
    const spaced = { head: pair.head.replaceAll('_', ' '), tail: pair.tail.replaceAll('_', ' ') };
    pairs.add(`place/${kind}-${wholeKind}`, {
      ...spaced,
      frequency: name.frequency + (pair.head.includes('_') ? -1 : 0),
    });
  }
}

const PLACES: readonly (readonly [string, RegExp])[] = [
  ['state', /^(American_state|Australian_state|Canadian_province|state|province|county)$/],
  [
    'country',
    /^(country|European_country|African_country|Asian_country|South_American_country|North_American_country|island|kingdom|sultanate)$/,
  ],
  ['continent', /^continent$/],
  [
    'city',
    /^(city|national_capital|state_capital|provincial_capital|town|port|urban_center|county_seat|university_town|metropolis)$/,
  ],
  ['river', /^river$/],
  ['mountain', /^(mountain|mountain_peak|volcano|mountain_range|range)$/],
  ['lake', /^lake$/],
  ['region', /^(geographical_area|region|geographic_region|desert|peninsula)$/],
];

function kindOfPlace(synset: Synset, wordNet: WordNet): string | undefined {
  const kinds = synset.pointers
    .filter(({ symbol }) => symbol === '@i')
    .flatMap(({ target }) => wordNet.get(target)?.words.map(({ word }) => word) ?? []);
  return PLACES.find(([, pattern]) => kinds.some((kind) => pattern.test(kind)))?.[0];
}

/** Adjectives and verbs defined by another with a degree: "very cold", "extremely hungry", "walk slowly". */
function addDegree(pairs: PairsByName, synset: Synset, wordNet: WordNet): void {
  const [definition = ''] = synset.gloss.split(';');
  const adjective = /^(?:very|extremely|exceedingly|intensely|exceptionally|unusually) ([a-z]+)$/.exec(
    definition.trim(),
  )?.[1];
  const verb =
    /^([a-z]+) (?:[a-z]+ )?(?:a lot|heavily|intensely|violently|very|greedily|strongly|deeply|hard|loudly|quickly|suddenly|forcefully)\b/.exec(
      definition.trim(),
    )?.[1];
  const base = synset.pos === 'a' ? adjective : verb;
  if (!base) return;
  const known = [...(lemmas(wordNet).get(`${synset.pos} ${base}`) ?? [])][0];
  if (known === undefined) return;
  for (const { word, number, frequency } of synset.words) {
    if (number !== 1 || word.includes('_') || word.startsWith(base)) continue;
    pairs.add(`gloss/intensity-${synset.pos === 'a' ? 'adj' : 'verb'}`, { head: base, tail: word, frequency });
  }
}

const LEMMAS = new WeakMap<WordNet, Map<string, Set<number>>>();

function lemmas(wordNet: WordNet): Map<string, Set<number>> {
  const known = LEMMAS.get(wordNet);
  if (known) return known;
  const made = new Map<string, Set<number>>();
  for (const { pos, words } of wordNet.values()) {
    for (const { word, frequency } of words) made.set(`${pos} ${word}`, new Set([frequency]));
  }
  LEMMAS.set(wordNet, made);
  return made;
}
