import { describe, expect, it } from 'vitest';
import {
  excludePairs,
  excludeRelations,
  NoRelationError,
  pairsOfFiles,
  UnknownRelationError,
} from '../../src/data/exclude.ts';
import { foldWord, PairSet } from '../../src/data/pair-set.ts';
import { parseRelationSets, type RelationSet } from '../../src/data/relation-set.ts';
import { semEvalRelationSets } from '../../src/data/semeval.ts';
import { SEMEVAL_RELATIONS, semEvalCategoryOf } from '../../src/data/semeval-taxonomy.ts';

const rated = (relation: string) => ({
  relation,
  pairs: [3, 2, 1].map((rating) => ({ rating, head: `${relation} h${rating}`, tail: 't' })),
});
const semeval = semEvalRelationSets(
  SEMEVAL_RELATIONS.map(({ id }) => rated(id)),
  { top: 2, bottom: 1 },
);
const wordnet = [
  'hypernym/noun.animal',
  'instance/noun.person',
  'part-meronym/noun.body',
  'derivation/noun.act-verb',
].map(
  (relation): RelationSet => ({
    relation,
    parent: relation.split('/')[0],
    aliases: semEvalCategoryOf(relation),
    positives: [
      { head: 'a', tail: 'b' },
      { head: 'c', tail: 'd' },
    ],
    negatives: [],
  }),
);
const relations = [...semeval, ...wordnet];
const left = (...names: string[]) => {
  const kept = new Set(excludeRelations(relations, names));
  return relations.filter((set) => !kept.has(set)).map((set) => set.relation);
};

describe('excludeRelations', () => {
  it('takes the whole name only: 1 is not 10', () => {
    expect(left('1a')).toEqual(['1a']);
    expect(left('10')).toEqual(['10a', '10b', '10c', '10d', '10e', '10f']);
    expect(left('Taxonomic')).toEqual(['1a']);
    expect(left('2', '5a').length).toBe(10 + 1 + 1);
  });

  it.each(['1', 'CLASS-INCLUSION', 'Class Inclusion', 'class_inclusion'])(
    'leaves out the category %s for every source',
    (name) => {
      expect(left(name)).toEqual(['1a', '1b', '1c', '1d', '1e', 'hypernym/noun.animal', 'instance/noun.person']);
    },
  );

  it('takes WordNet relations as a whole or by lexical file', () => {
    expect(left('hypernym')).toEqual(['hypernym/noun.animal']);
    expect(left('derivation/noun.act-verb')).toEqual(['derivation/noun.act-verb']);
  });

  it('refuses a name that nothing has', () => {
    expect(() => left('11')).toThrow(UnknownRelationError);
    expect(() => left('hyper')).toThrow(/^no relation or category is named 'hyper'; there are 1a, 1, Taxonomic/);
  });

  it('refuses to leave out everything', () => {
    const all = Array.from({ length: 10 }, (_, i) => String(i + 1));
    expect(() => excludeRelations(semeval, all)).toThrow(NoRelationError);
    expect(() => excludeRelations(semeval, all)).toThrow('all 79 relations are excluded');
  });

  it('knows user relations by their parent', () => {
    const own = parseRelationSets({
      file: 'r',
      text: '{"relation":"x","parent":"1","positives":[["a","b"],["c","d"]]}',
    });
    expect(excludeRelations([...own, ...semeval], ['1']).map((set) => set.relation)).not.toContain('x');
  });

  it('knows the relations of SemEval and WordNet in files too', () => {
    const text = ['1a', 'hypernym', 'instance/noun.person', 'antonym']
      .map((relation) =>
        JSON.stringify({
          relation,
          positives: [
            ['a', 'b'],
            ['c', 'd'],
          ],
        }),
      )
      .join('\n');
    const own = parseRelationSets({ file: 'r', text });
    expect(excludeRelations(own, ['Class Inclusion']).map((set) => set.relation)).toEqual(['antonym']);
    expect(excludeRelations(own, ['CONTRAST']).map((set) => set.relation)).not.toContain('antonym');
  });
});

describe('PairSet', () => {
  it('disregards order, case, underscores and spaces', () => {
    const set = new PairSet([{ head: 'New_York', tail: 'Tokyo' }]);
    expect(set.has({ head: 'tokyo', tail: 'new  york' })).toBe(true);
    expect(set.has({ head: 'NEW YORK', tail: 'TOKYO' })).toBe(true);
    expect(set.has({ head: 'york', tail: 'tokyo' })).toBe(false);
    expect(foldWord('Cafe\u0301_au  Lait ')).toBe('café au lait');
  });
});

