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

function kind(name: string, phrase: string, colours: Kind['colours'], ...relations: readonly string[]): Kind {
  return { name, phrase, colours, relations };
}

export const kinds: readonly Kind[] = [
  kind('Kind of', 'is a kind of', ['#1769aa', '#6cb6f5'], 'hypernym', 'instance', '1'),
  kind(
    'Part and whole',
    'is made of, or a part of',
    ['#2e7d32', '#7fd184'],
    'part-meronym',
    'member-meronym',
    'substance-meronym',
    '2',
  ),
  kind('Same meaning', 'means nearly the same as', ['#8a6d00', '#e8c547'], 'synonym', 'similar', '3'),
  kind('Opposites', 'is the opposite of', ['#c62828', '#ff8a80'], 'antonym', '4', '6'),
  kind('Word family', 'shares its root with', ['#6a3fb5', '#b79cf2'], 'derivation', 'pertainym'),
  kind('Word forms', 'is another form of', ['#ad1f75', '#f38cc5'], 'inflection'),
  kind('Quality', 'has the quality', ['#00796b', '#5fd0bf'], 'attribute', '5'),
  kind('Cause and purpose', 'leads to, or serves', ['#bf4f00', '#ffab66'], 'cause', 'entailment', '8'),
  kind('Doer and deed', 'acts on, or acts with', ['#5d4037', '#c9a793'], '7'),
  kind('Place and time', 'is found in', ['#00838f', '#63d3e0'], 'place', '9'),
  kind('Countries', 'belongs to the country', ['#3949ab', '#97a5f7'], 'country'),
  kind('Field', 'belongs to the field of', ['#558b2f', '#b0d97f'], 'domain'),
  kind('Sign', 'stands for', ['#9e3d57', '#f0a0b4'], '10'),
  kind('Definitions', 'is explained by', ['#546e7a', '#a9c0cb'], 'gloss'),
];

const kindOfStart = new Map(kinds.flatMap((kind) => kind.relations.map((start) => [start, kind] as const)));

/** `hypernym/noun.animal` and `1a` are of the kind `Kind of`; undefined for a pair without a relation. */
export function kindOf(relation: string | undefined): Kind | undefined {
  if (!relation) return undefined;
  return kindOfStart.get(/^\d+/.exec(relation)?.[0] ?? (relation.split('/')[0] as string));
}
