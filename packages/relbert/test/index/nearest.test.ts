import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/encoder/option-error.ts';
import type { VectorBlock } from '../../src/formats/vector-block.ts';
import { nearestNeighbours } from '../../src/index/nearest.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';

const pair = (head: string, tail = 'x'): WordPair => ({ head, tail });
const block = (rows: readonly (readonly [WordPair, readonly number[]])[]): VectorBlock => ({
  pairs: rows.map(([own]) => own),
  data: Float32Array.from(rows.flatMap(([, vector]) => vector)),
  shape: [rows.length, rows[0]?.[1].length ?? 0],
});

/** A small generator of its own: the tests need numbers, not good ones. */
function numbers(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
}

describe('nearestNeighbours', () => {
  it('finds what sorting all of them finds, over any division into blocks', async () => {
    const next = numbers(1);
    const all = Array.from({ length: 500 }, (_, i) => [pair(`w${i}`), Array.from({ length: 6 }, next)] as const);
    const queries = [0, 1].map((q) => ({ pair: pair(`query${q}`), vector: Float32Array.from({ length: 6 }, next) }));
    const expected = queries.map(({ vector }) => {
      const norm = Math.hypot(...vector);
      const scored = all.map(([own, values]) => {
        const floats = Float32Array.from(values);
        const product = floats.reduce((sum, value, d) => sum + value * (vector[d] as number), 0);
        return { pair: own, score: product / norm / Math.hypot(...floats) };
      });
      return scored.sort((a, b) => b.score - a.score).slice(0, 10);
    });
    for (const size of [1, 7, 500]) {
      const blocks = Array.from({ length: Math.ceil(500 / size) }, (_, i) =>
        block(all.slice(i * size, (i + 1) * size)),
      );
      const found = await nearestNeighbours(queries, blocks);
      for (const [q, neighbours] of found.entries()) {
        expect(neighbours.map((neighbour) => neighbour.pair)).toEqual(expected[q]?.map((neighbour) => neighbour.pair));
        for (const [i, { score }] of neighbours.entries()) expect(score).toBeCloseTo(expected[q]?.[i]?.score ?? 0, 6);
      }
    }
  });

  it('leaves out the query itself, not its reverse, and repeated pairs', async () => {
    const rows = [
      [pair('a', 'b'), [1, 0]],
      [pair('c', 'd'), [1, 0.1]],
      [pair('b', 'a'), [1, 0.2]],
      [pair('c', 'd'), [1, 0.1]],
      [pair('c', 'd'), [1, 0.05]],
      [pair('e', 'f'), [0, 1]],
    ] as const;
    const [found] = await nearestNeighbours([{ pair: pair('a', 'b'), vector: Float32Array.of(2, 0) }], [block(rows)], {
      top: 3,
    });
    expect(found?.map((neighbour) => neighbour.pair)).toEqual([pair('c', 'd'), pair('b', 'a'), pair('e', 'f')]);
    expect(found?.[0]?.score).toBeCloseTo(1 / Math.hypot(1, 0.05), 6);
  });

  it.each([
    ['zero', [0, 0]],
    ['nan', [Number.NaN, 1]],
    ['infinite', [1, Number.POSITIVE_INFINITY]],
  ])('refuses a vector without a direction: %s', async (name, vector) => {
    const rows = [
      [pair('first'), [3, 3]],
      [pair(name), vector],
    ] as const;
    await expect(
      nearestNeighbours([{ pair: pair('q'), vector: Float32Array.of(1, 1) }], [block(rows)], { top: 1 }),
    ).rejects.toThrow(`the vector of pair 2, ["${name}","x"] is all zeros, or holds a value that is not finite`);
  });

  it('keeps the first of equals', async () => {
    const rows = [
      [pair('first'), [3, 3]],
      [pair('second'), [1, 1]],
      [pair('third'), [2, 2]],
    ] as const;
    const [found] = await nearestNeighbours([{ pair: pair('q'), vector: Float32Array.of(1, 1) }], [block(rows)], {
      top: 2,
    });
    expect(found?.map((neighbour) => neighbour.pair.head)).toEqual(['first', 'second']);
  });

  it('gives fewer where there are fewer, tells its progress and can be aborted', async () => {
    const one = block([[pair('a'), [1, 0]]]);
    const query = { pair: pair('q'), vector: Float32Array.of(1, 0) };
    const done: number[] = [];
    expect(await nearestNeighbours([query], [one, one], { onProgress: (event) => done.push(event.done) })).toHaveLength(
      1,
    );
    expect(done).toEqual([1, 2]);
    expect(await nearestNeighbours([query], [])).toEqual([[]]);
    const stop = new AbortController();
    const options = { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) };
    await expect(nearestNeighbours([query], [one, one], options)).rejects.toThrow('enough');
  });

  it('refuses vectors of unequal length, a query without direction and a top below 1', async () => {
    const query = { pair: pair('q'), vector: Float32Array.of(1, 0) };
    await expect(nearestNeighbours([query], [block([[pair('a'), [1, 0, 0]]])])).rejects.toThrow(
      'a query has 2 dimensions, the pair vectors have 3',
    );
    await expect(nearestNeighbours([{ pair: pair('q'), vector: new Float32Array(2) }], [])).rejects.toThrow(
      'the query ["q","x"] is all zeros',
    );
    await expect(nearestNeighbours([query], [], { top: 0 })).rejects.toThrow(
      new OptionError('top must be a positive whole number, got 0'),
    );
  });
});
