/**
 * Makes data/training-pairs/, the training pairs that the package carries for its default recipe, from SemEval-2012,
 * WordNet and a table of countries:
 *
 *   npx tsx packages/reproduction/scripts/make-training-pairs.ts ../shared/data
 *
 * Every pair that occurs in the folder's analogy questions (stem and all choices), lexical relation sets (all splits),
 * relation mappings or SCAN is left out, in both orders, without regard to case, `_` counting as a space. The command
 * says how many that were; running it again gives the same files.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { excludePairs, pairsOfFiles } from '../../relbert/src/data/exclude.ts';
import { parseScan, scanMappings } from '../../relbert/src/data/mapping.ts';
import type { PairSet } from '../../relbert/src/data/pair-set.ts';
import { Random } from '../../relbert/src/data/random.ts';
import { formatRelationLines, type RelationSet } from '../../relbert/src/data/relation-set.ts';
import { parseSemEvalPack, type RatedRelation, semEvalRelationSets } from '../../relbert/src/data/semeval.ts';
import { type WordNetRelation, wordNetRelationSets } from '../../relbert/src/data/wordnet.ts';
import { parseWordNet, WORDNET_FILES, type WordNet } from '../../relbert/src/data/wordnet-database.ts';
import { readPackageData } from '../../relbert/src/node/package-data.ts';
import { readWordNetFiles } from '../../relbert/src/node/wordnet-files.ts';
import type { DataFile } from '../../relbert/src/text/data-error.ts';
import { countryRelations, demonyms } from './training-pairs/countries.ts';
import { withCrossed } from './training-pairs/crossed.ts';
import { derivations } from './training-pairs/derivation.ts';
import { glossRelations } from './training-pairs/glosses.ts';
import { compared, pastTense, plural, presentParticiple, thirdPerson } from './training-pairs/inflection.ts';
import { lexicalRelations } from './training-pairs/lexical.ts';
import { PairsByName, plainWord } from './training-pairs/pairs.ts';
import { unlabelledPairs } from './training-pairs/unlabelled.ts';

/** Relations with fewer pairs are left out. */
const LEAST = 12;
/** Likewise, positives of SemEval's relations. */
const LEAST_RATED = 4;
/** The most pairs of one relation. */
const LIMIT = 160;
/** The most crossed pairs of one relation, and the seed of the first one's. */
const CROSSED = 60;
const FIRST_SEED = 17;

const [folder] = process.argv.slice(2);
if (!folder)
  throw new Error('usage: npx tsx packages/reproduction/scripts/make-training-pairs.ts EVALUATION_DATA_FOLDER');

const excluded = evaluationPairs(folder);
const wordNet = decent(parseWordNet(await readWordNetFiles(WORDNET_FILES)));
const semEval = parseSemEvalPack(await readPackageData('semeval2012.json'));

const output = new URL('../../relbert/data/training-pairs/', import.meta.url);
mkdirSync(output, { recursive: true });
write('semeval2012', semEvalSets(semEval, excluded), 0);
write('semeval2012-crossed', semEvalSets(semEval, excluded), CROSSED);
write('wordnet', wordNetSets(wordNet), CROSSED);
write('countries', countryRelations().sets({ limit: 300, least: 10 }), CROSSED);
write('lexical', lexicalRelations(wordNet, excluded), 0);
writeUnlabelled(wordNet, excluded);

/** WordNet without what its definitions call offensive, and without sexual slang. */
function decent(database: WordNet): WordNet {
  const refused = /offensive|disparag|obscen|\bslur\b|vulgar|sexual|prostitut/i;
  return new Map([...database].filter(([, { gloss }]) => !refused.test(gloss)));
}

/** All pairs of the evaluation data. */
function evaluationPairs(root: string): PairSet {
  const files: DataFile[] = [];
  for (const kind of ['analogy', 'lexical_relation', 'relation_mapping']) {
    for (const name of readdirSync(join(root, kind), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(jsonl|tsv)$/.test(name)) continue;
      const file = join(root, kind, name);
      files.push({ file, text: readFileSync(file, 'utf8') });
    }
  }
  const pairs = pairsOfFiles(files);
  const scan = join(root, 'scan', 'SCAN_dataset.csv');
  for (const { source, target } of scanMappings(parseScan({ file: scan, text: readFileSync(scan, 'utf8') }))) {
    for (const side of [source, target]) {
      for (const head of side) for (const tail of side) if (head !== tail) pairs.add({ head, tail });
    }
  }
  console.log(`${files.length + 1} files of evaluation data hold ${pairs.size} pairs (orders not told apart)`);
  return pairs;
}

/**
 * The most typical 15 and the least typical 10 pairs of each relation among those that are not left out; only pairs that
 * people found more typical than not (rating > 0) are positives, and only the others negatives.
 */
function semEvalSets(rated: readonly RatedRelation[], leaveOut: PairSet): RelationSet[] {
  return rated.flatMap(({ relation, pairs }) => {
    const usable = pairs.filter((pair) => !leaveOut.has(pair));
    const top = Math.min(15, usable.filter(({ rating }) => rating > 0).length);
    const bottom = Math.min(10, usable.filter(({ rating }) => rating < 0).length);
    return top < LEAST_RATED ? [] : semEvalRelationSets([{ relation, pairs: usable }], { top, bottom });
  });
}

