import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { lexicalRelationSet, parseLexicalRelations } from '../../src/data/lexical-relation.ts';
import { parseMappings, parseScan, scanMappings } from '../../src/data/mapping.ts';
import { DataError } from '../../src/text/data-error.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

const question = {
  stem: ['a', 'b'],
  choice: [
    ['c', 'd'],
    ['e', 'f'],
  ],
  answer: 1,
  prefix: 'group',
};
const jsonl = (...values: unknown[]) => ({
  file: 'q.jsonl',
  text: values.map((value) => `${JSON.stringify(value)}\n`).join(''),
});
const shared = (path: string) => ({ file: path, text: readFileSync(sharedPath(path), 'utf8') });

describe('analogy questions', () => {
  it('reads stem, choices, answer and prefix', () => {
    expect(parseAnalogyQuestions(jsonl(question))).toEqual([
      {
        stem: { head: 'a', tail: 'b' },
        choices: [
          { head: 'c', tail: 'd' },
          { head: 'e', tail: 'f' },
        ],
        answer: 1,
        prefix: 'group',
        line: 1,
      },
    ]);
  });

  it('takes a byte order mark, Windows lines, blank lines and a question without prefix', () => {
    const text = `\uFEFF${JSON.stringify(question)}\r\n\r\n${JSON.stringify({ ...question, prefix: null })}\r\n`;
    const questions = parseAnalogyQuestions({ file: 'q.jsonl', text });
    expect(questions.map(({ line, prefix }) => [line, prefix])).toEqual([
      [1, 'group'],
      [3, undefined],
    ]);
  });

  it.each([
    ['an answer out of range', { ...question, answer: 2 }, "q.jsonl:2: 'answer' should be an index from 0 to 1, got 2"],
    ['a negative answer', { ...question, answer: -1 }, 'index from 0 to 1, got -1'],
    ['an answer that is no integer', { ...question, answer: '1' }, 'got "1"'],
    ['no answer', { stem: question.stem, choice: question.choice }, 'got nothing'],
    [
      'a choice equal to the stem',
      {
        ...question,
        choice: [
          ['c', 'd'],
          ['a', 'b'],
        ],
      },
      'q.jsonl:2: choice 1 equals the stem ["a","b"]',
    ],
    ['a stem of one word', { ...question, stem: ['a'] }, "'stem' should have two words, got 1"],
    [
      'a choice of three words',
      {
        ...question,
        choice: [
          ['c', 'd'],
          ['e', 'f', 'g'],
        ],
      },
      "pair 2 of 'choice' should have two words, got 3",
    ],
    ['a blank word', { ...question, stem: ['a', ' '] }, '["a"," "]'],
    ['a word that is no string', { ...question, stem: ['a', 3] }, 'should be a string, got 3'],
    ['one choice', { ...question, choice: [['c', 'd']], answer: 0 }, 'at least two pairs'],
    ['choices that are no list', { ...question, choice: 'c' }, "'choice' should be a list of pairs"],
    ['a list instead of an object', [1], 'expected a JSON object, got [1]'],
    ['a prefix that is no string', { ...question, prefix: 1 }, "'prefix' should be a string"],
  ])('names the line of %s', (_, second, message) => {
    expect(() => parseAnalogyQuestions(jsonl(question, second))).toThrow(message);
    expect(() => parseAnalogyQuestions(jsonl(question, second))).toThrow(/^q\.jsonl:2: /);
  });

  it('names the line of broken JSON, and an empty file', () => {
    const broken = { file: 'q.jsonl', text: `${JSON.stringify(question)}\n{"stem": [` };
    expect(() => parseAnalogyQuestions(broken)).toThrow(/^q\.jsonl:2: not JSON/);
    expect(() => parseAnalogyQuestions({ file: 'q.jsonl', text: '\n' })).toThrow('q.jsonl: holds no analogy question');
  });
});

