/**
 * Makes packages/relbert/data/words.txt, the word list `package/words`, a word a line, the most frequent first:
 *
 *   npx tsx packages/reproduction/scripts/make-words.ts
 *
 * Words of WordNet that its corpora tag at least three times, the inflected forms of those of ten times or more, and all
 * words of the training pairs that the package carries (names of countries and cities, say). Running it again gives the
 * same file.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CARRIED_DATA, pairsOfCarried } from '../../relbert/src/data/carried.ts';
import { parseWordNet, type Synset, WORDNET_FILES } from '../../relbert/src/data/wordnet-database.ts';
import { readPackageData } from '../../relbert/src/node/package-data.ts';
import { readWordNetFiles } from '../../relbert/src/node/wordnet-files.ts';
import { compared, pastTense, plural, presentParticiple, thirdPerson } from './training-pairs/inflection.ts';

const LEAST = 3;
const LEAST_INFLECTED = 10;

const frequencies = new Map<string, number>();
const add = (word: string | undefined, frequency: number): void => {
  if (word !== undefined && /^\p{L}[\p{L}'.-]*(?: \p{L}[\p{L}'.-]*){0,3}$/u.test(word))
    frequencies.set(word, Math.max(frequencies.get(word) ?? 0, frequency));
};
const synsets = [...parseWordNet(await readWordNetFiles(WORDNET_FILES)).values()];
const gradable = new Set(
  synsets.filter(({ pos }) => pos === 'a').flatMap(({ words }) => words.map(({ word }) => word)),
);

function inflected(word: string, pos: Synset['pos']): (string | undefined)[] {
  if (!/^[a-z]+$/.test(word)) return [];
  if (pos === 'n') return [plural(word)?.form];
  if (word === 'be') return ['am', 'is', 'are', 'was', 'were', 'been', 'being'];
  if (pos === 'v') return [thirdPerson(word), presentParticiple(word), pastTense(word)];
  return pos === 'a' ? [compared(word, 'er', gradable), compared(word, 'est', gradable)] : [];
}

for (const { pos, words } of synsets) {
  for (const { word, frequency } of words) {
    if (frequency < LEAST || !/^\p{L}{2,}$/u.test(word)) continue;
    add(word, frequency);
    // Forms are rarer than their lemma.
    if (frequency >= LEAST_INFLECTED) for (const form of inflected(word, pos)) add(form, frequency / 10);
  }
}
for (const name of CARRIED_DATA.trainingPairs) {
  for (const { head, tail } of pairsOfCarried(await readPackageData(name)))
    for (const word of [head, tail]) add(word, 1);
}
const words = [...frequencies]
  .filter(([word]) => word === word.toLowerCase() || !frequencies.has(word.toLowerCase())) // Lady: lady
  .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  .map(([word]) => word);
writeFileSync(
  fileURLToPath(new URL('../../relbert/data/words.txt', import.meta.url)),
  words.map((word) => `${word}\n`).join(''),
);
console.log(`${words.length} words`);
