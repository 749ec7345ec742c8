import { describe, expect, it } from 'vitest';
import { wordPairs } from '../../../reproduction/scripts/neighbour-vocabulary/word-pairs.ts';
import { parseWordNet } from '../../src/data/wordnet-database.ts';

/** Animal over dog (hound) and cat and bird, each linked up and down; "hot_dog" is a phrase, "ox" is short. */
const wordNet = parseWordNet({
  'data.noun': [
    '00000100 05 n 01 animal 0 004 ~ 00000200 n 0000 ~ 00000300 n 0000 ~ 00000400 n 0000 ~ 00000500 n 0000 | a being  ',
    '00000200 05 n 03 dog 0 hound 0 hot_dog 0 001 @ 00000100 n 0000 | an animal that chases each cat; "a bird dog"  ',
    '00000300 05 n 01 cat 0 001 @ 00000100 n 0000 | an animal, feline  ',
    '00000400 05 n 01 bird 0 001 @ 00000100 n 0000 | wings over animals  ',
    '00000500 05 n 01 ox 0 001 @ 00000100 n 0000 | cattle  ',
    '00000600 05 n 01 cattle 0 000 | bird or animal  ',
  ].join('\n'),
  'data.verb': '',
  'data.adj': '',
  'data.adv': '',
  'index.sense': '',
});
const pairs = [...wordPairs(wordNet)].map(({ head, tail }) => `${head}:${tail}`);

describe('the vocabulary of neighbours', () => {
  it('holds what is linked, then words with those of their definitions, then siblings', () => {
    expect(pairs).toEqual([
      ...['animal:dog', 'animal:hound', 'animal:cat', 'animal:bird', 'dog:hound'],
      // Not dog:cat of "each cat": words of a definition have four letters or more.
      ...['cattle:bird', 'cattle:animal'],
      ...['dog:cat', 'dog:bird', 'cat:bird'],
    ]);
  });

  it('holds each pair once, in either order, and is the same again', () => {
    expect(new Set(pairs.map((pair) => pair.split(':').sort().join(':'))).size).toBe(pairs.length);
    expect([...wordPairs(wordNet)].map(({ head, tail }) => `${head}:${tail}`)).toEqual(pairs);
  });
});