/** Everything from WordNet: its own relations, word formation and inflection, and what its definitions say. */
function wordNetSets(database: WordNet): RelationSet[] {
  const some = (relations: readonly WordNetRelation[], frequency: number) =>
    wordNetRelationSets(database, { relations, frequency })
      .map(wellFormed)
      .map((set) => ({ ...set, positives: set.positives.slice(0, LIMIT) }));
  const bounds = { limit: LIMIT, least: LEAST };
  // Things have many hypernyms that people know and SemCor, 230,000 words of text, does not hold.
  const things = /noun\.(animal|artifact|body|food|plant|substance)$/;
  return [
    ...some(['hypernym'], 1).filter(({ relation }) => !things.test(relation)),
    ...some(['hypernym'], 0).filter(({ relation }) => things.test(relation)),
    ...some(['part-meronym', 'member-meronym', 'substance-meronym', 'antonym'], 0),
    ...some(['synonym', 'similar', 'pertainym', 'domain'], 1),
    ...some(['attribute', 'cause', 'entailment', 'instance'], 0),
    ...derivations(database).sets(bounds),
    ...inflections(database).sets(bounds),
    ...glossRelations(database, demonyms()).sets(bounds),
  ].filter((set) => set.positives.length >= LEAST);
}

/** Words of letters, perhaps with a hyphen or an apostrophe; no abbreviations, and of animals and plants no Latin names. */
function wellFormed(set: RelationSet): RelationSet {
  const word = /noun\.(animal|plant)$/.test(set.relation) ? /^\p{Ll}[\p{Ll}'-]+$/u : /^\p{L}[\p{Ll}'-]+$/u;
  return { ...set, positives: set.positives.filter(({ head, tail }) => word.test(head) && word.test(tail)) };
}

/** Inflected forms of frequent words; each relation draws its own, so that not all have the same. */
function inflections(database: WordNet): PairsByName {
  const pairs = new PairsByName();
  const frequent = (pos: 'n' | 'v' | 'a', count: number, seed: number): string[] => {
    const words = new Map<string, number>();
    for (const synset of database.values()) {
      if (synset.pos !== pos) continue;
      for (const { word, frequency } of synset.words) {
        if (plainWord(word) && frequency > 0) words.set(word, frequency);
      }
    }
    const known = [...words].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, count);
    return new Random(seed).shuffle(known.map(([word]) => word));
  };
  const draw = (
    relation: string,
    words: readonly string[],
    forms: (word: string) => readonly (string | undefined)[],
  ) => {
    let rank = words.length;
    for (const word of words) {
      const [head, tail] = forms(word);
      rank -= 1;
      if (head && tail) pairs.add(`inflection/${relation}`, { head, tail, frequency: rank });
    }
  };
  draw('plural-regular', frequent('n', 1500, 1), (noun) => [noun, regular(noun, true)]);
  draw('plural-irregular', frequent('n', 6000, 2), (noun) => [noun, regular(noun, false)]);
  // What has an attribute (tall: stature) has degrees of it.
  const gradable = new Set(
    [...database.values()]
      .filter(({ pos, pointers }) => pos === 'a' && pointers.some(({ symbol }) => symbol === '='))
      .flatMap(({ words }) => words.map(({ word }) => word)),
  );
  const degree = (word: string, ending: 'er' | 'est') => compared(word, ending, gradable);
  draw('comparative', frequent('a', 2000, 3), (word) => [word, degree(word, 'er')]);
  draw('superlative', frequent('a', 2000, 4), (word) => [word, degree(word, 'est')]);
  draw('comparative-superlative', frequent('a', 2000, 5), (word) => [degree(word, 'er'), degree(word, 'est')]);
  draw('verb-third-person', frequent('v', 1200, 6), (verb) => [verb, thirdPerson(verb)]);
  draw('verb-participle', frequent('v', 1200, 7), (verb) => [verb, presentParticiple(verb)]);
  draw('verb-past', frequent('v', 1200, 8), (verb) => [verb, pastTense(verb)]);
  draw('participle-third-person', frequent('v', 1200, 9), (verb) => [presentParticiple(verb), thirdPerson(verb)]);
  draw('participle-past', frequent('v', 1200, 10), (verb) => [presentParticiple(verb), pastTense(verb)]);
  draw('third-person-past', frequent('v', 1200, 11), (verb) => [thirdPerson(verb), pastTense(verb)]);
  return pairs;
}

function regular(noun: string, wanted: boolean): string | undefined {
  const made = plural(noun);
  return made?.regular === wanted ? made.form : undefined;
}

/** @param limit The most hard negatives that are made of the words of one relation. */
function write(name: string, relations: readonly RelationSet[], limit: number): void {
  const { relations: kept, pairs, dropped } = excludePairs(relations, excluded);
  const large = kept
    .filter(({ positives }) => positives.length >= LEAST_RATED)
    .map((set, place) => withCrossed(set, { limit, seed: FIRST_SEED + place, leaveOut: excluded }));
  const text = formatRelationLines(large);
  writeFileSync(new URL(`${name}.jsonl`, output), text);
  const count = large.reduce((sum, { positives, negatives }) => sum + positives.length + negatives.length, 0);
  console.log(
    `data/training-pairs/${name}.jsonl: ${large.length} relations, ${count} pairs, ${Math.round(text.length / 1024)} KiB; ` +
      `left out ${pairs} pairs of the evaluation data and ${kept.length - large.length + dropped.length} relations`,
  );
}

/** Pairs for a teacher to compare, without relations. */
function writeUnlabelled(database: WordNet, leaveOut: PairSet): void {
  const counts = { defined: 52_000, together: 14_000, siblings: 6_000, linked: 5_000, random: 3_000 };
  const pairs = unlabelledPairs(database, counts, (pair) => leaveOut.has(pair));
  const text = pairs.map(({ head, tail }) => `${head}\t${tail}\n`).join('');
  writeFileSync(new URL('unlabelled.tsv', output), text);
  console.log(`data/training-pairs/unlabelled.tsv: ${pairs.length} pairs, ${Math.round(text.length / 1024)} KiB`);
}
