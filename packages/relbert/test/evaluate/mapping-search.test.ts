import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { Assignment } from '../../src/evaluate/assignment.ts';
import { type MappingSearch, searchCoherentMapping } from '../../src/evaluate/coherent-mapping.ts';
import { searchRowMaximumMapping } from '../../src/evaluate/row-maximum-mapping.ts';

/** Cosines between the ordered pairs of two sides of n terms; `noise` 0: the second side is the first one, shuffled. */
function randomWeights(n: number, seed: number, noise: number, dimension = 16): Float64Array {
  const random = new Random(seed);
  const unit = (vector: number[]) => vector.map((value) => value / Math.hypot(...vector));
  const vector = () => Array.from({ length: dimension }, () => random.normal());
  const first = Array.from({ length: n * n }, vector);
  const order = random.permutation(n);
  const second = Array.from({ length: n * n }, (_, at) => {
    const row = order[Math.floor(at / n)] as number;
    const like = first[row * n + (order[at % n] as number)] as number[];
    return vector().map((value, d) => (like[d] as number) + noise * value);
  });
  const [a, b] = [first.map(unit), second.map(unit)];
  const weights = new Float64Array(n ** 4);
  for (let at = 0; at < weights.length; at++) {
    const [i, k, j, l] = [Math.floor(at / n ** 3), Math.floor(at / n ** 2) % n, Math.floor(at / n) % n, at % n];
    const [x, y] = [a[i * n + j] as number[], b[k * n + l] as number[]];
    weights[at] = x.reduce((sum, value, d) => sum + value * (y[d] as number), 0);
  }
  return weights;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

function run(search: MappingSearch): { permutation: Int32Array; nodes: number } {
  for (let nodes = 0; ; nodes++) {
    const { done, value } = search.next();
    if (done) return { permutation: value, nodes };
  }
}

/** Rows of what i, p(i), j, p(j) adds, for j != i: computed here, apart from the searches. */
function rows(weights: Float64Array, n: number, p: readonly number[]): number[][] {
  const at = (...index: number[]) => weights[index.reduce((sum, k) => sum * n + k, 0)] as number;
  return p.map((k, i) => p.flatMap((l, j) => (j === i ? [] : [at(i, k, j, l)])));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const objectives = [
  { name: 'coherent', search: searchCoherentMapping, row: sum },
  { name: 'row maximum', search: searchRowMaximumMapping, row: (values: readonly number[]) => Math.max(...values) },
];

describe.each(objectives)('the search for the best $name mapping', ({ search, row }) => {
  const score = (weights: Float64Array, n: number, p: readonly number[]) => sum(rows(weights, n, p).map(row));

  it.each([2, 3, 4, 5, 6, 7])('finds what enumeration finds for %i terms', (n) => {
    const all = permutations(Array.from({ length: n }, (_, i) => i));
    for (let seed = 0; seed < (n === 7 ? 8 : 20); seed++) {
      const weights = randomWeights(n, 100 * n + seed, seed % 2 === 0 ? 1 : 100);
      const best = all.reduce((most, permutation) => Math.max(most, score(weights, n, permutation)), -Infinity);
      const found = [...run(search(weights, n)).permutation];
      expect([...found].sort()).toEqual(all[0]);
      expect(score(weights, n, found)).toBeCloseTo(best, 8);
    }
  });

  it('proves the optimum for 10 terms in less than a second, without any structure to help', () => {
    for (const noise of [0, 1, 100]) {
      const weights = randomWeights(10, 3, noise);
      const start = performance.now();
      run(search(weights, 10));
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });

  it('looks at far fewer partial mappings than there are permutations', () => {
    expect(run(search(randomWeights(9, 1, 100), 9)).nodes).toBeLessThan(36_288);
  });

  it('bears weights that are all equal, negative, or huge', () => {
    for (const value of [0, -1, 1, 1e6]) {
      const weights = new Float64Array(5 ** 4).fill(value);
      expect([...run(search(weights, 5)).permutation].sort()).toEqual([0, 1, 2, 3, 4]);
    }
  });
});

describe('Assignment', () => {
  it('finds the least sum and leaves reduced costs', () => {
    const random = new Random(1);
    const assignment = new Assignment(6);
    for (let round = 0; round < 300; round++) {
      const n = 1 + random.integer(6);
      const costs = Float64Array.from({ length: n * n }, () => random.normal());
      const least = permutations(Array.from({ length: n }, (_, i) => i)).reduce((min, columns) => {
        return Math.min(
          min,
          columns.reduce((sum, column, row) => sum + (costs[row * n + column] as number), 0),
        );
      }, Infinity);
      const reduced = costs.slice();
      expect(assignment.reduce(reduced, n)).toBeCloseTo(least, 10);
      expect(Math.min(...reduced)).toBe(0);
      const columns = [...assignment.columns.subarray(0, n)];
      for (const [row, column] of columns.entries()) expect(reduced[row * n + column]).toBeLessThan(1e-12);
      expect(columns.reduce((sum, column, row) => sum + (costs[row * n + column] as number), 0)).toBeCloseTo(least, 10);
    }
  });
});
