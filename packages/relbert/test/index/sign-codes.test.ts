import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { CodeScanner, encodeList } from '../../src/index/kernel/sign-codes.ts';

describe.each([
  [20, 37],
  [384, 5],
  [1100, 16],
])('codes of one bit for each of %d dimensions, %d rows', (dimension, n) => {
  const random = new Random(dimension);
  const draw = (length: number, size = 1): Float32Array => {
    const values = Float32Array.from({ length }, () => size * random.uniform(-1, 1));
    return values;
  };
  const centroid = draw(dimension);
  const rows = draw(n * dimension).map((value, i) => value + (centroid[i % dimension] as number));
  const query = draw(dimension);
  const product = (value: (i: number) => number): number =>
    Array.from({ length: dimension }, (_, i) => value(i)).reduce((sum, x) => sum + x, 0);
  const base = product((i) => (query[i] as number) * (centroid[i] as number));
  /** What sign-codes.ts says, in numbers of 64 bits. */
  const estimates = Array.from({ length: n }, (_, row) => {
    const r = (i: number): number => (rows[row * dimension + i] as number) - (centroid[i] as number);
    const factor = product((i) => r(i) ** 2) / product((i) => Math.abs(r(i)));
    const moved = product((i) => ((query[i] as number) - (centroid[i] as number)) * Math.sign(r(i)));
    return { value: base + product((i) => (centroid[i] as number) * r(i)) + factor * moved, factor };
  });

  const { bytes, spread } = encodeList(rows, centroid);
  const scanner = new CodeScanner({ dimension, bytes: bytes.length, longest: n });
  scanner.room(0, bytes.length).set(bytes);
  scanner.setQuery(query);
  const scan = (margin: number, least: number): { row: number; score: number }[] => {
    const count = scanner.scan(0, n, base, margin, least);
    return Array.from({ length: count }, (_, i) => ({
      row: scanner.rows[i * 2] as number,
      score: scanner.scores[i * 2 + 1] as number,
    }));
  };

  it('give the estimate of the product, with the margin', () => {
    for (const margin of [0, 3]) {
      const found = scan(margin, Number.NEGATIVE_INFINITY);
      expect(found.map(({ row }) => row)).toEqual([...estimates.keys()]);
      for (const { row, score } of found) {
        const { value, factor } = estimates[row] as (typeof estimates)[number];
        // A table holds 127 steps at most; its rounding is a third of a step.
        const step = (2 * 4) / Math.min(127, Math.floor(65_535 / (2 * Math.ceil(dimension / 8))));
        expect(Math.abs(score - value - factor * margin)).toBeLessThan(
          4 * factor * step * Math.sqrt(dimension / 4) * 0.3,
        );
      }
    }
  });

  it('give the rows above a bound', () => {
    const all = scan(0, Number.NEGATIVE_INFINITY);
    const middle = all.map(({ score }) => score).sort((a, b) => a - b)[n >> 1] as number;
    expect(scan(0, middle)).toEqual(all.filter(({ score }) => score > middle));
  });

  it('are within the error that their spread states', () => {
    expect(spread).toBeGreaterThan(0.3);
    expect(spread).toBeLessThan(0.8);
    const truths = Array.from({ length: n }, (_, row) =>
      product((i) => (query[i] as number) * (rows[row * dimension + i] as number)),
    );
    const distance = Math.sqrt(product((i) => ((query[i] as number) - (centroid[i] as number)) ** 2));
    for (const { row, score } of scan(0, Number.NEGATIVE_INFINITY)) {
      const deviation = (estimates[row]?.factor ?? 0) * spread * distance;
      expect(Math.abs(score - (truths[row] as number))).toBeLessThan(5 * deviation);
    }
  });
});

it("a row at its centroid has the centroid's product", () => {
  const centroid = Float32Array.of(0.5, -0.5, 0.5, -0.5);
  const { bytes } = encodeList(centroid, centroid);
  const scanner = new CodeScanner({ dimension: 4, bytes: bytes.length, longest: 1 });
  scanner.room(0, bytes.length).set(bytes);
  scanner.setQuery(Float32Array.of(1, 0, 0, 0));
  expect(scanner.scan(0, 1, 0.5, 1, 0)).toBe(1);
  expect([scanner.rows[0], scanner.scores[1]]).toEqual([0, 0.5]);
});
