import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { parseBats } from '../../src/data/bats.ts';
import { pairsOfFiles } from '../../src/data/exclude.ts';
import { parseLexicalRelations } from '../../src/data/lexical-relation.ts';
import { parseRelationSets, type RelationSet } from '../../src/data/relation-set.ts';
import { parseSemEvalRatings } from '../../src/data/semeval.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

const texts = (sets: readonly RelationSet[]) =>
  sets.map(({ relation, positives, negatives }) => [
    relation,
    positives.map(({ head, tail }) => `${head}:${tail}`),
    negatives.map(({ head, tail }) => `${head}:${tail}`),
  ]);
const read = (text: string, file = 'f') => {
  const notices: string[] = [];
  const sets = texts(parseRelationSets({ file, text, onNotice: (notice) => notices.push(notice) }));
  return { sets, notices };
};
const capital = [['capital', ['Paris:France', 'New York:New York State'], []]];

describe("Google's questions-words.txt", () => {
  const text =
    ': capital\nParis France New_York New_York_State\nNew_York New_York_State Paris France\n: plural\ncat cats dog dogs\n';

  it('gives relations to train on', () => {
    expect(read(text).sets).toEqual([...capital, ['plural', ['cat:cats', 'dog:dogs'], []]]);
    expect(() => read(': a\none two three\n')).toThrow('f:2: expected four words');
  });

  it('has no choices, which evaluation says with the form that has', () => {
    expect(() => parseAnalogyQuestions({ file: 'q.txt', text })).toThrow(
      /^q\.txt: has no choices to pick from; expected lines \{"stem":\["a","b"\],"choice"/,
    );
  });

  it('and its pairs can be left out of training', () => {
    const pairs = pairsOfFiles([{ file: 'q.txt', text }]);
    expect(pairs.size).toBe(4);
    expect(pairs.has({ head: 'dogs', tail: 'dog' })).toBe(true);
  });
});

it('BATS: answers joined by / are answers each', () => {
  const file = 'BATS_3.0/4_Lexicographic_semantics/L01 [hypernyms - animals].txt';
  const set = parseBats({ file, text: 'allosaurus\tdinosaur/big_reptile\nbee\tinsect\n' });
  expect(texts([set])).toEqual([
    ['L01 [hypernyms - animals]', ['allosaurus:dinosaur', 'allosaurus:big reptile', 'bee:insect'], []],
  ]);
  expect(set.parent).toBe('4_Lexicographic_semantics');
  expect(() => parseBats({ file, text: 'bee\tinsect\nbee insect animal\n' })).toThrow(`${file}:2: expected a word and`);
});

describe('the SAT questions as Turney distributes them', () => {
  const block = (answer: string) =>
    `190 FROM REAL SATs\nlull trust v:n\nbalk fortitude v:n\nbetray loyalty v:n\ncajole compliance v:n\nhinder destination v:n\nsoothe passion v:n\n${answer}\n`;
  const text = `# 374 SAT questions\n# by Peter Turney\n\n${block('d')}\n${block('a').split('\n').slice(1).join('\n')}`;

  it('are analogy questions', () => {
    const questions = parseAnalogyQuestions({ file: 'SAT.txt', text });
    expect(questions.map(({ stem, choices, answer, line }) => [stem, choices.length, answer, line])).toEqual([
      [{ head: 'lull', tail: 'trust' }, 5, 3, 4],
      [{ head: 'lull', tail: 'trust' }, 5, 0, 13],
    ]);
    expect(questions[0]?.choices[3]).toEqual({ head: 'hinder', tail: 'destination' });
    expect(pairsOfFiles([{ file: 'SAT.txt', text }]).size).toBe(6);
  });

  it('name the block of another form', () => {
    const cut = block('d').replace('cajole compliance v:n\n', '').replace('190 FROM REAL SATs\n', '');
    expect(() => parseAnalogyQuestions({ file: 'SAT.txt', text: `\n${cut}` })).toThrow('SAT.txt:2: expected a source');
  });
});

describe("the authors' JSON lines", () => {
  it('with relation_type, of the level child', () => {
    const row = (relation_type: string, level: string) =>
      JSON.stringify({
        relation_type,
        level,
        positives: [
          ['a', 'b'],
          ['c', 'd'],
        ],
        negatives: [['e', 'f']],
      });
    const { sets, notices } = read([row('1', 'parent'), row('1a', 'child')].join('\n'));
    expect(sets).toEqual([['1a', ['a:b', 'c:d'], ['e:f']]]);
    expect(notices).toEqual(['f: 1 relations of other levels than child are left out']);
    expect(parseRelationSets({ file: 'f', text: row('1a', 'child') })[0]?.aliases).toContain('CLASS-INCLUSION');
  });

  it('with head, tail and relation', () => {
    const text =
      '{"head":"Paris","tail":"France","relation":"capital"}\n{"head":"New York","tail":"New York State","relation":"capital"}\n';
    expect(read(text).sets).toEqual(capital);
    expect(parseLexicalRelations({ file: 'f.jsonl', text })[0]).toEqual({
      head: 'Paris',
      tail: 'France',
      relation: 'capital',
      line: 1,
    });
  });
});

describe('tables of pairs with relations', () => {
  const rows = 'Paris\tFrance\tcapital\nNew York\tNew York State\tcapital\n';

  it('have a header line that is not a class, in any order of columns', () => {
    const notice = ['f:1: read as a header line, not as a pair'];
    expect(read(`head\ttail\trelation\n${rows}`)).toEqual({ sets: capital, notices: notice });
    expect(read('relation\thead\ttail\ncapital\tParis\tFrance\ncapital\tNew York\tNew York State\n')).toEqual({
      sets: capital,
      notices: notice,
    });
    const csv = ',head,tail,relation\n0,Paris,France,capital\n1,New York,New York State,capital\n';
    expect(read(csv, 'f.csv').sets).toEqual(capital);
    expect(parseLexicalRelations({ file: 'f.csv', text: csv }).map(({ relation }) => relation)).toEqual([
      'capital',
      'capital',
    ]);
    expect(() => read('head\ttail\na\tb\n')).toThrow('f:1: the header line names no relation');
    const pairs = pairsOfFiles([{ file: 'f', text: `head\ttail\trelation\n${rows}` }]);
    expect(pairs.has({ head: 'head', tail: 'tail' })).toBe(false);
  });

  it('of LexNET have the relation last, which is said', () => {
    const text = 'rabbit\tjump\tevent\ncat\tsleep\tevent\ndog\tred\trandom\ncow\tblue\trandom\n';
    expect(read(text)).toEqual({
      sets: [
        ['event', ['rabbit:jump', 'cat:sleep'], []],
        ['random', ['dog:red', 'cow:blue'], []],
      ],
      notices: ['f: the last of the three columns is read as the relation'],
    });
  });
});

describeWithShared('the raw ratings and the LexNET sets', ['data/semeval2012', 'data/lexical_relation'], () => {
  it('are read whole, leading spaces or not', () => {
    const folder = sharedPath('data/semeval2012/GoldRatings');
    const files = readdirSync(folder);
    const pairs = files.flatMap(
      (name) => parseSemEvalRatings({ file: name, text: readFileSync(`${folder}/${name}`, 'utf8') }).pairs,
    );
    expect([files.length, pairs.length]).toEqual([79, 3218]);
    expect(pairs.every(({ head, tail }) => head === head.trim() && tail === tail.trim())).toBe(true);
  });

  it('are relations by their last column', () => {
    const file = sharedPath('data/lexical_relation/BLESS/val.tsv');
    const { sets } = read(readFileSync(file, 'utf8'));
    expect(sets.map(([relation]) => relation).sort()).toEqual(['attri', 'coord', 'event', 'hyper', 'mero', 'random']);
  });
});
