import type { PairSet } from '../../../relbert/src/data/pair-set.ts';
import { foldWord } from '../../../relbert/src/data/pair-set.ts';
import { Random } from '../../../relbert/src/data/random.ts';
import type { RelationSet } from '../../../relbert/src/data/relation-set.ts';
import type { PartOfSpeech, Synset, WordNet, WordSense } from '../../../relbert/src/data/wordnet-database.ts';
import { plainWord } from './pairs.ts';

/** Levels of hypernyms above a word that count as its hypernyms. */
const LEVELS = 7;
/** The most pairs of one relation. */
const MOST = 6_000;
/** A word of more relations than this stands in several; at most so many of their pairs, or of frequent words, are first. */
const SEVERAL = 4;
const FIRST = 3_500;
/** A word is the head, or the tail, of at most as many pairs of one relation. */
const PER_WORD = 6;

type Chosen = Map<string, readonly [head: string, tail: string]>;

/**
 * The lexical relations that data sets ask about, over words that stand in several of them: hypernym, part, whole,
 * material, sibling, antonym, synonym, attribute (noun, adjective), event (noun, verb). A pair that has two of the
 * relations, in any order, is left out; so is what `leaveOut` holds. `unrelated` has pairs of the same words that WordNet
 * does not link: negatives of every relation.
 */
export function lexicalRelations(wordNet: WordNet, leaveOut: PairSet): RelationSet[] {
  const random = new Random(23);
  const parts = partOfSpeech(wordNet);
  const frequent = new Set(
    [...wordNet.values()].flatMap(({ words }) => words.flatMap(({ word, frequency }) => (frequency > 2 ? word : []))),
  );
  const concrete = new Set(
    nounsOf(wordNet)
      .filter(({ lexicalFile }) => /animal|plant|artifact|food|body/.test(lexicalFile))
      .flatMap((synset) => wordsOf(synset)),
  );
  const relations: Record<string, Chosen> = {
    hypernym: hypernyms(wordNet),
    ...split(partPairs(wordNet), 'part', 'whole', random),
    material: materials(wordNet, parts),
    sibling: siblings(wordNet, random),
    antonym: antonyms(wordNet),
    synonym: synonyms(wordNet),
    attribute: attributes(wordNet, parts),
    event: events(wordNet, parts),
  };
  const found = new Map<string, number>();
  for (const pairs of Object.values(relations)) {
    for (const key of new Set([...pairs.values()].map(unordered))) found.set(key, (found.get(key) ?? 0) + 1);
  }
  const places = new Map<string, Set<string>>();
  for (const [name, pairs] of Object.entries(relations)) {
    for (const word of [...pairs.values()].flat()) places.set(word, (places.get(word) ?? new Set()).add(name));
  }
  const sets = Object.entries(relations).map(([name, pairs]) => {
    const usable = random
      .shuffle([...pairs.values()])
      .filter(([head, tail]) => found.get(unordered([head, tail])) === 1 && !leaveOut.has({ head, tail }));
    // Words of several relations first: each of their pairs is a wrong choice for the others. Then frequent ones.
    const several = usable.filter(
      (pair) =>
        pair.every((word) => concrete.has(word)) || pair.some((word) => (places.get(word)?.size ?? 0) > SEVERAL),
    );
    const common = usable.filter((pair) => pair.every((word) => frequent.has(word)));
    return relation(name, random.shuffle(atMost([...several.slice(0, FIRST), ...common.slice(0, FIRST), ...usable])));
  });
  return [...sets, unrelated(wordNet, sets, found, leaveOut, random)];
}

function relation(name: string, pairs: readonly (readonly [string, string])[]): RelationSet {
  const positives = pairs.map(([head, tail]) => ({ head, tail }));
  return { relation: `lexical/${name}`, parent: 'lexical', aliases: [], positives, negatives: [] };
}

