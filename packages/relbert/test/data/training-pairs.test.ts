import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  compared,
  pastTense,
  plural,
  presentParticiple,
  thirdPerson,
} from '../../../reproduction/scripts/training-pairs/inflection.ts';
import { CARRIED_DATA } from '../../src/data/carried.ts';
import { excludeRelations, pairsOfFiles } from '../../src/data/exclude.ts';
import { joinRelationSets, parseRelationLines, type RelationSet } from '../../src/data/relation-set.ts';
import { readPackageData } from '../../src/node/package-data.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

async function carried() {
  const files = await Promise.all(CARRIED_DATA.trainingPairs.map((name) => readPackageData(name)));
  return joinRelationSets(files.map((data) => ({ source: data.file, relations: parseRelationLines(data) })));
}

async function unlabelled() {
  const { text } = await readPackageData(CARRIED_DATA.unlabelledPairs);
  const pairs = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [head = '', tail = ''] = line.split('\t');
      return { head, tail };
    });
  return { pairs, distinct: new Set(pairs.map(({ head, tail }) => [head, tail].sort().join('|'))) };
}

/** The negatives are heads or tails of the relation's own pairs, and do not stand in it. */
function expectCrossed(relations: readonly RelationSet[]) {
  for (const { relation, positives, negatives } of relations) {
    const heads = new Set(positives.map(({ head }) => head));
    const tails = new Set(positives.map(({ tail }) => tail));
    const related = new Set(positives.flatMap(({ head, tail }) => [`${head}:${tail}`, `${tail}:${head}`]));
    const wrong = negatives.filter(
      ({ head, tail }) =>
        related.has(`${head}:${tail}`) ||
        !((heads.has(head) && heads.has(tail)) || (tails.has(head) && tails.has(tail))),
    );
    expect(wrong, relation).toEqual([]);
  }
}

describe('the training pairs that the package carries', () => {
  it('are hundreds of relations with categories, in less than 2 MB; and so are the pairs for a teacher', async () => {
    const relations = await carried();
    expect(relations.length).toBeGreaterThan(300);
    expect(relations.every(({ parent, positives }) => parent !== undefined && positives.length >= 4)).toBe(true);
    const pairs = relations.reduce((sum, { positives, negatives }) => sum + positives.length + negatives.length, 0);
    expect(pairs).toBeGreaterThan(20_000);
    const size = async (names: readonly string[]) => {
      const texts = await Promise.all(names.map((name) => readPackageData(name)));
      return texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    };
    expect(await size(CARRIED_DATA.trainingPairs)).toBeLessThan(2_000_000);
    expect(await size([CARRIED_DATA.unlabelledPairs])).toBeLessThan(2_000_000);
  });

  it('have hard negatives of heads or of tails alone, except in SemEval, whose own are rated', async () => {
    const relations = (await carried()).filter(({ relation }) => !/^\d+[a-j]$/.test(relation));
    expect(relations.filter(({ negatives }) => negatives.length >= 10).length).toBeGreaterThan(280);
    expectCrossed(relations);
  });

  it('are there once more for SemEval, the same with such hard negatives after those that are rated', async () => {
    const { trainingPairs, crossedSemEval } = CARRIED_DATA;
    const rated = parseRelationLines(await readPackageData(trainingPairs[0]));
    const crossed = parseRelationLines(await readPackageData(crossedSemEval));
    expect(
      crossed.map(({ negatives, ...set }, place) => ({
        ...set,
        negatives: negatives.slice(0, rated[place]?.negatives.length),
      })),
    ).toEqual(rated);
    const made = crossed.map((set, place) => ({
      ...set,
      negatives: set.negatives.slice(rated[place]?.negatives.length),
    }));
    expect(made.filter(({ negatives }) => negatives.length >= 4).length).toBeGreaterThan(60);
    expectCrossed(made);
  });

  it('come with lexical relations, a pair in one of them, and words that stand in several', async () => {
    const lexical = parseRelationLines(await readPackageData(CARRIED_DATA.lexical));
    const relations = new Map<string, Set<string>>();
    const inOne = new Map<string, string>();
    for (const { relation, positives, negatives } of lexical) {
      expect(negatives).toEqual([]);
      for (const { head, tail } of positives) {
        const key = [head, tail].sort().join('|');
        expect(inOne.get(key) ?? relation, key).toBe(relation);
        inOne.set(key, relation);
        for (const word of [head, tail]) relations.set(word, (relations.get(word) ?? new Set()).add(relation));
      }
    }
    expect(inOne.size).toBeGreaterThan(40_000);
    expect([...relations.values()].filter(({ size }) => size > 2).length).toBeGreaterThan(3_000);
  });

  it('come with pairs for a teacher, each once in one order', async () => {
    const { distinct, pairs } = await unlabelled();
    expect(pairs.length).toBeGreaterThan(40_000);
    expect(distinct.size).toBe(pairs.length);
  });

  it('lose all hypernyms and instances with the category Class Inclusion', async () => {
    const relations = await carried();
    const left = excludeRelations(relations, ['1']).map(({ relation }) => relation);
    expect(left.filter((relation) => /^(1[a-e]$|hypernym|instance)/.test(relation))).toEqual([]);
    expect(relations.length - left.length).toBeGreaterThan(40);
    expect(left).toContain('10a');
  });

  describeWithShared('', ['data/analogy', 'data/lexical_relation', 'data/relation_mapping'], () => {
    it('hold no pair of any evaluation file, in either order', async () => {
      const files = ['analogy', 'lexical_relation', 'relation_mapping'].flatMap((kind) =>
        readdirSync(sharedPath(`data/${kind}`), { recursive: true, encoding: 'utf8' })
          .filter((name) => /\.(jsonl|tsv)$/.test(name))
          .map((name) => sharedPath(`data/${kind}/${name}`)),
      );
      expect(files.length).toBeGreaterThanOrEqual(16);
      // Compared on its own terms, not through PairSet.
      const fold = (a: string, b: string) =>
        [a, b]
          .map((word) => word.toLowerCase().replaceAll('_', ' '))
          .sort()
          .join('|');
      const asked = new Set<string>();
      for (const file of files) {
        for (const line of readFileSync(file, 'utf8')
          .split('\n')
          .filter((text) => text.trim() !== '')) {
          if (file.endsWith('.tsv')) {
            const [head = '', tail = ''] = line.trim().split('\t');
            asked.add(fold(head, tail));
          } else if (file.includes('analogy')) {
            const { stem, choice } = JSON.parse(line) as { stem: [string, string]; choice: [string, string][] };
            for (const [head, tail] of [stem, ...choice]) asked.add(fold(head, tail));
          }
        }
      }
      expect(asked.size).toBeGreaterThan(80_000);
      const known = pairsOfFiles(files.map((file) => ({ file, text: readFileSync(file, 'utf8') })));
      const { pairs: further } = await unlabelled();
      const crossed = parseRelationLines(await readPackageData(CARRIED_DATA.crossedSemEval));
      const lexical = parseRelationLines(await readPackageData(CARRIED_DATA.lexical));
      const all = [
        ...(await carried()),
        ...crossed,
        ...lexical,
        { relation: 'unlabelled', positives: further, negatives: [] },
      ];
      const leaks = all.flatMap(({ relation, positives, negatives }) =>
        [...positives, ...negatives]
          .filter((pair) => asked.has(fold(pair.head, pair.tail)) || known.has(pair))
          .map((pair) => ({ relation, ...pair })),
      );
      expect(leaks).toEqual([]);
    });
  });
});

