/** The relations of SemEval-2012 Task 2 (Jurgens et al. 2012, after Bejar et al. 1991): ten categories, 79 relations. */
const TAXONOMY: readonly (readonly [category: string, relations: readonly string[]])[] = [
  ['CLASS-INCLUSION', ['Taxonomic', 'Functional', 'Singular Collective', 'Plural Collective', 'ClassIndividual']],
  [
    'PART-WHOLE',
    [
      'Object:Component',
      'Collection:Member',
      'Mass:Potion',
      'Event:Feature',
      'Activity:Stage',
      'Item:Topological Part',
      'Object:Stuff',
      'Creature:Possession',
      'Item:Distinctive Nonpart',
      'Item:Ex-part/Ex-possession',
    ],
  ],
  [
    'SIMILAR',
    [
      'Synonymity',
      'Dimensional Similarity',
      'Dimensional Excessive',
      'Dimensional Naughty',
      'Conversion',
      'Attribute Similarity',
      'Coordinates',
      'Change',
    ],
  ],
  [
    'CONTRAST',
    [
      'Contradictory',
      'Contrary',
      'Reverse',
      'Directional',
      'Incompatible',
      'Asymmetric Contrary',
      'Pseudoantonym',
      'Defective',
    ],
  ],
  [
    'ATTRIBUTE',
    [
      'ItemAttribute(noun:adjective)',
      'Object Attribute:Condition',
      'ObjectState(noun:noun)',
      'Agent Attribute:State',
      'Object:Typical Action (noun.verb)',
      'Agent/ObjectAttribute:Typical Action',
      'Action:Action Attribute',
      'Action:Object Attribute',
      'Action:Resultant Attribute (verb:noun/adjective)',
    ],
  ],
  [
    'NON-ATTRIBUTE',
    [
      'Item:Nonattribute (noun:adjective)',
      'ObjectAttribute:Noncondition (adjective:adjective)',
      'Object:Nonstate (noun:noun)',
      'Attribute:Nonstate (adjective:noun)',
      'Objects:Atypical Action (noun:verb)',
      'Agent/Object Attribute: Atypical Action (adjective:verb)',
      'Action:Action Nonattribute',
      'Action:Object Nonattribute',
    ],
  ],
  [
    'CASE RELATIONS',
    [
      'Agent:Object',
      'Agent:Recipient',
      'Agent:Instrument',
      'Action:Object',
      'Action:Recipient',
      'Object:Recipient',
      'Object:Instrument',
      'Recipient:Instrument',
    ],
  ],
  [
    'CAUSE-PURPOSE',
    [
      'Cause:Effect',
      'Cause:Compensatory Action',
      'EnablingAgent:Object',
      'Action/Activity:Goal',
      'Agent:Goal',
      'Instrument:Goal',
      'Instrument:Intended Action',
      'Prevention',
    ],
  ],
  [
    'SPACE-TIME',
    [
      'Item:Location',
      'Location:Process/Product',
      'Location:Action/Activity',
      'Location:Instrument/Associated Item',
      'Contiguity',
      'Time Action/Activity',
      'Time Associated Item',
      'Sequence',
      'Attachment',
    ],
  ],
  ['REFERENCE', ['Sign:Significant', 'Expression', 'Representation', 'Plan', 'Knowledge', 'Concealment']],
];

export interface SemEvalRelation {
  /** `1a` … `10f`. */
  readonly id: string;
  /** `1` … `10`. */
  readonly categoryId: string;
  readonly category: string;
  readonly name: string;
}

/** All 79, in their order. */
export const SEMEVAL_RELATIONS: readonly SemEvalRelation[] = TAXONOMY.flatMap(([category, names], i) =>
  names.map((name, j) => ({
    id: `${i + 1}${String.fromCharCode(97 + j)}`,
    categoryId: String(i + 1),
    category,
    name,
  })),
);

/** Further names of a relation: its name, its category's name, and both together. Its parent is the id of its category. */
export function semEvalAliases({ category, name }: SemEvalRelation): readonly string[] {
  return [name, category, `${category} ${name}`];
}

/** The category of other relations between words, by their names in WordNet. */
const CATEGORY_OF: Readonly<Record<string, string>> = {
  hypernym: '1',
  instance: '1',
  'part-meronym': '2',
  'member-meronym': '2',
  'substance-meronym': '2',
  synonym: '3',
  similar: '3',
  antonym: '4',
  attribute: '5',
  cause: '8',
  entailment: '8',
};

/** The category, id and name, of relations called `hypernym` or `hypernym/...`; an empty list for names that are not WordNet's. */
export function semEvalCategoryOf(relation: string): readonly string[] {
  const kind = relation.split('/', 1)[0] ?? '';
  const id = Object.hasOwn(CATEGORY_OF, kind) ? CATEGORY_OF[kind] : undefined;
  const category = SEMEVAL_RELATIONS.find(({ categoryId }) => categoryId === id)?.category;
  return id !== undefined && category !== undefined ? [id, category] : [];
}
