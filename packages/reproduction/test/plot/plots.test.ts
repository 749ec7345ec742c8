import { describe, expect, it } from 'vitest';
import { accuracyPlot } from '../../src/plot/accuracy-plot.ts';
import { categoryPlot } from '../../src/plot/category-plot.ts';
import { confusionPlot } from '../../src/plot/confusion-plot.ts';
import { SERIES_COLOURS } from '../../src/plot/palette.ts';
import { rasterise } from '../../src/plot/rasterise.ts';
import { relationMapPlot } from '../../src/plot/relation-map-plot.ts';
import type { PlotSpec } from '../../src/plot/style.ts';
import { plotSvg } from '../../src/plot/svg.ts';

const interval = { low: 0.3, high: 0.5 };

/** The texts of a picture, in the order in which they are drawn. */
async function texts(spec: PlotSpec): Promise<string[]> {
  const svg = await plotSvg(spec);
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text as string);
}

describe('accuracy', () => {
  const points = ['u2', 'google'].map((set) => ({
    model: 'mine',
    set,
    accuracy: 0.412,
    interval,
    chance: 0.25,
    published: 0.662,
  }));

  it('shows sets, figures, unit, legend and model', async () => {
    const found = await texts(accuracyPlot(points, { title: 'A title & more' }));
    for (const text of [
      'A title &amp; more',
      'mine',
      'u2',
      'google',
      '41.2',
      'accuracy (%)',
      'chance',
      'best published',
    ]) {
      expect(found).toContain(text);
    }
    expect(found).toContain('measured, 95 % interval');
  });

  it('puts several models into a panel a set, also where a model lacks one', async () => {
    const found = await texts(accuracyPlot([...points, { model: 'other', set: 'u2', accuracy: 0.5 }]));
    expect(found.filter((text) => text === 'mine')).toHaveLength(2);
    expect(found.filter((text) => text === 'other')).toHaveLength(1);
    expect(found.filter((text) => text === 'u2')).toHaveLength(1);
  });

  it('names in the legend only what is drawn', async () => {
    const found = await texts(accuracyPlot([{ model: 'mine', set: 'u2', accuracy: 0.5 }]));
    expect(found).toContain('measured');
    expect(found).not.toContain('chance');
    expect(found).not.toContain('best published');
  });

  it('refuses to draw nothing', () => {
    expect(() => accuracyPlot([])).toThrow(new RangeError('there is no accuracy to draw'));
  });

  it('places a figure where it belongs: half of the width is 50 %', async () => {
    const svg = await plotSvg(accuracyPlot([{ model: 'mine', set: 'u2', accuracy: 0.5 }], { width: 400 }));
    const point = /aria-label="[^"]*" role="graphics-symbol"[^>]*transform="translate\(([\d.]+),/.exec(svg);
    expect(Number(point?.[1])).toBeCloseTo(200, 5);
  });
});

describe('categories', () => {
  const bars = ['a', 'b'].flatMap((model) =>
    ['lexical', 'morphological'].map((category) => ({
      ...{ model, set: 'bats', category, accuracy: 0.6, questions: 450, interval },
    })),
  );

  it('shows a bar a model and category, with the number of questions', async () => {
    const svg = await plotSvg(categoryPlot(bars));
    expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(4);
    expect(await texts(categoryPlot(bars))).toEqual(
      expect.arrayContaining(['lexical (450)', 'morphological (450)', 'a', 'b', '60.0']),
    );
    for (const colour of SERIES_COLOURS.slice(0, 2)) expect(svg).toContain(`fill="${colour}"`);
  });

  it('lists both numbers of questions where models answered different ones', async () => {
    const fewer = bars.map((bar) =>
      bar.model === 'b' && bar.category === 'lexical' ? { ...bar, questions: 90 } : bar,
    );
    expect(await texts(categoryPlot(fewer))).toEqual(
      expect.arrayContaining(['lexical (450 and 90)', 'morphological (450)']),
    );
  });

  it('draws bars without intervals', async () => {
    const svg = await plotSvg(categoryPlot(bars.map(({ interval: _, ...bar }) => bar)));
    expect(svg).not.toMatch(/aria-roledescription="rule mark"/);
  });

  it('refuses more models than can be told apart, and none', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ ...(bars[0] as (typeof bars)[number]), model: `m${i}` }));
    expect(() => categoryPlot(many)).toThrow(/at most 7 models can be told apart in one picture, got 9/);
    expect(() => categoryPlot([])).toThrow(/no category/);
  });
});

describe('confusion', () => {
  it('shows counts and their share of the row', async () => {
    const matrix = {
      labels: ['hyper', 'mero'],
      counts: [
        [3, 1],
        [0, 1234],
      ],
    };
    const found = await texts(confusionPlot(matrix, { title: 'Confusion', subtitle: 'mine' }));
    expect(found).toEqual(
      expect.arrayContaining([
        '3',
        '75 %',
        '1',
        '25 %',
        '0',
        '0 %',
        '1,234',
        '100 %',
        'true relation',
        'predicted relation',
      ]),
    );
  });

  it.each([2, 3, 6])('has a legend no taller than the matrix of %i classes', async (count) => {
    const labels = Array.from({ length: count }, (_, i) => `c${i}`);
    const svg = await plotSvg(confusionPlot({ labels, counts: labels.map(() => labels.map(() => 1)) }));
    const [, gradient] = /role-legend-gradient[\s\S]*?<path[^>]*d="M0,0h16v([\d.]+)h-16Z"/.exec(svg) ?? [];
    // Title and labels of the legend take 36 pixels.
    expect(Number(gradient ?? Number.NaN)).toBeLessThanOrEqual(count * 48 - 36);
  });

  it('draws a class that never occurs', async () => {
    expect(
      await texts(
        confusionPlot({
          labels: ['a', 'b'],
          counts: [
            [0, 0],
            [1, 1],
          ],
        }),
      ),
    ).toContain('50 %');
    expect(() => confusionPlot({ labels: [], counts: [] })).toThrow(RangeError);
  });
});

