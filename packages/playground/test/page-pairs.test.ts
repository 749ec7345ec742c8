import { describe, expect, it } from 'vitest';
import { PagePairs } from '../page/engine/page-pairs.ts';

describe('the pairs of the page', () => {
  const model = { name: 'm', prompt: '<subj> <obj>', template: true, pooling: 'average', dimension: 2 };
  const map = [
    'head\ttail\trelation\tx\ty',
    ...['hot\tcold\t4c\t1\t2', 'Hot\ttea\t\t3\t4', 'big\tsmall\t4c\t5\t6', 'up\tdown\t\t7\t8', ''],
  ].join('\n');
  const pairs = new PagePairs(model, map, Int8Array.of(127, 0, 120, 30, 127, 127, 0, 64));

  it('finds the nearest by cosine, without the pair itself', () => {
    const found = pairs.search(['hot', 'cold'], Float32Array.of(3, 0), { top: 2, distinctWords: false });
    expect(found).toEqual([
      { pair: ['Hot', 'tea'], score: expect.closeTo(120 / Math.hypot(120, 30), 6), relation: '' },
      { pair: ['big', 'small'], score: expect.closeTo(Math.SQRT1_2, 6), relation: '4c' },
    ]);
  });

  it('leaves out pairs that share a word', () => {
    const found = pairs.search(['hot', 'cold'], Float32Array.of(1, 0), { top: 9, distinctWords: true });
    expect(found.map(({ pair }) => pair.join(':'))).toEqual(['big:small', 'up:down']);
  });

  it('has unit vectors, of the pairs that it holds', () => {
    expect(pairs.unitVector(['up', 'down'])).toEqual(Float32Array.of(0, 1));
    expect(pairs.unitVector(['down', 'up'])).toBeUndefined();
  });

  it('refuses vectors of another number of pairs', () => {
    expect(() => new PagePairs(model, map, new Int8Array(6))).toThrow('vectors.bin has 6 bytes for 4 pairs');
  });
});