describe('English inflection', () => {
  it.each([
    ['dog', 'dogs', true],
    ['city', 'cities', true],
    ['day', 'days', true],
    ['church', 'churches', true],
    ['box', 'boxes', true],
    ['knife', 'knives', false],
    ['child', 'children', false],
    ['goose', 'geese', false],
  ] as const)('plural of %s: %s', (noun, form, regular) => {
    expect(plural(noun)).toEqual({ form, regular });
  });

  it.each([
    ['see', 'sees', 'seeing', 'saw'],
    ['go', 'goes', 'going', 'went'],
    ['take', 'takes', 'taking', 'took'],
    ['sing', 'sings', 'singing', 'sang'],
    ['tell', 'tells', 'telling', 'told'],
    ['carry', 'carries', 'carrying', 'carried'],
    ['provide', 'provides', 'providing', 'provided'],
    ['stop', 'stops', 'stopping', 'stopped'],
    ['die', 'dies', 'dying', 'died'],
    ['agree', 'agrees', 'agreeing', 'agreed'],
    ['search', 'searches', 'searching', 'searched'],
    ['have', 'has', 'having', 'had'],
  ])('%s, %s, %s, %s', (verb, third, participle, past) => {
    expect([thirdPerson(verb), presentParticiple(verb), pastTense(verb)]).toEqual([third, participle, past]);
  });

  it('compares adjectives that have degrees', () => {
    const gradable = new Set(['tall', 'large', 'beautiful']);
    const degrees = (word: string) => [compared(word, 'er', gradable), compared(word, 'est', gradable)];
    expect(degrees('tall')).toEqual(['taller', 'tallest']);
    expect(degrees('large')).toEqual(['larger', 'largest']);
    expect(degrees('big')).toEqual(['bigger', 'biggest']);
    expect(degrees('happy')).toEqual(['happier', 'happiest']);
    expect(degrees('beautiful')).toEqual([undefined, undefined]);
    expect(degrees('best')).toEqual([undefined, undefined]);
    expect(degrees('three')).toEqual([undefined, undefined]);
  });
});
