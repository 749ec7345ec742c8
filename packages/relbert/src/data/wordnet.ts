import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { RelationSet } from './relation-set.ts';
import { semEvalCategoryOf } from './semeval-taxonomy.ts';
import type { PartOfSpeech, Synset, WordNet, WordSense } from './wordnet-database.ts';

/** WordNet's relations between words, as training data. */
export type WordNetRelation = keyof typeof RELATIONS;

interface RelationKind {
  /** WordNet's pointer symbol; undefined: words of one synset. */
  readonly symbol: string | undefined;
  /** The relation holds both ways: each pair is taken once. */
  readonly symmetric?: true;
}

/** The head comes first: a hypernym pair is (dog, animal), a meronym pair (car, wheel), a cause pair (kill, die). */
const RELATIONS = {
  hypernym: { symbol: '@' },
  instance: { symbol: '@i' },
  'part-meronym': { symbol: '%p' },
  'member-meronym': { symbol: '%m' },
  'substance-meronym': { symbol: '%s' },
  synonym: { symbol: undefined, symmetric: true },
  similar: { symbol: '&', symmetric: true },
  antonym: { symbol: '!', symmetric: true },
  attribute: { symbol: '=' },
  cause: { symbol: '>' },
  entailment: { symbol: '*' },
  derivation: { symbol: '+', symmetric: true },
  pertainym: { symbol: '\\' },
  domain: { symbol: ';c' },
} as const satisfies Record<string, RelationKind>;

export const WORDNET_RELATIONS = Object.keys(RELATIONS) as WordNetRelation[];

export interface WordNetOptions {
  /** Default all. */
  readonly relations?: readonly WordNetRelation[];
  /** Only words whose most frequent sense is meant. Default true. */
  readonly firstSenses?: boolean;
  /** No phrases. Default true. */
  readonly singleWords?: boolean;
  /** Least number of times that both words occur in WordNet's tagged corpora. Default 0. */
  readonly frequency?: number | undefined;
  /** The most pairs of one relation set, those of frequent words first. Default: all. */
  readonly limit?: number | undefined;
  /** Smaller sets are dropped; at least 2. Default 2. */
  readonly least?: number;
}

interface FrequentPair extends WordPair {
  /** That of the rarer word. */
  readonly frequency: number;
  /** That of the other. */
  readonly otherFrequency: number;
}

/**
 * WordNet's relations as sets of word pairs, each split by the lexical file of its head (`hypernym/noun.animal`;
 * derivation also by the other part of speech: `derivation/noun.act-verb`). Pairs of frequent words come first, among them short ones; `_` is
 * written as a space.
 */
export function wordNetRelationSets(wordNet: WordNet, options: WordNetOptions = {}): RelationSet[] {
  const { relations = WORDNET_RELATIONS, limit = Number.POSITIVE_INFINITY, least = 2 } = options;
  return relations.flatMap((relation) => {
    const kind: RelationKind = RELATIONS[relation];
    const byFile = new Map<string, Map<string, FrequentPair>>();
    for (const { head, tail, source, target } of linksOf(wordNet, kind.symbol)) {
      if (!suits(head, options) || !suits(tail, options)) continue;
      const pair = {
        head: head.word.replaceAll('_', ' '),
        tail: tail.word.replaceAll('_', ' '),
        frequency: Math.min(head.frequency, tail.frequency),
        otherFrequency: Math.max(head.frequency, tail.frequency),
      };
      if (pair.head.toLowerCase() === pair.tail.toLowerCase()) continue;
      const name = relation === 'derivation' ? `${source.lexicalFile}-${PARTS[target.pos]}` : source.lexicalFile;
      const pairs = byFile.get(name) ?? new Map<string, FrequentPair>();
      byFile.set(name, pairs);
      pairs.set(pairKey(pair), pair);
    }
    if (kind.symmetric) dropReversed(byFile);
    return [...byFile]
      .filter(([, pairs]) => pairs.size >= Math.max(2, least))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, pairs]): RelationSet => {
        const name = `${relation}/${file}`;
        const frequent = [...pairs.values()].sort(byFamiliarity).slice(0, limit);
        return {
          relation: name,
          parent: relation,
          aliases: semEvalCategoryOf(name),
          positives: frequent.map(({ head, tail }) => ({ head, tail })),
          negatives: [],
        };
      });
  });
}

/** Most words were never tagged: the other word decides then, and then the length, because short words are more familiar. */
function byFamiliarity(a: FrequentPair, b: FrequentPair): number {
  return (
    b.frequency - a.frequency ||
    b.otherFrequency - a.otherFrequency ||
    a.head.length + a.tail.length - b.head.length - b.tail.length
  );
}

const PARTS: Readonly<Record<PartOfSpeech, string>> = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' };

interface Link {
  readonly head: WordSense;
  readonly tail: WordSense;
  readonly source: Synset;
  readonly target: Synset;
}

/** All links between two words that a pointer makes; for no symbol, all words of one synset. */
function* linksOf(wordNet: WordNet, symbol: string | undefined): Generator<Link> {
  for (const source of wordNet.values()) {
    if (symbol === undefined) {
      for (const head of source.words) {
        for (const tail of source.words) if (head !== tail) yield { head, tail, source, target: source };
      }
      continue;
    }
    for (const pointer of source.pointers) {
      const target = pointer.symbol === symbol ? wordNet.get(pointer.target) : undefined;
      if (!target) continue;
      const [from, to] = pointer.words ?? [];
      const heads = from === undefined ? source.words : source.words.slice(from, from + 1);
      const tails = to === undefined ? target.words : target.words.slice(to, to + 1);
      for (const head of heads) for (const tail of tails) yield { head, tail, source, target };
    }
  }
}

function suits({ word, number, frequency }: WordSense, options: WordNetOptions): boolean {
  const { firstSenses = true, singleWords = true, frequency: least = 0 } = options;
  return !(firstSenses && number !== 1) && !(singleWords && word.includes('_')) && frequency >= least;
}

/** Keeps the first of a pair and its reverse, even where the two are in different files. */
function dropReversed(byFile: ReadonlyMap<string, Map<string, FrequentPair>>): void {
  const seen = new Set<string>();
  for (const pairs of byFile.values()) {
    for (const [key, { head, tail }] of pairs) {
      if (seen.has(pairKey({ head: tail, tail: head }))) pairs.delete(key);
      else seen.add(key);
    }
  }
}
