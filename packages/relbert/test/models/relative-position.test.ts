import { expect, test } from 'vitest';
import { debertaBucket } from '../../src/models/deberta-v2.ts';
import { relativePositionBucket } from '../../src/models/relative-position.ts';
import { golden, value } from './golden.ts';

test('buckets of the relative positions −600 … 600 equal the reference', () => {
  const { data } = value(golden('mpnet'), 'buckets');
  const found = Array.from({ length: 1201 }, (_, i) => relativePositionBucket(i - 600));
  expect(found).toEqual(Array.from(data, Number));
  // The bucket of a distance of 0 to the right stays empty.
  expect(new Set(found).size).toBe(31);
});

test('the buckets of DeBERTa v3 are those of transformers', () => {
  const { data } = value(golden('deberta-v2'), 'buckets');
  expect(data).toHaveLength(1023);
  expect(Array.from({ length: 1023 }, (_, i) => debertaBucket(i - 511, 256, 512))).toEqual(Array.from(data, Number));
});
