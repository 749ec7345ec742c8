import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NoRelationError, UnknownRelationError } from '../../src/data/exclude.ts';
import { pairsOf, type RelationSet } from '../../src/data/relation-set.ts';
import { readRelations, readTrainingData } from '../../src/run/read-data.ts';
import { checkRecipe } from '../../src/train/recipe.ts';
import type { Recipe, RecipeInput } from '../../src/train/recipe-schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const shown = (sets: readonly RelationSet[]) => pairsOf(sets).map(({ head, tail }) => `${head}:${tail}`);

const capitals = ['Paris:France', 'Rome:Italy', 'Oslo:Norway', 'Bern:Switzerland'].map((pair) => pair.split(':'));
const relations = file('relations.jsonl', lines({ relation: 'capital', parent: 'place', positives: capitals }));

function recipe(teacher: { pairs: string[] } | null, more: Partial<RecipeInput> = {}): Recipe {
  return checkRecipe(
    {
      data: [{ source: relations }],
      sampling: { kind: 'relations', parts: [{ relations: 2, positives: 2 }] },
      teacher: teacher && { model: 'teacher', ...teacher },
      training: { losses: [{ name: teacher ? 'similarity' : 'infonce' }], learningRate: 1e-4, steps: 1 },
      ...more,
    },
    'test',
  );
}

describe('readRelations', () => {
  it.each([
    [
      'stem',
      {
        stem: ['Paris', 'France'],
        choice: [
          ['Rome', 'Italy'],
          ['x', 'y'],
        ],
        answer: 0,
        prefix: 'seat',
      },
    ],
    [
      'prefix',
      {
        prefix: 'seat',
        answer: 0,
        choice: [
          ['Rome', 'Italy'],
          ['x', 'y'],
        ],
        stem: ['Paris', 'France'],
      },
    ],
  ])('takes analogy questions whose first key is %s', async (key, question) => {
    const sets = await readRelations([file(`first-${key}.jsonl`, lines(question)), relations]);
    expect(sets.map(({ relation }) => relation)).toEqual(['seat', 'capital']);
    expect(shown(sets)).toEqual([
      'Paris:France',
      'Rome:Italy',
      'Paris:France',
      'Rome:Italy',
      'Oslo:Norway',
      'Bern:Switzerland',
    ]);
  });
});

describe('excluded pairs', () => {
  it('come from all files below a folder', async () => {
    file('evaluation/u2/test.jsonl', lines({ stem: ['france', 'PARIS'], choice: [['x', 'y']], answer: 0 }));
    file('evaluation/deep/er/pairs.tsv', 'Rome\tItaly\n');
    file('evaluation/README.md', 'Oslo\tNorway\n');
    const { relations: left, excludedPairs } = await readTrainingData(recipe(null), [join(folder, 'evaluation')]);
    expect(shown([...left.values()].flat())).toEqual(['Oslo:Norway', 'Bern:Switzerland']);
    expect(excludedPairs).toBe(2);
  });

  it('come from the files of BATS 3.0 below a folder', async () => {
    file('BATS_3.0/3_Encyclopedic/E01 [country - capital].txt', 'italy\troma/rome\n');
    file('BATS_3.0/README.txt', 'Oslo\tNorway\n');
    const { relations: left, excludedPairs } = await readTrainingData(recipe(null), [join(folder, 'BATS_3.0')]);
    expect(shown([...left.values()].flat())).toEqual(['Paris:France', 'Oslo:Norway', 'Bern:Switzerland']);
    expect(excludedPairs).toBe(1);
  });

  it('are not a folder without files', async () => {
    file('nothing/below/README.md', '');
    await expect(readTrainingData(recipe(null), [join(folder, 'nothing')])).rejects.toThrow(
      `${join(folder, 'nothing')}: holds no .jsonl or .tsv file, nor one of BATS 3.0 (E01 [country - capital].txt …)`,
    );
  });

  it("are excluded from the teacher's pairs too, where a relation may keep a single pair", async () => {
    const questions = file(
      'questions.jsonl',
      lines({ stem: ['cat', 'kitten'], choice: [['Rome', 'Italy']], answer: 0 }),
    );
    const plain = file('plain.tsv', 'kitten\tcat\ndog\tpuppy\n');
    const labelled = file(
      'labelled.jsonl',
      lines(
        {
          relation: 'young',
          positives: [
            ['cow', 'calf'],
            ['Cat', 'Kitten'],
          ],
          negatives: [
            ['Italy', 'Rome'],
            ['cow', 'horse'],
          ],
        },
        {
          relation: 'gone',
          positives: [
            ['cat', 'kitten'],
            ['kitten', 'cat'],
          ],
        },
      ),
    );
    const read = await readTrainingData(recipe({ pairs: [plain, labelled] }), [questions]);
    expect(shown(read.further)).toEqual(['dog:puppy', 'cow:calf', 'cow:horse']);
    expect(read.further.map(({ relation }) => relation)).toEqual(['plain.tsv', 'young']);
    expect(read.excludedPairs).toBe(1 + 1 + 2 + 2);
    await expect(
      readTrainingData(recipe({ pairs: [file('one.tsv', 'cat\tkitten\n')] }), [questions]),
    ).rejects.toBeInstanceOf(NoRelationError);
  });
});

