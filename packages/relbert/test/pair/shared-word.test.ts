import { describe, expect, it } from 'vitest';
import { sharedWordLoss } from '../../src/pair/shared-word.ts';

const pair = (text: string) => {
  const [head = '', tail = ''] = text.split(':');
  return { head, tail };
};
const loss = (a: string, b: string, discount = 0.1) => sharedWordLoss(pair(a), pair(b), discount);

describe('what a shared word costs', () => {
  it.each([
    ['hot:warm', 0.1],
    ['warm:cold', 0.1],
    ['warm:hot', 0.05],
    ['cold:freezing', 0.05],
    ['cold:hot', 0.05],
    ['hot:hot', 0.1],
    ['hot:cold', 0],
    ['big:small', 0],
    ['hotter:colder', 0],
  ])('hot:cold beside %s: %d', (other, expected) => {
    expect(loss('hot:cold', other)).toBe(expected);
    expect(loss(other, 'hot:cold')).toBe(expected);
  });

  it('whatever the case and however accents are written', () => {
    expect(loss('Hot:cold', 'hOT:warm')).toBe(0.1);
    expect(loss('caf\u00e9:France', 'cafe\u0301:drink')).toBe(0.1);
  });

  it('is nothing without a discount', () => {
    expect(loss('hot:cold', 'hot:warm', 0)).toBe(0);
  });
});
