/** The pairs that the page shows: those that relbert carries, with the names of their relations where they have any. */
import { createRequire } from 'node:module';
import type { WordPair } from 'relbert';
import { CARRIED_DATA, deduplicatePairs, pairsOfCarried, readPackageData } from 'relbert/cli';

/** Of the pairs shown, at least this share has a relation. */
const labelledShare = 0.5;
const unfit = new Set(createRequire(import.meta.url)('naughty-words/en.json') as string[]);

/**
 * `count` pairs, spread evenly over the relations, then pairs without a relation. Pairs with words that a class room can
 * do without are left out. Fewer where relbert does not carry as many.
 */
export async function carriedPairs(count: number): Promise<WordPair[]> {
  const files = await Promise.all(CARRIED_DATA.trainingPairs.map(readPackageData));
  const labelled = distinct(files.flatMap(pairsOfCarried));
  const others = distinct([...labelled, ...pairsOfCarried(await readPackageData(CARRIED_DATA.unlabelledPairs))]);
  const unlabelled = others.slice(labelled.length);
  const wanted = Math.min(labelled.length, Math.ceil(count * labelledShare));
  return [...spread(labelled, wanted), ...spread(unlabelled, count - wanted)];
}

function distinct(pairs: readonly WordPair[]): WordPair[] {
  return deduplicatePairs(pairs.filter((pair) => !isUnfit(pair))).distinct as WordPair[];
}

function isUnfit({ head, tail }: WordPair): boolean {
  return [head, tail].some(
    (word) => unfit.has(word.toLowerCase()) || word.split(/\W+/).some((part) => unfit.has(part)),
  );
}

/** `count` of them at even distances. */
function spread<T>(all: readonly T[], count: number): T[] {
  const some = Math.min(all.length, Math.max(0, count));
  return Array.from({ length: some }, (_, i) => all[Math.floor((i * all.length) / some)] as T);
}