describe('excluded relations', () => {
  const sets = [
    {
      relation: 'river',
      parent: 'place',
      positives: [
        ['Paris', 'Seine'],
        ['Rome', 'Tiber'],
      ],
    },
    {
      relation: 'young',
      positives: [
        ['cow', 'calf'],
        ['cat', 'kitten'],
      ],
    },
  ];
  const further = file('further.jsonl', lines(...sets));
  const more = file('more.jsonl', lines({ ...sets[1], relation: 'old' }));

  it('are excluded from every source that has their names', async () => {
    const names = (excludeRelations: string[]) =>
      readTrainingData(
        recipe({ pairs: [further] }, { data: [{ source: relations }, { source: more }], excludeRelations }),
      ).then((read) => [[...read.relations.values()].flat(), read.further].map((s) => s.map((set) => set.relation)));
    expect(await names([])).toEqual([
      ['capital', 'old'],
      ['river', 'young'],
    ]);
    expect(await names(['place'])).toEqual([['old'], ['young']]);
    expect(await names(['young'])).toEqual([['capital', 'old'], ['river']]);
    await expect(names(['yuong'])).rejects.toBeInstanceOf(UnknownRelationError);
  });
});

describe('sources', () => {
  const rated = '# comment\n 50.0 "weapon:spear"\n 38.8 "bird:robin"\n-12.5 "a:c"\n-60.0 "x:y"\n';

  it.each(['GoldRatings', 'Phase2AnswersScaled'])('a folder of %s', async (name) => {
    const ratings = join(folder, `ratings-${name}`);
    file(`ratings-${name}/${name}-10a.txt`, rated);
    file(`ratings-${name}/${name}-2b.txt`, rated);
    file(`ratings-${name}/README.txt`, 'nothing rated');
    const read = await readTrainingData(recipe(null, { data: [{ source: ratings, top: 2, bottom: 1 }] }));
    const sets = read.relations.get(ratings) ?? [];
    expect(sets.map(({ relation, parent }) => [relation, parent])).toEqual([
      ['2b', '2'],
      ['10a', '10'],
    ]);
    expect(shown(sets.slice(0, 1))).toEqual(['weapon:spear', 'bird:robin', 'x:y']);
  });

  it('a folder without ratings is not a source', async () => {
    file('other/x.txt', '');
    await expect(readTrainingData(recipe(null, { data: [{ source: join(folder, 'other') }] }))).rejects.toThrow(
      'holds neither ratings of SemEval-2012 Task 2',
    );
  });

  it('WordNet, with its options', async () => {
    const read = await readTrainingData(recipe(null, { data: [{ source: 'wordnet', frequency: 100, limit: 4 }] }));
    const sets = read.relations.get('wordnet') ?? [];
    // Without the frequency there are more than 300 relations, of up to thousands of pairs.
    expect(sets.length).toBeGreaterThan(20);
    expect(sets.length).toBeLessThan(40);
    expect(Math.max(...sets.map(({ positives }) => positives.length))).toBe(4);
    expect(shown(sets.filter(({ relation }) => relation === 'hypernym/noun.event'))).toEqual([
      'time:case',
      'death:change',
    ]);
    // The database is read from text: seconds of processor time.
  }, 300_000);
});
