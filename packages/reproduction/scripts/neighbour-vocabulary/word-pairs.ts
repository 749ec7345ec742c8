import type { Synset, WordNet } from '../../../relbert/src/data/wordnet-database.ts';
import type { WordPair } from '../../../relbert/src/pair/word-pair.ts';

/**
 * Word pairs of WordNet, each ordered pair once, always in the same order: first what it links or has in one synset,
 * then a word with each word of its definition that WordNet knows, then two words with one hypernym. Words are of
 * letters, three or more; a pair is as it is written, in one order only of what is linked both ways.
 */
export function* wordPairs(wordNet: WordNet): Generator<WordPair> {
  const known = knownWords(wordNet);
  const seen = new Set<string>();
  for (const kind of [linked, defined, siblings]) {
    for (const synset of wordNet.values()) {
      for (const pair of kind(synset, wordNet, known)) {
        const { head, tail } = pair;
        const key = `${head}\t${tail}`;
        if (head === tail || seen.has(key) || seen.has(`${tail}\t${head}`)) continue;
        seen.add(key);
        yield pair;
      }
    }
  }
}

function wordsOf({ words }: Synset): string[] {
  return words.map(({ word }) => word).filter((word) => /^[A-Za-z]{3,}$/.test(word));
}

/** In lower case: definitions are looked up in them. */
function knownWords(wordNet: WordNet): ReadonlySet<string> {
  return new Set([...wordNet.values()].flatMap(wordsOf).filter((word) => word === word.toLowerCase()));
}

function* allPairs(heads: readonly string[], tails: readonly string[]): Generator<WordPair> {
  for (const head of heads) for (const tail of tails) yield { head, tail };
}

function* linked(synset: Synset, wordNet: WordNet): Generator<WordPair> {
  const words = wordsOf(synset);
  yield* allPairs(words, words);
  for (const { target } of synset.pointers) {
    const other = wordNet.get(target);
    if (other) yield* allPairs(words, wordsOf(other));
  }
}

function* defined(synset: Synset, _: WordNet, known: ReadonlySet<string>): Generator<WordPair> {
  // Examples follow, in quotation marks.
  const [definition = ''] = synset.gloss.split('"');
  const content = (definition.match(/[a-z]{4,}/g) ?? []).filter((word) => known.has(word));
  yield* allPairs(wordsOf(synset), content);
}

function* siblings({ pointers }: Synset, wordNet: WordNet): Generator<WordPair> {
  const children = pointers.flatMap(({ symbol, target }) => {
    const child = symbol === '~' ? wordNet.get(target) : undefined;
    return child ? wordsOf(child).slice(0, 1) : [];
  });
  for (const [i, head] of children.entries()) {
    for (const tail of children.slice(i + 1)) yield { head, tail };
  }
}
