import { createRequire } from 'node:module';
import { PairsByName } from './pairs.ts';

interface Country {
  readonly name: { readonly common: string };
  readonly cca3: string;
  readonly independent: boolean | null;
  readonly capital: readonly string[];
  readonly currencies: Readonly<Record<string, { readonly name: string }>>;
  readonly languages: Readonly<Record<string, string>>;
  readonly region: string;
  readonly subregion: string;
  readonly borders: readonly string[];
  readonly demonyms: { readonly eng: { readonly m: string } };
}

const COUNTRIES = createRequire(import.meta.url)('world-countries') as readonly Country[];

/** Adjectives of nationality, to the country. */
export function demonyms(): Map<string, string> {
  const found = new Map(COUNTRIES.map(({ name, demonyms: { eng } }) => [eng.m, name.common] as const));
  for (const [demonym, country] of [
    ['English', 'England'],
    ['Scottish', 'Scotland'],
    ['Welsh', 'Wales'],
    ['Roman', 'Rome'],
  ] as const) {
    found.set(demonym, country);
  }
  return found;
}

/** Capitals, currencies, languages, regions, neighbours and demonyms of countries (mledoze/countries, ODbL). */
export function countryRelations(): PairsByName {
  const pairs = new PairsByName();
  const byCode = new Map(COUNTRIES.map((country) => [country.cca3, country]));
  for (const country of COUNTRIES) {
    const head = country.name.common;
    // Dependent territories are little known, and have the currency and the language of their country.
    if (!country.independent || head.split(' ').length > 3) continue;
    const frequency = 1;
    const add = (relation: string, tail: string | undefined) => {
      if (tail && tail.split(' ').length <= 3) pairs.add(`country/${relation}`, { head, tail, frequency });
    };
    const [capital] = country.capital;
    if (capital) pairs.add('country/capital', { head: capital, tail: head, frequency });
    const currencies = Object.values(country.currencies);
    if (currencies.length === 1) add('currency', currencies[0]?.name.split(' ').at(-1)?.toLowerCase());
    const languages = Object.values(country.languages).filter((language) => /^[A-Z][a-z]+$/.test(language));
    add('language', languages.length <= 3 ? languages[0] : undefined);
    add('region', country.region);
    add('subregion', country.subregion === country.region ? undefined : country.subregion);
    add('demonym', country.demonyms.eng.m);
    for (const code of country.borders) {
      const neighbour = byCode.get(code)?.name.common;
      // Each border once.
      if (neighbour && head < neighbour) add('neighbour', neighbour);
    }
  }
  return pairs;
}
