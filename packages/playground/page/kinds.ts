/** Plain names of the relations: 400 fine ones of WordNet, SemEval-2012 and a table of countries are of a dozen kinds. */

export interface Kind {
  readonly name: string;
  /** Read between head and tail of a pair: `puppy` … `dog`. */
  readonly phrase: string;
  /** On a light and on a dark ground. */
  readonly colours: readonly [light: string, dark: string];
  /** First parts of the names of its relations. */
  readonly relations: readonly string[];
}

export const kinds: readonly Kind[] = [
  {
    name: 'Kind of',
    phrase: 'is a kind of',
    colours: ['#1769aa', '#6cb6f5'],
    relations: ['hypernym', 'instance', '1'],
  },
  {
    name: 'Part and whole',
    phrase: 'is made of, or a part of',
    colours: ['#2e7d32', '#7fd184'],
    relations: ['part-meronym', 'member-meronym', 'substance-meronym', '2'],
  },
  {
    name: 'Same meaning',
    phrase: 'means nearly the same as',
    colours: ['#8a6d00', '#e8c547'],
    relations: ['synonym', 'similar', '3'],
  },
  {
    name: 'Opposites',
    phrase: 'is the opposite of',
    colours: ['#c62828', '#ff8a80'],
    relations: ['antonym', '4', '6'],
  },
  {
    name: 'Word family',
    phrase: 'shares its root with',
    colours: ['#6a3fb5', '#b79cf2'],
    relations: ['derivation', 'pertainym'],
  },
  { name: 'Word forms', phrase: 'is another form of', colours: ['#ad1f75', '#f38cc5'], relations: ['inflection'] },
  { name: 'Quality', phrase: 'has the quality', colours: ['#00796b', '#5fd0bf'], relations: ['attribute', '5'] },
  {
    name: 'Cause and purpose',
    phrase: 'leads to, or serves',
    colours: ['#bf4f00', '#ffab66'],
    relations: ['cause', 'entailment', '8'],
  },
  { name: 'Doer and deed', phrase: 'acts on, or acts with', colours: ['#5d4037', '#c9a793'], relations: ['7'] },
  { name: 'Place and time', phrase: 'is found in', colours: ['#00838f', '#63d3e0'], relations: ['place', '9'] },
  { name: 'Countries', phrase: 'belongs to the country', colours: ['#3949ab', '#97a5f7'], relations: ['country'] },
  { name: 'Field', phrase: 'belongs to the field of', colours: ['#558b2f', '#b0d97f'], relations: ['domain'] },
  { name: 'Sign', phrase: 'stands for', colours: ['#9e3d57', '#f0a0b4'], relations: ['10'] },
  { name: 'Definitions', phrase: 'is explained by', colours: ['#546e7a', '#a9c0cb'], relations: ['gloss'] },
];

const kindOfStart = new Map(kinds.flatMap((kind) => kind.relations.map((start) => [start, kind] as const)));

/** `hypernym/noun.animal` and `1a` are of the kind `Kind of`; undefined for a pair without a relation. */
export function kindOf(relation: string | undefined): Kind | undefined {
  if (!relation) return undefined;
  return kindOfStart.get(/^\d+/.exec(relation)?.[0] ?? (relation.split('/')[0] as string));
}