/** Pairs of few repeated words, so that no head or tail stands for its relation. */
function atMost(pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const heads = new Map<string, number>();
  const tails = new Map<string, number>();
  const kept: (readonly [string, string])[] = [];
  const taken = new Set<string>();
  for (const [head, tail] of pairs) {
    const [asHead, asTail] = [heads.get(head) ?? 0, tails.get(tail) ?? 0];
    if (taken.has(`${head}\t${tail}`)) continue;
    if (asHead >= PER_WORD || asTail >= 10 * PER_WORD || kept.length >= MOST) continue;
    heads.set(head, asHead + 1);
    tails.set(tail, asTail + 1);
    taken.add(`${head}\t${tail}`);
    kept.push([head, tail]);
  }
  return kept;
}

function unrelated(
  wordNet: WordNet,
  sets: readonly RelationSet[],
  found: ReadonlyMap<string, number>,
  leaveOut: PairSet,
  random: Random,
): RelationSet {
  const words = [...new Set(sets.flatMap(({ positives }) => positives.flatMap(({ head, tail }) => [head, tail])))];
  const files = new Map<string, string[]>();
  for (const { lexicalFile, words: senses } of wordNet.values()) {
    for (const { word } of senses) files.set(word, [...(files.get(word) ?? []), lexicalFile]);
  }
  const pairs: Chosen = new Map();
  while (pairs.size < MOST) {
    const { head } = random.choice(random.choice(sets).positives);
    const tail = random.uniform() < 0.5 ? random.choice(words) : random.choice(random.choice(sets).positives).tail;
    if (files.get(head)?.some((file) => files.get(tail)?.includes(file))) continue;
    if (head !== tail && !found.has(unordered([head, tail])) && !leaveOut.has({ head, tail })) add(pairs, head, tail);
  }
  return relation('unrelated', [...pairs.values()]);
}

function add(pairs: Chosen, head: string, tail: string): void {
  if (head !== tail) pairs.set(`${head}\t${tail}`, [head, tail]);
}

function unordered([head, tail]: readonly [string, string]): string {
  return [foldWord(head), foldWord(tail)].sort().join('\t');
}

/** A plain word in its first sense that the corpora hold, or a short one. */
function familiar({ word, number, frequency }: WordSense): boolean {
  return number === 1 && plainWord(word) && (frequency > 0 || word.length <= 8);
}

/** Words that one would use for a synset: its first ones. */
function wordsOf(synset: Synset | undefined, most = 2): string[] {
  return (synset?.words ?? [])
    .filter(familiar)
    .slice(0, most)
    .map(({ word }) => word);
}

const nounsOf = (wordNet: WordNet) => [...wordNet.values()].filter(({ pos }) => pos === 'n');

function parents(wordNet: WordNet, synset: Synset): Synset[] {
  return synset.pointers.flatMap(({ symbol, target }) => (symbol === '@' ? (wordNet.get(target) ?? []) : []));
}

function hypernyms(wordNet: WordNet): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of nounsOf(wordNet)) {
    let above = [synset];
    for (let level = 0; level < LEVELS; level++) {
      above = above.flatMap((child) => parents(wordNet, child));
      for (const ancestor of above) {
        // What stands at the very top (entity, object, matter) says nothing.
        if (
          parents(wordNet, ancestor).length === 0 ||
          (ancestor.lexicalFile === 'noun.Tops' && !/^(animal|person|plant|food)$/.test(ancestor.words[0]?.word ?? ''))
        )
          continue;
        for (const head of wordsOf(synset)) for (const tail of wordsOf(ancestor)) add(pairs, head, tail);
      }
    }
  }
  return pairs;
}

/** (whole, part), also of the wholes directly below: a bike has what a wheeled vehicle has. */
function partPairs(wordNet: WordNet): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of nounsOf(wordNet)) {
    for (const whole of [
      synset,
      ...parents(wordNet, synset),
      ...parents(wordNet, synset).flatMap((it) => parents(wordNet, it)),
    ]) {
      if (/noun\.(location|time|quantity)/.test(whole.lexicalFile)) continue;
      for (const { symbol, target } of whole.pointers) {
        if (symbol !== '%p') continue;
        for (const head of wordsOf(synset)) for (const tail of wordsOf(wordNet.get(target))) add(pairs, head, tail);
      }
    }
  }
  return pairs;
}