describe('pairsOfFiles', () => {
  const pairs = (text: string) => pairsOfFiles([{ file: 'f', text }]);
  const has = (text: string, head: string, tail: string) => pairs(text).has({ head, tail });

  it.each([
    'head\trelation\ttail\ncat\thypernym\tanimal',
    'head\ttail\trelation\tsplit\ncat\tanimal\thypernym\ttest',
    'id\trelation\thead\ttail\n1\thypernym\tcat\tanimal',
  ])('takes the columns that a header line names (%#)', (text) => {
    expect(has(text, 'animal', 'cat')).toBe(true);
    expect(has(text, 'cat', 'hypernym')).toBe(false);
    expect(has(text, 'hypernym', 'animal')).toBe(false);
    expect(() => pairs(`${text}\nonly one field`)).toThrow(/^f:3: expected \d fields separated by tabs as the header/);
  });

  it('takes stem and every choice of an analogy question', () => {
    const question = '{"stem":["a","b"],"choice":[["c","d"],["E","F_g"]],"answer":0,"prefix":"x"}';
    for (const [head, tail] of [
      ['b', 'a'],
      ['c', 'd'],
      ['f G', 'e'],
    ] as const)
      expect(has(question, head, tail)).toBe(true);
    expect(has(question, 'a', 'c')).toBe(false);
  });

  it('takes relations, mappings, pairs and tables', () => {
    expect(has('{"relation":"r","positives":[["a","b"]],"negatives":[["c","d"]]}', 'd', 'c')).toBe(true);
    expect(has('{"source":["s","t","u"],"target":["v","w","x"]}', 'u', 's')).toBe(true);
    expect(has('{"source":["s","t","u"],"target":["v","w","x"]}', 's', 'v')).toBe(false);
    expect(has('["a","b"]\n["c","d"]', 'd', 'c')).toBe(true);
    expect(has('{"head":"a","tail":"b"}', 'b', 'a')).toBe(true);
    expect(has('a\tb\n', 'b', 'a')).toBe(true);
    expect(has('cat\tanimal\thyper\n', 'animal', 'cat')).toBe(true);
    expect(has('hyper\tcat\tanimal\n', 'animal', 'cat')).toBe(true);
    expect(has('hyper\tcat\tanimal\tpositive\n', 'animal', 'cat')).toBe(true);
    expect(has('hyper\tcat\tanimal\tpositive\n', 'hyper', 'cat')).toBe(false);
  });

  it('takes the answers of a file of BATS 3.0 one by one, of a single word too', () => {
    const file = 'BATS_3.0/E01 [animal - young].txt';
    const bats = pairsOfFiles([{ file, text: 'cat\tkitten/kitty\nguinea_pig\tpup\n' }]);
    for (const [head, tail] of [
      ['cat', 'kitten'],
      ['kitty', 'cat'],
      ['guinea pig', 'pup'],
    ] as const) {
      expect(bats.has({ head, tail })).toBe(true);
    }
    expect(bats.has({ head: 'cat', tail: 'kitten/kitty' })).toBe(false);
    expect(pairsOfFiles([{ file, text: 'cat\tkitten\n' }]).size).toBe(1);
    expect(() => pairsOfFiles([{ file, text: 'cat\tkitten\ncat\n' }])).toThrow(`${file}:2: expected a word and`);
  });

  it.each([
    ['{"stem":["a","b"]}', "f:1: 'choice' should be a list of pairs"],
    ['{"a":1}', 'f:1: expected an analogy question, a relation, a mapping problem or a pair'],
    ['a\tb\n["a"', 'f:2: not JSON'],
    ['a\tb\nword\n', 'f:2: expected 2 to 4 fields separated by tabs'],
    ['', 'f: holds no pair'],
  ])('refuses %j', (text, message) => {
    expect(() => pairs(text)).toThrow(message);
  });
});

describe('excludePairs', () => {
  const [set] = parseRelationSets({
    file: 'r',
    text: '{"relation":"x","positives":[["a","b"],["c","d"],["E_f","g"]],"negatives":[["h","i"],["j","k"]]}',
  }) as [RelationSet];

  it('leaves out pairs in both orders, positives and negatives', () => {
    const excluded = new PairSet([
      { head: 'G', tail: 'e f' },
      { head: 'h', tail: 'i' },
      { head: 'q', tail: 'q' },
    ]);
    const result = excludePairs([set], excluded);
    expect(result).toMatchObject({ pairs: 2, dropped: [] });
    expect(result.relations[0]).toMatchObject({
      positives: [{ head: 'a' }, { head: 'c' }],
      negatives: [{ head: 'j', tail: 'k' }],
    });
  });

  it('drops a relation with one positive left and says so; none left is an error', () => {
    const excluded = new PairSet([
      { head: 'b', tail: 'a' },
      { head: 'd', tail: 'c' },
    ]);
    const other = {
      ...set,
      relation: 'y',
      positives: [
        { head: '1', tail: '2' },
        { head: '3', tail: '4' },
      ],
    };
    expect(excludePairs([set, other], excluded)).toEqual({ relations: [other], pairs: 2, dropped: ['x'] });
    expect(() => excludePairs([set], excluded)).toThrow(NoRelationError);
  });
});
