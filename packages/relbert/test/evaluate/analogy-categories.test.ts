import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { analogyGroup } from '../../src/evaluate/analogy-categories.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

describe('analogyGroup', () => {
  it('leaves other prefixes as they are', () => {
    expect(analogyGroup(undefined)).toBeUndefined();
    expect(analogyGroup('grade12')).toEqual({ relation: 'grade12', category: undefined });
    expect(analogyGroup('constructor')).toEqual({ relation: 'constructor', category: undefined });
    expect(analogyGroup('X01 [a - b].txt')).toEqual({ relation: 'X01 [a - b].txt', category: undefined });
  });
});

it('takes the kind of a shared-word question as its category', () => {
  expect(analogyGroup('PartOf/apart')).toEqual({ relation: 'PartOf', category: 'apart' });
  expect(analogyGroup('a/b/shared')).toEqual({ relation: 'a/b', category: 'shared' });
  expect(analogyGroup('PartOf/other')).toEqual({ relation: 'PartOf/other', category: undefined });
});

describeWithShared('the categories of the analogy sets', ['data/analogy/bats', 'data/paper/tables.json'], () => {
  const groups = (set: string) => {
    const file = sharedPath(`data/analogy/${set}/test.jsonl`);
    const questions = parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') });
    return questions.map(({ prefix }) => analogyGroup(prefix));
  };

  it("give BATS the relations and categories of the paper's Table 12, with as many questions", () => {
    const paper = JSON.parse(readFileSync(sharedPath('data/paper/tables.json'), 'utf8')) as {
      tables: { id: string; rows: { category: string; relation: string }[] }[];
    };
    const rows = paper.tables.find(({ id }) => id === 'table-12')?.rows ?? [];
    const expected = rows.map(({ category, relation }) => `${relation} ${category.toLowerCase()}`).sort();
    const found = groups('bats').map((group) => `${group?.relation} ${group?.category}`);
    expect([...new Set(found)].sort()).toEqual(expected);
    expect(found.filter((name) => name.startsWith('noun:plural'))).toHaveLength(89);
  });

  it('give every question of Google a category', () => {
    const found = groups('google').map((group) => group?.category);
    expect(new Set(found)).toEqual(new Set(['semantic', 'morphological']));
    expect(found.filter((category) => category === 'morphological')).toHaveLength(285);
  });
});