/** Six pairs of ten as they are, the others turned around. */
function split(pairs: Chosen, name: string, turned: string, random: Random): Record<string, Chosen> {
  const both: [Chosen, Chosen] = [new Map(), new Map()];
  for (const [head, tail] of pairs.values()) {
    if (random.uniform() < 0.6) add(both[0], head, tail);
    else add(both[1], tail, head);
  }
  return { [name]: both[0], [turned]: both[1] };
}

/** (thing, what it is made of), by WordNet's links and its definitions. */
function materials(wordNet: WordNet, parts: Parts): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of nounsOf(wordNet)) {
    const things = wordsOf(synset);
    for (const { symbol, target } of synset.pointers) {
      if (symbol !== '%s') continue;
      for (const head of things) for (const tail of wordsOf(wordNet.get(target))) add(pairs, head, tail);
    }
    const [definition = ''] = synset.gloss.split('"');
    for (const [, phrase = ''] of definition.matchAll(
      /(?:made|consisting|composed|woven|built|mixture) (?:\w+ )?(?:of|from) ([a-z ]+)/g,
    )) {
      const words = tokens(phrase).slice(0, 4);
      const noun = words.findIndex((word) => parts(word, 'n'));
      // The last noun of a phrase is its head: woven from cotton thread.
      const last = noun >= 0 && parts(words[noun + 1] ?? '', 'n') ? noun + 1 : noun;
      const material = words[last];
      if (material && plainWord(material)) for (const head of things) add(pairs, head, material);
    }
  }
  return pairs;
}

/** Hypernyms that are too general for their hyponyms to be alike. */
const GENERAL =
  /^(entity|physical|object|whole|thing|matter|substance|artifact|artefact|instrumentality|unit|part|relation|abstraction|group|attribute|state|event|act|person|organism|causal|being|cause|living|covering|structure|device)/;

/** Words with one hypernym, which may be some levels up as long as it says what they are (animal, vehicle, tree). */
function siblings(wordNet: WordNet, random: Random): Chosen {
  const pairs: Chosen = new Map();
  const members = new Map<Synset, string[]>();
  for (const synset of nounsOf(wordNet)) {
    const [word] = wordsOf(synset, 1);
    if (!word) continue;
    let above = [synset];
    for (let level = 0; level < LEVELS; level++) {
      above = above.flatMap((child) => parents(wordNet, child));
      for (const ancestor of above) {
        if (level > 0 && GENERAL.test(ancestor.words[0]?.word ?? '')) continue;
        const list = members.get(ancestor);
        if (list) list.push(word);
        else members.set(ancestor, [word]);
      }
    }
  }
  for (const words of members.values()) {
    const shuffled = random.shuffle([...new Set(words)]).slice(0, 400);
    for (let i = 0; i + 1 < shuffled.length; i++) add(pairs, shuffled[i] as string, shuffled[i + 1] as string);
  }
  return pairs;
}

function antonyms(wordNet: WordNet): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of wordNet.values()) {
    for (const { symbol, target, words } of synset.pointers) {
      const opposite = symbol === '!' ? wordNet.get(target) : undefined;
      if (!opposite || !words) continue;
      const [head, tail] = [synset.words[words[0]], opposite.words[words[1]]];
      if (head && tail && plainWord(head.word) && plainWord(tail.word) && !affixed(head.word, tail.word))
        add(pairs, head.word, tail.word);
      // What is like one of the two is an opposite of the other.
      for (const near of synset.pointers) {
        if (near.symbol !== '&' || !tail || !plainWord(tail.word)) continue;
        for (const word of wordsOf(wordNet.get(near.target), 1))
          if (!affixed(word, tail.word)) add(pairs, word, tail.word);
      }
    }
  }
  return pairs;
}

/** One word is the other with a prefix or suffix (happy:unhappy). */
function affixed(a: string, b: string): boolean {
  return a.includes(b) || b.includes(a) || /less$/.test(a) !== /less$/.test(b);
}