describe('lexical relations', () => {
  const train = { file: 'train.tsv', text: 'cat\tanimal\thyper\ncat\tpaw\tmero\n' };
  const test = { file: 'test.tsv', text: 'dog\tanimal\thyper\n' };

  it('reads head, tail and relation', () => {
    expect(parseLexicalRelations(train)[1]).toEqual({ head: 'cat', tail: 'paw', relation: 'mero', line: 2 });
    const set = lexicalRelationSet({ train, test });
    expect(set.relations).toEqual(['hyper', 'mero']);
    expect(set.validation).toBeUndefined();
  });

  it.each([
    ['two fields', 'a\tb\tx\na\tb\n', 'test.tsv:2: expected 3 fields separated by tabs (head, tail, relation), got 2'],
    ['four fields', 'a\tb\tx\ty\n', 'test.tsv:1: expected 3 fields'],
    ['an empty field', 'a\t\tx\n', 'test.tsv:1: the tail is empty in ["a","","x"]'],
    ['no pair', '', 'test.tsv: holds no pair'],
    [
      'an unknown label',
      'a\tb\thyper\na\tb\tsibl\n',
      "test.tsv:2: relation 'sibl' occurs in no training pair; train.tsv has hyper, mero",
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => lexicalRelationSet({ train, test: { file: 'test.tsv', text } })).toThrow(message);
  });

  it('refuses a pair that is marked as none of its relation', () => {
    const message = (file: string, text: string) =>
      expect(() => parseLexicalRelations({ file, text })).toThrow(
        `${file}:3: ["dog","red"] is marked negative for 'hyper', and a pair marked negative is in no relation: remove the row, or the column label`,
      );
    const table = 'relation\thead\ttail\tlabel\nhyper\tcat\tanimal\tpositive\nhyper\tdog\tred\tnegative\n';
    message('train-pairs.tsv', table);
    const line = { head: 'cat', tail: 'animal', relation: 'hyper' };
    const lines = [line, { ...line, label: 'positive' }, { ...line, head: 'dog', tail: 'red', label: 'negative' }];
    message('train.jsonl', jsonl(...lines).text);
    // A relation may have this name.
    expect(parseLexicalRelations(jsonl({ head: 'a', tail: 'b', label: 'negative' }))[0]?.relation).toBe('negative');
  });

  it('names the separator of a .csv', () => {
    const semicolons = { file: 'train.csv', text: 'cat;animal;hyper\n' };
    const message = 'train.csv:1: expected 3 fields separated by commas (head, tail, relation), got 1';
    expect(() => parseLexicalRelations(semicolons)).toThrow(message);
  });

  it('refuses a training set of one class, and an unknown label among the validation pairs', () => {
    expect(() => lexicalRelationSet({ train: test, test })).toThrow("holds one relation only ('hyper')");
    const validation = { file: 'val.tsv', text: 'a\tb\tother\n' };
    expect(() => lexicalRelationSet({ train, validation, test })).toThrow("val.tsv:1: relation 'other'");
  });
});