describe('map', () => {
  const pairs = (count: number, relations: number) =>
    Array.from({ length: count }, (_, i) => ({ head: `h${i}`, tail: `t${i}`, relation: `r${i % relations}` }));
  const projection = (count: number) => ({
    points: Array.from({ length: count }, (_, i) => [i, -i] as const),
    axes: ['first (3 %)', 'second (2 %)'] as const,
  });

  it('gives every relation a colour and shape of its own', async () => {
    const svg = await plotSvg(relationMapPlot(pairs(64, 16), projection(64)));
    const symbols = [...svg.matchAll(/role-legend-symbol[\s\S]*?<path[^>]*d="([^"]*)"[^>]*fill="([^"]*)"/g)].map(
      ([, d, fill]) => `${d} ${fill}`,
    );
    expect(symbols).toHaveLength(16);
    expect(new Set(symbols).size).toBe(16);
  });

  it('puts the rarest of too many relations together', async () => {
    const found = await texts(relationMapPlot(pairs(60, 20), projection(60)));
    expect(found).toContain('other (5 relations)');
    expect(found).toContain('r0');
  });

  it('writes few pairs beside their points, and the axes with their units', async () => {
    const found = await texts(relationMapPlot(pairs(3, 1), projection(3)));
    expect(found).toEqual(expect.arrayContaining(['h0:t0', 'h2:t2', 'first (3 %)', 'second (2 %)', 'relation']));
    expect(await texts(relationMapPlot(pairs(60, 1), projection(60)))).not.toContain('h0:t0');
  });

  it('writes no name over another', async () => {
    const close = {
      points: Array.from({ length: 12 }, (_, i) => [i % 3, Math.floor(i / 3) / 50] as const),
      axes: projection(1).axes,
    };
    const svg = await plotSvg(relationMapPlot(pairs(12, 2), { ...close, points: [...close.points.slice(1), [0, 9]] }));
    const names = [...svg.matchAll(/translate\(([-\d.]+),([-\d.]+)\)"[^>]*fill="#222">(h\d+:t\d+)/g)].map(
      ([, x, y, text]) => ({
        ...{ left: Number(x), right: Number(x) + (text as string).length * 6, y: Number(y) },
      }),
    );
    expect(names.length).toBeGreaterThan(3);
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) {
        expect(Math.abs(a.y - b.y) >= 11.9 || a.right < b.left || b.right < a.left).toBe(true);
      }
    }
  });

  it('draws pairs without relations in one colour, without a legend', async () => {
    const svg = await plotSvg(
      relationMapPlot(
        pairs(3, 1).map(({ relation: _, ...pair }) => pair),
        projection(3),
      ),
    );
    expect(svg).not.toContain('role-legend');
  });

  it('refuses points that are not as many as the pairs', () => {
    const flat = {
      ...projection(3),
      points: [
        [0, 0],
        [8, 1],
        [4, 0.5],
      ] as [number, number][],
    };
    const spec = JSON.stringify(relationMapPlot(pairs(3, 1), flat));
    const lengths = [...spec.matchAll(/"domain":\[(-?[\d.]+),(-?[\d.]+)\]/g)].map((m) => Number(m[2]) - Number(m[1]));
    expect(lengths.slice(0, 2)).toEqual([8.8, 8.8]);
    expect(() => relationMapPlot(pairs(3, 1), projection(2))).toThrow(/got 2 points and 3 pairs/);
  });
});

describe('PNG', () => {
  it('is as large as asked for, and needs no xmlns', async () => {
    const svg = await plotSvg(
      confusionPlot({
        labels: ['a', 'b'],
        counts: [
          [1, 2],
          [3, 4],
        ],
      }),
    );
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    for (const source of [svg, svg.replace(/ xmlns(:xlink)?="[^"]*"/g, '')]) {
      const png = await rasterise(source, 2);
      expect([...png.subarray(1, 4)]).toEqual([...new TextEncoder().encode('PNG')]);
      const header = new DataView(png.buffer, png.byteOffset);
      expect(Math.abs(header.getUint32(16) - 2 * Number(width))).toBeLessThanOrEqual(1);
      expect(Math.abs(header.getUint32(20) - 2 * Number(height))).toBeLessThanOrEqual(1);
    }
  });
});

describe('colours', () => {
  /** Linear RGB as people without one kind of cone see it (Machado, Oliveira and Fernandes 2009, severity 1). */
  const deficiencies: Readonly<Record<string, readonly number[]>> = {
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
    none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  const linear = (colour: string) =>
    [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
  /** CIE L*a*b* of linear sRGB. */
  const lab = ([r = 0, g = 0, b = 0]: readonly number[]): readonly number[] => {
    const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
    const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };

  it.each(Object.entries(deficiencies))('can be told apart: %s', (_, m) => {
    const seen = [...SERIES_COLOURS, '#FFFFFF'].map((colour) => {
      const rgb = linear(colour);
      return lab(
        [0, 3, 6].map((row) => [0, 1, 2].reduce((sum, i) => sum + (m[row + i] as number) * (rgb[i] as number), 0)),
      );
    });
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i + 1)) {
        const distance = Math.hypot(...a.map((value, d) => value - (b[d] as number)));
        expect(distance).toBeGreaterThan(9);
      }
    }
  });
});