/** Words of one synset, and adjectives that WordNet calls similar. */
function synonyms(wordNet: WordNet): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of wordNet.values()) {
    const words = synset.words
      .filter(({ word, number }) => plainWord(word) && number <= 2)
      .filter(({ word, frequency }) => frequency > 0 || word.length <= 7)
      .slice(0, 3);
    for (const [i, { word }] of words.entries()) for (const other of words.slice(i + 1)) add(pairs, word, other.word);
    for (const { symbol, target } of synset.pointers) {
      if (symbol !== '&') continue;
      for (const word of wordsOf(synset, 1)) for (const near of wordsOf(wordNet.get(target), 1)) add(pairs, word, near);
    }
  }
  return pairs;
}

type Parts = (word: string, pos: PartOfSpeech) => boolean;

/** Whether a word is mostly of that part of speech. */
function partOfSpeech(wordNet: WordNet): Parts {
  const counts = new Map<string, Map<PartOfSpeech, number>>();
  for (const { pos, words } of wordNet.values()) {
    for (const { word, frequency } of words) {
      const of = counts.get(word) ?? new Map<PartOfSpeech, number>();
      counts.set(word, of.set(pos, frequency + 0.5));
    }
  }
  return (word, pos) => {
    const of = counts.get(word);
    const mine = of?.get(pos) ?? 0;
    return mine > 0 && [...(of ?? [])].every(([other, count]) => other === pos || 2 * count <= mine);
  };
}

const tokens = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

/** (noun, adjective): a noun after the adjective in its examples, and adjectives before the first noun of a definition. */
function attributes(wordNet: WordNet, parts: Parts): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of wordNet.values()) {
    if (synset.pos === 'a') {
      for (const adjective of wordsOf(synset)) {
        if (!parts(adjective, 'a')) continue;
        const words = tokens(synset.gloss);
        for (const [i, word] of words.entries()) {
          const noun = words[i + 1];
          if (word === adjective && noun && plainWord(noun) && parts(noun, 'n')) add(pairs, noun, adjective);
        }
      }
    }
    if (synset.pos === 'n' && /animal|artifact|food|plant|person|body|object|substance/.test(synset.lexicalFile)) {
      const words = tokens(synset.gloss.split(';')[0] ?? '');
      const end = words.findIndex((word) => parts(word, 'n'));
      for (const adjective of words.slice(0, Math.max(0, end))) {
        if (
          plainWord(adjective) &&
          parts(adjective, 'a') &&
          !/^(various|several|small|large|different|certain|many|other|such|single|usual|more|most|any|european|american|african|asian|north|south)$/.test(
            adjective,
          )
        ) {
          for (const noun of wordsOf(synset, 1)) add(pairs, noun, adjective);
        }
      }
    }
  }
  return pairs;
}

/** (noun, verb): nouns in a verb's definition and examples, and verbs in a thing's definition (`for cutting`, `used to cut`). */
function events(wordNet: WordNet, parts: Parts): Chosen {
  const pairs: Chosen = new Map();
  for (const synset of wordNet.values()) {
    if (synset.pos === 'v') {
      const text = tokens(synset.gloss);
      for (const verb of wordsOf(synset)) {
        for (const [i, noun] of text.entries()) {
          const before = text[i - 1];
          if (before && /^(the|a|an|her|his|my|your|their)$/.test(before) && plainWord(noun) && parts(noun, 'n'))
            add(pairs, noun, verb);
        }
      }
    }
    if (synset.pos === 'n' && /animal|artifact|food|plant|person|body/.test(synset.lexicalFile)) {
      const text = tokens(synset.gloss.split('"')[0] ?? '');
      for (const [i, word] of text.entries()) {
        if (word === 'to' && /^(used|designed|able|made)$/.test(text[i - 1] ?? '')) {
          const verb = text[i + 1];
          if (verb && plainWord(verb) && parts(verb, 'v'))
            for (const noun of wordsOf(synset, 1)) add(pairs, noun, verb);
        }
      }
    }
  }
  return pairs;
}
