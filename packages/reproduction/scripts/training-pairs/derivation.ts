import type { PartOfSpeech, WordNet } from '../../../relbert/src/data/wordnet-database.ts';
import { type FrequentPair, PairsByName, plainWord } from './pairs.ts';

const PARTS: Readonly<Record<PartOfSpeech, string>> = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' };

/** Suffixes by the parts of speech that they lead from and to; the longest that fits counts. */
const SUFFIXES: Readonly<Record<string, string>> = {
  'adj-noun': 'ness ity ence ance ency ancy cy th ism dom hood',
  'verb-noun': 'er or ion ment ance ence al ure age ant ent ing ery y',
  'noun-adj': 'less ful y al ial ous ious ic ical ish ary an ian like ly ed some ive ern',
  'verb-adj': 'able ible ive ant ent ory ative some ful',
  'adj-adv': 'ly ally',
  'adj-verb': 'ize ify en ate',
  'noun-verb': 'ize ify ate en',
  'noun-noun': 'ist ism ship hood er ess let dom ian eer ery age',
};

/** Prefixes by part of speech, and what the definition says of a word that has them and means what it seems to. */
const PREFIXES: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  v: {
    re: /\bagain\b|\banew\b|\bback\b|\bnew\b|\bdifferent/,
    un: /\bundo|\bremove|\bfree\b|\bloosen|\brelease|\bfrom\b|\bopen/,
    dis: /\bnot\b|\bremove|\bdeprive|\bfrom\b|\bfail|\brefuse|\bfree\b/,
    mis: /\bwrong|\bbad|\bincorrect|\bfalse|\bimproper|\bmistake|\bill/,
    out: /\bbetter\b|\bmore\b|\bbeyond\b|\blonger\b|\bsurpass|\bexceed|\bfaster\b/,
    over: /\btoo\b|\bexcess|\bmore\b|\bbeyond\b|\bmuch\b/,
    under: /\btoo\b|\bless\b|\binsufficient|\blow\b|\bbelow\b/,
    de: /\bremove|\bfree\b|\breverse|\btake\b|\bfrom\b|\breduce/,
    pre: /\bbefore|\badvance|\bprior/,
    inter: /\bwith each other\b|\bmutual|\btogether\b|\bbetween\b|\bone another\b/,
  },
  a: {
    un: /\bnot\b|\black|\bwithout\b|\bno\b/,
    in: /\bnot\b|\black|\bwithout\b|\bno\b|\bimpossible/,
    im: /\bnot\b|\black|\bwithout\b|\bno\b|\bimpossible/,
    ir: /\bnot\b|\black|\bwithout\b|\bno\b|\bimpossible/,
    il: /\bnot\b|\black|\bwithout\b|\bno\b|\bimpossible/,
    dis: /\bnot\b|\black|\bwithout\b/,
    non: /\bnot\b|\bwithout\b|\bno\b/,
    over: /\btoo\b|\bexcess|\bmuch\b|\bmore than\b/,
    super: /\bvery\b|\bextreme|\bbeyond\b|\babove\b/,
    anti: /\bagainst\b|\boppos|\bnot\b|\bhostile/,
    inter: /\bbetween\b|\bamong\b/,
    pre: /\bbefore|\bprior/,
    sub: /\bunder\b|\bbelow\b|\bless than\b|\bbeneath\b/,
  },
  n: {
    anti: /\bagainst\b|\boppos|\bprevent|\bantagonis/,
    sub: /\bpart\b|\bdivision\b|\bunder|\bbelow\b|\bwithin\b|\bsmaller\b/,
    super: /\bvery\b|\blarge|\bgreat|\bbeyond\b|\bextra/,
    counter: /\boppos|\bagainst\b|\breturn|\bresponse/,
    non: /\bnot\b|\babsence|\bno\b|\bother than\b/,
    mis: /\bwrong|\bbad|\bincorrect|\bmistake|\bfalse|\bimproper/,
    over: /\btoo\b|\bexcess|\bmuch\b/,
    dis: /\bnot\b|\black|\babsence|\bloss|\bwithout\b/,
  },
};

/**
 * Derived words by affix, as BATS groups them: those that WordNet links (derivation, pertainym) and that differ by a
 * known suffix (`derivation/adj-noun-ness`), and those with a known prefix whose definition bears it out
 * (`derivation/re-verb`).
 */
export function derivations(wordNet: WordNet): PairsByName {
  const pairs = new PairsByName();
  const vocabulary = new Map<string, { frequency: number; gloss: string }>();
  for (const { pos, words, gloss } of wordNet.values()) {
    for (const { word, number, frequency } of words) {
      if (plainWord(word) && number === 1) vocabulary.set(`${pos} ${word}`, { frequency, gloss });
    }
  }
  for (const source of wordNet.values()) {
    for (const { symbol, target, words } of source.pointers) {
      const other = symbol === '+' || symbol === '\\' ? wordNet.get(target) : undefined;
      const [a, b] = [source.words[words?.[0] ?? -1], other?.words[words?.[1] ?? -1]];
      if (!other || !a || !b || !plainWord(a.word) || !plainWord(b.word)) continue;
      for (const [base, derived, from, to] of [
        [a, b, source.pos, other.pos],
        [b, a, other.pos, source.pos],
      ] as const) {
        const parts = `${PARTS[from]}-${PARTS[to]}`;
        const suffix = suffixOf(base.word, derived.word, parts);
        const frequency = Math.min(base.frequency, derived.frequency);
        if (suffix) pairs.add(`derivation/${parts}-${suffix}`, { head: base.word, tail: derived.word, frequency });
      }
    }
  }
  for (const [pos, prefixes] of Object.entries(PREFIXES)) {
    for (const [key, { frequency, gloss }] of vocabulary) {
      if (!key.startsWith(`${pos} `)) continue;
      const word = key.slice(2);
      for (const [prefix, meaning] of Object.entries(prefixes)) {
        const base = word.startsWith(prefix) ? word.slice(prefix.length) : '';
        const known = base.length >= 3 ? vocabulary.get(`${pos} ${base}`) : undefined;
        if (!known || !meaning.test(gloss)) continue;
        const pair: FrequentPair = { head: base, tail: word, frequency: Math.min(frequency + 1, known.frequency) };
        pairs.add(`derivation/${prefix}-${PARTS[pos as PartOfSpeech]}`, pair);
      }
    }
  }
  return pairs;
}

function suffixOf(base: string, derived: string, parts: string): string | undefined {
  if (derived.length <= base.length - 1) return undefined;
  const suffix = (SUFFIXES[parts] ?? '')
    .split(' ')
    .filter((ending) => ending !== '' && derived.endsWith(ending) && !base.endsWith(ending))
    .sort((a, b) => b.length - a.length)[0];
  if (!suffix) return undefined;
  let common = 0;
  while (common < base.length && base[common] === derived[common]) common += 1;
  // What the suffix is put to is the base but for its last letters: declare → declar-ation, happy → happi-ness.
  const stem = common >= Math.max(3, base.length - 2);
  return stem && derived.length - common <= suffix.length + 3 ? suffix : undefined;
}
