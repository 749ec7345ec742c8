import { expect, it } from 'vitest';
import { excerpt } from '../../src/text/excerpt.ts';

it('shows any value in at most 60 characters', () => {
  let deep: unknown = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const circle: unknown[] = [];
  circle.push(circle);
  expect([excerpt(undefined), excerpt('a"b'), excerpt([1, null]), excerpt(3n)]).toEqual([
    'nothing',
    '"a\\"b"',
    '[1,null]',
    '3',
  ]);
  for (const value of [deep, circle, 'x'.repeat(1000)]) expect(excerpt(value).length).toBeLessThanOrEqual(60);
});
