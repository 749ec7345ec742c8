import { Random } from '../../../relbert/src/data/random.ts';
import { wordNetRelationSets } from '../../../relbert/src/data/wordnet.ts';
import type { Synset, WordNet } from '../../../relbert/src/data/wordnet-database.ts';
import type { WordPair } from '../../../relbert/src/pair/word-pair.ts';
import { plainWord } from './pairs.ts';

/** Words that stand in definitions and examples without being what they are about. */
const EMPTY_WORDS = new Set(
  (
    'about above after again against all also among and another any are around away because been before being below ' +
    'beneath between both but can cannot could did does doing down during each either etc especially ever every few for ' +
    'from further given had has have having her here hers herself him himself his how into its itself just less like ' +
    'made make makes making many may might more most much must near nor not now off often one only onto other others our ' +
    'out over own per same several shall she should since small so some someone something such than that the their them ' +
    'then there these they thing things this those three through throughout thus toward two under until upon use used ' +
    'uses using usually various very was way well were what when where which while who whom whose why will with within ' +
    'without would you your yours etc kind type form act state quality characterized having relating belonging capable'
  ).split(' '),
);

export interface UnlabelledCounts {
  /** (word, word of its definition). */
  readonly defined: number;
  /** Two words of one definition or example. */
  readonly together: number;
  /** Two words with one hypernym. */
  readonly siblings: number;
  /** Pairs of WordNet's relations, whatever they are. */
  readonly linked: number;
  /** Two words that have nothing to do with each other. */
  readonly random: number;
}

/**
 * Word pairs without a relation, for a teacher to compare: what stands together in WordNet's definitions and examples,
 * what has one hypernym, what is linked, and what is thrown together. Words known to the tagged corpora, or linked to
 * one that is, are preferred, so that the pairs are such as people ask about.
 *
 * @param leaveOut Pairs that are not to be among them.
 */
export function unlabelledPairs(
  wordNet: WordNet,
  counts: UnlabelledCounts,
  leaveOut: (pair: WordPair) => boolean,
): WordPair[] {
  const random = new Random(20);
  const known = knownWords(wordNet);
  const chosen = new Map<string, WordPair>();
  const take = (pairs: readonly WordPair[], count: number): void => {
    const before = chosen.size;
    for (const pair of random.shuffle([...pairs])) {
      if (chosen.size - before >= count) return;
      const { head, tail } = pair;
      if (head === tail || chosen.has(`${tail}\t${head}`) || leaveOut(pair)) continue;
      chosen.set(`${head}\t${tail}`, { head, tail });
    }
  };
  const synsets = [...wordNet.values()];
  take(
    synsets.flatMap((synset) => defined(synset, known, random)),
    counts.defined,
  );
  take(
    synsets.flatMap((synset) => together(synset, known, random)),
    counts.together,
  );
  take(siblings(synsets, wordNet, random), counts.siblings);
  take(
    wordNetRelationSets(wordNet, { limit: 400 })
      .filter(({ parent }) => parent !== 'synonym')
      .flatMap(({ positives }) => positives.filter(({ head, tail }) => plainWord(head) && plainWord(tail))),
    counts.linked,
  );
  const words = [...known].filter(([, frequency]) => frequency >= 3).map(([word]) => word);
  take(
    Array.from({ length: 2 * counts.random }, () => ({ head: random.choice(words), tail: random.choice(words) })),
    counts.random,
  );
  return [...chosen.values()];
}

/** Plain words of any part of speech that the tagged corpora have, with how often. */
function knownWords(wordNet: WordNet): Map<string, number> {
  const words = new Map<string, number>();
  for (const { words: senses } of wordNet.values()) {
    for (const { word, frequency } of senses) {
      if (frequency > 0 && plainWord(word) && !EMPTY_WORDS.has(word)) {
        words.set(word, Math.max(frequency, words.get(word) ?? 0));
      }
    }
  }
  return words;
}

function contentWords(text: string, known: ReadonlyMap<string, number>): string[] {
  return [...new Set(text.match(/[a-z]{3,}/g) ?? [])].filter((word) => known.has(word));
}

function defined({ words, gloss }: Synset, known: ReadonlyMap<string, number>, random: Random): WordPair[] {
  const [definition = ''] = gloss.split(/; "|;/);
  const content = contentWords(definition, known);
  return words.flatMap(({ word, number }) => {
    // A word that the corpora lack is wanted where it is short, as common words are.
    if (number !== 1 || !plainWord(word) || !(known.has(word) || word.length <= 8)) return [];
    const others = random.shuffle([...content]).slice(0, known.has(word) ? 3 : 1);
    return others.map((other) => (random.uniform() < 0.5 ? { head: word, tail: other } : { head: other, tail: word }));
  });
}

function together({ gloss }: Synset, known: ReadonlyMap<string, number>, random: Random): WordPair[] {
  const [, ...examples] = gloss.split('"');
  const text = examples.join(' ') || gloss;
  const [head, tail] = random.shuffle(contentWords(text, known));
  return head !== undefined && tail !== undefined ? [{ head, tail }] : [];
}

function siblings(synsets: readonly Synset[], wordNet: WordNet, random: Random): WordPair[] {
  const first = ({ words }: Synset) => words.find(({ word, number }) => number === 1 && plainWord(word));
  return synsets.flatMap(({ pointers }) => {
    const children = pointers
      .filter(({ symbol }) => symbol === '~')
      .flatMap(({ target }) => wordNet.get(target) ?? [])
      .flatMap((child) => first(child)?.word ?? []);
    const [head, tail] = random.shuffle(children);
    return head !== undefined && tail !== undefined ? [{ head, tail }] : [];
  });
}
