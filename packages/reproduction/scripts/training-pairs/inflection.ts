import { createRequire } from 'node:module';

/**
 * English inflection: regular rules, with the exceptions of WordNet's morphology (noun.exc, verb.exc, adj.exc, as the
 * npm package wink-lexicon holds them). A form is undefined where rules and exceptions leave a doubt.
 */
const require = createRequire(import.meta.url);
const exceptions = (part: 'noun' | 'verb' | 'adjective') =>
  formsByLemma(require(`wink-lexicon/src/wn-${part}-exceptions.js`) as Record<string, string>);
const NOUNS = exceptions('noun');
const VERBS = exceptions('verb');
const ADJECTIVES = exceptions('adjective');
const UNCOUNTABLE = require('wink-lexicon/src/uncountable-nouns.js') as Record<string, true>;

function formsByLemma(lemmas: Readonly<Record<string, string>>): Map<string, string[]> {
  const forms = new Map<string, string[]>();
  for (const [form, lemma] of Object.entries(lemmas)) {
    if (form !== lemma) forms.set(lemma, [...(forms.get(lemma) ?? []), form]);
  }
  return forms;
}

/** Adjectives that have no degrees, or are themselves one. */
const WITHOUT_DEGREES = new Set(
  (
    'best better more most less least worst worse male female home left right past main dead own same such last first ' +
    'next whole real true false wrong prime sole lone half base front back spare north south east west mere chief just ' +
    'dual blank bare square round straight free mock void fake lost done spread down up'
  ).split(' '),
);

const SIBILANT = /(s|x|z|ch|sh)$/;
const CONSONANT_Y = /[^aeiou]y$/;

/** dog → dogs, life → lives; `regular` says whether WordNet lists it as an exception. */
export function plural(noun: string): { readonly form: string; readonly regular: boolean } | undefined {
  if (UNCOUNTABLE[noun]) return undefined;
  const listed = NOUNS.get(noun);
  if (listed) return listed.length === 1 ? { form: listed[0] as string, regular: false } : undefined;
  if (/(o|f|fe|s|men|ics)$/.test(noun)) return undefined;
  return { form: withS(noun), regular: true };
}

/** see → sees, search → searches. */
export function thirdPerson(verb: string): string {
  if (verb === 'have') return 'has';
  return /[^aeiou]o$/.test(verb) ? `${verb}es` : withS(verb);
}

function withS(word: string): string {
  if (SIBILANT.test(word)) return `${word}es`;
  return CONSONANT_Y.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** identify → identifying, run → running. */
export function presentParticiple(verb: string): string {
  const listed = VERBS.get(verb)?.find((form) => form.endsWith('ing'));
  if (listed) return listed;
  if (verb.endsWith('ie')) return `${verb.slice(0, -2)}ying`;
  return /[^eoy]e$/.test(verb) && verb !== 'be' ? `${verb.slice(0, -1)}ing` : `${verb}ing`;
}

/** tell → told, take → took, provide → provided. */
export function pastTense(verb: string): string | undefined {
  const listed = VERBS.get(verb)?.filter((form) => !/(ing|s)$/.test(form)) ?? [];
  if (listed.length > 2 || verb === 'be') return undefined;
  if (listed.length === 2) {
    // Past and participle: took, taken; sang, sung; went, gone.
    const participle = listed.find((form) => /(n|ne|ung|unk|um)$/.test(form));
    return listed.find((form) => form !== participle && participle !== undefined);
  }
  if (listed.length === 1) return listed[0];
  if (verb.endsWith('e')) return `${verb}d`;
  return CONSONANT_Y.test(verb) ? `${verb.slice(0, -1)}ied` : `${verb}ed`;
}

/**
 * big → bigger, angry → angriest; undefined for those that WordNet does not list, unless they are among `gradable` and
 * have one syllable: longer ones take "more" and "most".
 */
export function compared(adjective: string, ending: 'er' | 'est', gradable: ReadonlySet<string>): string | undefined {
  if (WITHOUT_DEGREES.has(adjective)) return undefined;
  const listed = ADJECTIVES.get(adjective)?.filter((form) => form.endsWith(ending)) ?? [];
  if (listed.length > 0) return listed.length === 1 ? listed[0] : undefined;
  const syllables = adjective.replace(/e$/, '').match(/[aeiouy]+/g)?.length ?? 0;
  if (
    !gradable.has(adjective) ||
    syllables !== 1 ||
    /(ed|[^aeiou]y|ing|[^aeiou][aeiou][bdgklmnprt])$/.test(adjective)
  ) {
    return undefined;
  }
  return adjective.endsWith('e') ? adjective + ending.slice(1) : adjective + ending;
}
