import { expect, it } from 'vitest';
import { mostOwn, ownPairs } from '../page/pair.ts';

it('takes from an address only complete pairs, each once, without spaces around the words', () => {
  expect(ownPairs(['barista:', ' hot : cold ', 'hot:cold', 'alone', ':', '["a:b"," c"]'])).toEqual([
    ['hot', 'cold'],
    ['a:b', 'c'],
  ]);
  const many = Array.from({ length: 20 }, (_, i) => `a:${i}`);
  expect(ownPairs(['', ...many])).toHaveLength(mostOwn);
});
