/** The picture of a two-dimensional map of word pairs: a point a pair, colour and shape by its relation. */

import { type Frame, placeLabels, squareFrame } from 'relbert/cli';
import { GREY, SERIES_COLOURS } from './palette.ts';
import type { Projection } from './projection.ts';
import { distinctNames, PLOT_STYLE, type PlotSpec, plotTitle } from './style.ts';

/** A word pair of the map. */
export interface MappedPair {
  readonly head: string;
  readonly tail: string;
  /** undefined: the file has no relations. */
  readonly relation?: string | undefined;
}

export interface RelationMapOptions {
  /** Default `Map of relation embeddings`. */
  readonly title?: string | undefined;
  /** A line under the title: the model, what was left out. */
  readonly subtitle?: string | undefined;
  /** Pixels of each side. Default 560. */
  readonly size?: number | undefined;
  /** Writes the pairs beside their points; legible for a few dozen. Default: at most 40 pairs. */
  readonly labels?: boolean | undefined;
}

/** Eight shapes for seven colours: 56 relations until both come together again. */
const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
];
/** More relations than this cannot be told apart: the rarest become one. */
const MOST_RELATIONS = 16;
const LABELLED_PAIRS = 40;

/** @throws RangeError where points and pairs are not of the same number, or there is none */
export function relationMapPlot(
  pairs: readonly MappedPair[],
  { points, axes }: Projection,
  options: RelationMapOptions = {},
): PlotSpec {
  if (pairs.length === 0 || pairs.length !== points.length) {
    throw new RangeError(`a map needs a point for each pair, got ${points.length} points and ${pairs.length} pairs`);
  }
  const {
    title = 'Map of relation embeddings',
    subtitle,
    size = 560,
    labels = pairs.length <= LABELLED_PAIRS,
  } = options;
  const { names, nameOf } = shownRelations(pairs);
  const values = pairs.map(({ head, tail, relation }, i) => {
    const [x, y] = points[i] as readonly [number, number];
    return { x, y, pair: `${head}:${tail}`, relation: relation === undefined ? 'pairs' : nameOf(relation) };
  });
  const other = names.length > 0 && names.at(-1)?.startsWith('other (') ? names.length - 1 : -1;
  const colours = names.map((_, i) => (i === other ? GREY : (SERIES_COLOURS[i % SERIES_COLOURS.length] as string)));
  const shapes = names.map((_, i) => SHAPES[i % SHAPES.length] as string);
  const domain = names.length > 0 ? names : ['pairs'];
  const legend = names.length > 0 ? { title: 'relation', symbolOpacity: 1 } : null;
  const { x, y } = squareFrame(points, 0.05);
  const position = (field: 'x' | 'y', name: string) => ({
    field,
    type: 'quantitative' as const,
    title: name,
    scale: { zero: false, nice: false, domain: field === 'x' ? x : y },
    axis: { tickCount: 6 },
  });
  return {
    ...PLOT_STYLE,
    title: plotTitle(title, subtitle),
    width: size,
    height: size,
    data: { values },
    layer: [
      {
        mark: {
          type: 'point',
          filled: true,
          size: pairs.length > 400 ? 32 : 64,
          opacity: pairs.length > 400 ? 0.65 : 0.9,
        },
        encoding: {
          x: position('x', axes[0]),
          y: position('y', axes[1]),
          color: {
            field: 'relation',
            type: 'nominal',
            scale: { domain, range: names.length > 0 ? colours : [SERIES_COLOURS[0] as string] },
            legend,
          },
          shape: {
            field: 'relation',
            type: 'nominal',
            scale: { domain, range: names.length > 0 ? shapes : ['circle'] },
            legend,
          },
        },
      },
      ...(labels
        ? [
            {
              data: { values: placedNames(values, { x, y, size }) },
              mark: {
                type: 'text' as const,
                align: 'left' as const,
                baseline: 'alphabetic',
                fontSize: 11,
                color: '#222',
              },
              encoding: {
                x: { field: 'x', type: 'quantitative' as const },
                y: { field: 'y', type: 'quantitative' as const },
                text: { field: 'text' },
              },
            },
          ]
        : []),
    ],
  } as PlotSpec;
}

/** The names of pairs where none lies on another, in the coordinates of the points. */
function placedNames(
  points: readonly { readonly x: number; readonly y: number; readonly pair: string }[],
  { x: [left, right], y: [bottom, top], size }: { readonly x: Frame; readonly y: Frame; readonly size: number },
) {
  const spots = points.map(({ x, y }) => ({
    x: ((x - left) / (right - left)) * size,
    y: ((top - y) / (top - bottom)) * size,
  }));
  const texts = points.map(({ pair }) => pair);
  return placeLabels(texts, spots, { width: size, height: size }).map(({ text, x, y }) => ({
    text,
    x: left + (x / size) * (right - left),
    y: top - (y / size) * (top - bottom),
  }));
}

/** The relations by falling frequency; of too many, the rarest under one name. */
function shownRelations(pairs: readonly MappedPair[]): {
  readonly names: readonly string[];
  nameOf(relation: string): string;
} {
  const counts = new Map<string, number>();
  for (const { relation } of pairs) if (relation !== undefined) counts.set(relation, (counts.get(relation) ?? 0) + 1);
  const names = distinctNames([...counts.keys()]).sort(
    (a, b) => (counts.get(b) as number) - (counts.get(a) as number) || (a < b ? -1 : 1),
  );
  if (names.length <= MOST_RELATIONS) return { names, nameOf: (relation) => relation };
  const kept = names.slice(0, MOST_RELATIONS - 1);
  const other = `other (${names.length - kept.length} relations)`;
  return { names: [...kept, other], nameOf: (relation) => (kept.includes(relation) ? relation : other) };
}
