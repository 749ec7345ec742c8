import { describe, expect, it } from 'vitest';
import { optionOf, questionsOf, scoresOf, withMine, withModel } from '../page/game.ts';
import { kinds } from '../page/kinds.ts';
import { drawPoints, pixelOf } from '../page/map/draw.ts';
import { comparedPoints, comparisonKey, type Groups, noGroups, withLasso } from '../page/map/groups.ts';
import { PointGrid, parsePoints, pointsInside, wholeMap, zoomed } from '../page/map/points.ts';

describe('the map', () => {
  const file =
    'head\ttail\trelation\tx\ty\npuppy\tdog\thypernym/noun.animal\t2500\t5000\nhot\tcold\t4c\t7500\t5000\na\tb\t\t5000\t1000\n';
  const points = parsePoints(file);

  it('reads pairs with their kinds and places', () => {
    expect(points.count).toBe(3);
    expect([points.pair(1), points.x[1], points.y[1]]).toEqual([['hot', 'cold'], 0.75, 0.5]);
    expect([...points.kind].map((kind) => kinds[kind]?.name)).toEqual(['Kind of', 'Opposites', undefined]);
  });

  it('finds the point next to a place, and those in a lasso', () => {
    const grid = new PointGrid(points);
    expect(grid.nearest(0.26, 0.5, 0.02, () => true)).toBe(0);
    expect(grid.nearest(0.26, 0.5, 0.005, () => true)).toBeUndefined();
    expect(grid.nearest(0.26, 0.5, 0.02, (i) => i !== 0)).toBeUndefined();
    expect(pointsInside(points, [0.2, 0.4, 0.8, 0.4, 0.8, 0.6, 0.7, 0.6, 0.7, 0.45, 0.2, 0.45])).toEqual([1]);
  });

  it('zooms about the place under the pointer', () => {
    const view = zoomed(wholeMap, 2, [0.75, 0.25]);
    expect(view).toEqual({ x: 0.625, y: 0.375, zoom: 2 });
    expect(zoomed(view, 0.1).zoom).toBe(1);
  });

  it('fills A, then B, by lasso, and begins anew with the third', () => {
    const drawn = (...lassos: number[][]): Groups => lassos.reduce<Groups>(withLasso, noGroups);
    expect(drawn([1], [2])).toEqual([[1], [2]]);
    expect(drawn([1], [2], [3])).toEqual([[3], []]);
    expect(drawn([1], [2], [3], [4])).toEqual([[3], [4]]);
    expect(drawn([1], [2], [])).toEqual([[1], [2]]);
  });

  it('compares anew where any compared point is another', () => {
    const large = Array.from({ length: 1000 }, (_, i) => i);
    expect(comparisonKey([[5, 100, 900], large])).not.toBe(comparisonKey([[5, 101, 900], large]));
    expect(comparisonKey([large, []])).toBeUndefined();
    expect(comparedPoints(large)).toEqual(large.filter((i) => i % 5 === 0));
    expect(comparedPoints([7, 9])).toEqual([7, 9]);
  });

  const colours = Uint32Array.from({ length: kinds.length + 1 }, (_, i) => i + 1);
  const options = { view: wholeMap, radius: 1.5, colours, faint: 99, highlighted: undefined, groups: undefined };

  it('draws a disc for each point in the colour of its kind', () => {
    const picture = { width: 40, height: 40, pixels: new Uint32Array(1600) };
    drawPoints(picture, points, { ...options, groupColours: [7, 8] });
    expect(picture.pixels[20 * 40 + 10]).toBe(1);
    expect(picture.pixels[20 * 40 + 30]).toBe(4);
    expect(picture.pixels.filter((pixel) => pixel === 1)).toHaveLength(9);
    drawPoints(picture, points, { ...options, highlighted: 3, groups: Uint8Array.of(1, 0, 0), groupColours: [7, 8] });
    expect([picture.pixels[20 * 40 + 10], picture.pixels[20 * 40 + 30], picture.pixels[4 * 40 + 20]]).toEqual([
      7, 4, 99,
    ]);
    expect(pixelOf('#102030')).toBe(0xff302010);
  });
});

describe('the word game', () => {
  it('asks the same for a seed, ten times, with one right answer among four', () => {
    for (const kind of ['analogy', 'odd'] as const) {
      const questions = questionsOf(kind, 'abc');
      expect(questions).toEqual(questionsOf(kind, 'abc'));
      expect(questions).not.toEqual(questionsOf(kind, 'abd'));
      expect(questions).toHaveLength(10);
      for (const { options, right, stem } of questions) {
        expect(new Set(options.map((pair) => pair.join())).size).toBe(4);
        expect(options[right]).toBeDefined();
        expect(options).not.toContainEqual(stem);
      }
    }
  });

  it('keeps all answers where the model answers late, out of turn, or not at all', () => {
    const [first, second] = questionsOf('odd', 'abc').map(({ right }) => right) as [number, number];
    let given = withMine(withMine([], 0, first), 1, second);
    given = withModel(given, 1, { kind: 'option', option: second });
    expect(scoresOf(given, questionsOf('odd', 'abc'))).toEqual({ mine: 2, models: 1 });
    given = withModel(given, 0, { kind: 'failed', message: 'gone' });
    expect(given.map(({ model }) => optionOf(model))).toEqual([undefined, second]);
    expect(scoresOf(given, questionsOf('odd', 'abc'))).toEqual({ mine: 2, models: 1 });
    expect(withMine(given, 1, 3)).toBe(given);
  });
});
