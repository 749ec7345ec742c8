import { describe, expect, it } from 'vitest';
import {
  floatText,
  pairOfWord2vecKey,
  parseWord2vecHeader,
  parseWord2vecLine,
  word2vecHeader,
  word2vecKey,
  word2vecLine,
} from '../../src/formats/word2vec.ts';

describe('word2vec text format', () => {
  it('has keys without white space', () => {
    expect(word2vecKey({ head: 'New York', tail: 'Tokyo' })).toBe('New_York__Tokyo');
    expect(word2vecKey({ head: ' ice\u00a0cream ', tail: 'a\t\tb' })).toBe('ice_cream__a_b');
  });

  it('gives the pair of a key where it can be known', () => {
    expect(pairOfWord2vecKey('New_York__Tokyo')).toEqual({ head: 'New York', tail: 'Tokyo' });
    expect(() => pairOfWord2vecKey('Tokyo')).toThrow('expected head__tail');
    expect(() => pairOfWord2vecKey('a__b__c')).toThrow('more than one place');
    expect(() => pairOfWord2vecKey('a___b')).toThrow('more than one place');
  });

  it('writes every float32 in digits that give it back', () => {
    const bits = new Uint32Array(1);
    const value = new Float32Array(bits.buffer);
    let state = 12345;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bits[0] = state;
      const x = value[0] as number;
      if (!Number.isFinite(x)) continue;
      expect(Math.fround(Number(floatText(x)))).toBe(x + 0);
    }
    expect(floatText(Math.fround(0.1))).toBe('0.100000001');
    expect(floatText(1)).toBe('1');
  });

  it('writes lines and reads them', () => {
    const vector = Float32Array.from([0.5, -2, 1e-12]);
    const line = word2vecLine('a__b', vector);
    expect(line).toBe('a__b 0.5 -2 9.99999996e-13');
    expect(parseWord2vecLine(line)).toEqual({ key: 'a__b', vector });
    expect(parseWord2vecLine(`${line} `, 3)).toEqual({ key: 'a__b', vector });
    expect(parseWord2vecLine('. . . 1 2', 2)).toEqual({ key: '. . .', vector: Float32Array.from([1, 2]) });
  });

  it('knows a first line, padded or not', () => {
    expect(word2vecHeader(3, 384)).toBe('3 384');
    expect(word2vecHeader(3, 384, 31)).toHaveLength(31);
    expect(parseWord2vecHeader(word2vecHeader(3, 384, 31))).toEqual({ count: 3, dimensions: 384 });
    expect(parseWord2vecHeader('the 0.1 0.2')).toBeUndefined();
    expect(parseWord2vecHeader('7 0.25')).toBeUndefined();
  });

  it('says what is wrong with a line', () => {
    expect(() => parseWord2vecLine('cat 1 x 3')).toThrow('value 2 of "cat" is not a finite number: "x"');
    expect(() => parseWord2vecLine('cat 1 2', 3)).toThrow('expected a key and 3 values, found 2');
    expect(() => parseWord2vecLine('cat dog 1 2', 3)).toThrow('value 1 of "cat" is not a finite number: "dog"');
    expect(() => parseWord2vecLine('cat 1 2 3 4', 3)).toThrow('"cat" has 4 values, expected 3');
    expect(() => parseWord2vecLine('cat')).toThrow('expected a key and its values');
  });
});