describe('relation mappings', () => {
  it('refuses unequal sides, one term, a repeated term, a missing side and an empty file', () => {
    const parse = (...values: unknown[]) => parseMappings(jsonl(...values));
    expect(parse({ source: ['a', 'b'], target: ['c', 'd'] })[0]?.target).toEqual(['c', 'd']);
    expect(() => parse({ source: ['a', 'b'], target: ['c', 'd', 'e'] })).toThrow(
      'q.jsonl:1: the sides are unequal: 2 source and 3 target terms',
    );
    expect(() => parse({ source: ['a'], target: ['c'] })).toThrow('at least two terms');
    expect(() => parse({ source: ['a', 'a'], target: ['c', 'd'] })).toThrow("'source' holds 'a' twice");
    expect(() => parse({ source: ['a', 'b'] })).toThrow("'target' should be a list of terms, got nothing");
    expect(() => parse()).toThrow('q.jsonl: holds no mapping problem');
  });

  const header = 'target,source,targ_word,src_word,alternatives,analogy_type\n';
  it('groups the rows of SCAN by their concepts, each term once', () => {
    const text = `${header}atom,solar system,nucleus,sun,,science\natom,solar system,electron,planet,"moon, comet",science\natom,solar system,quark,sun,,science\nlife,theatre,fate,role,,metaphor\n`;
    const rows = parseScan({ file: 's.csv', text });
    expect(rows[1]?.alternatives).toEqual(['moon', 'comet']);
    expect(scanMappings(rows)).toEqual([
      { source: ['solar system', 'sun', 'planet'], target: ['atom', 'nucleus', 'electron'], kind: 'science', line: 2 },
    ]);
  });

  it('counts further rows and alternatives of SCAN as right where their terms have a place', () => {
    const row = (target: string, source: string, others = '') =>
      `debate,battle,${target},${source},"${others}",metaphor\n`;
    const text = `${header}${row('rebuttal', 'attack')}${row('speaker', 'soldier', 'general, attack, king')}${row('opponent', 'general')}${row('opponent', 'soldier')}`;
    expect(scanMappings(parseScan({ file: 's.csv', text }))).toEqual([
      {
        source: ['battle', 'attack', 'soldier', 'general'],
        target: ['debate', 'rebuttal', 'speaker', 'opponent'],
        alsoRight: [
          ['general', 'speaker'],
          ['attack', 'speaker'],
          ['soldier', 'opponent'],
        ],
        kind: 'metaphor',
        line: 2,
      },
    ]);
  });

  it('names what is wrong with a SCAN file', () => {
    const parse = (text: string) => parseScan({ file: 's.csv', text });
    expect(() => parse('target,source\na,b\n')).toThrow('s.csv:1: the header lacks targ_word, src_word');
    expect(() => parse(header)).toThrow('s.csv: holds no analogy');
    expect(() => parse(`${header}a,b,c,d,,science\na,b,c\n`)).toThrow('s.csv:3: expected 6 fields, got 3');
    expect(() => parse(`${header}a,b,,d,,science\n`)).toThrow('s.csv:2: the targ_word is empty');
    expect(() => parse(`${header}a,b,c,"d,,science\n`)).toThrow('s.csv:2: a quotation mark is not closed');
  });
});

it('a data error carries file and line', () => {
  const error = new DataError('f', 3, 'wrong');
  expect(error).toMatchObject({ name: 'DataError', file: 'f', line: 3, message: 'f:3: wrong' });
});

describeWithShared('the evaluation files', ['data'], () => {
  it('reads every analogy set', () => {
    const sizes = ['u2', 'google', 'bats'].flatMap((set) =>
      ['valid', 'test'].map((split) => parseAnalogyQuestions(shared(`data/analogy/${set}/${split}.jsonl`)).length),
    );
    expect(sizes).toEqual([24, 228, 50, 500, 199, 1799]);
  });

  it('reads every lexical relation set', () => {
    const sizes = ['BLESS', 'EVALution', 'K&H+N'].map((name) => {
      const file = (split: string) => shared(`data/lexical_relation/${name}/${split}.tsv`);
      const set = lexicalRelationSet({ train: file('train'), validation: file('val'), test: file('test') });
      return [set.relations.length, set.train.length, set.validation?.length, set.test.length];
    });
    expect(sizes).toEqual([
      [6, 18582, 1327, 6637],
      [7, 5160, 372, 1846],
      [4, 40256, 2876, 14377],
    ]);
  });

  it('reads the mapping problems and SCAN', () => {
    expect(parseMappings(shared('data/relation_mapping/test.jsonl'))).toHaveLength(20);
    const rows = parseScan(shared('data/scan/SCAN_dataset.csv'));
    expect(rows).toHaveLength(451);
    const problems = scanMappings(rows);
    expect(new Set(problems.map((problem) => problem.kind))).toEqual(new Set(['science', 'metaphor']));
    for (const { source, target } of problems) {
      expect(new Set(source).size).toBe(source.length);
      expect(target).toHaveLength(source.length);
    }
  });
});
