/** The picture of accuracy per category (the paper's Table 5), or per relation (Table 12): bars, a colour a model. */
import type { Interval } from 'relbert/evaluate';
import { SERIES_COLOURS } from './palette.ts';
import { distinctNames, PLOT_STYLE, type PlotSpec, plotTitle } from './style.ts';

/** A model's accuracy on the questions of one category or relation of a set; a fraction. */
export interface CategoryBar {
  readonly model: string;
  readonly set: string;
  readonly category: string;
  readonly accuracy: number;
  readonly questions: number;
  readonly interval?: Interval | undefined;
}

export interface CategoryPlotOptions {
  /** Default `Accuracy by category`. */
  readonly title?: string | undefined;
  /** Pixels of the panels. Default 460. */
  readonly width?: number | undefined;
}

/** @throws RangeError without bars, or with more models than there are colours to tell apart */
export function categoryPlot(bars: readonly CategoryBar[], options: CategoryPlotOptions = {}): PlotSpec {
  if (bars.length === 0) throw new RangeError('there is no category to draw: the questions carry none');
  const { title = 'Accuracy by category', width = 460 } = options;
  const models = distinctNames(bars.map(({ model }) => model));
  if (models.length > SERIES_COLOURS.length) {
    throw new RangeError(
      `at most ${SERIES_COLOURS.length} models can be told apart in one picture, got ${models.length}`,
    );
  }
  const sets = distinctNames(bars.map(({ set }) => set));
  // Files of several data can name a set and a category alike.
  const counts = (bar: CategoryBar): string => {
    const alike = bars.filter(({ set, category }) => set === bar.set && category === bar.category);
    return [...new Set(alike.map(({ questions }) => questions))].join(' and ');
  };
  const values = bars.map((own) => ({
    model: own.model,
    set: own.set,
    category: `${own.category} (${counts(own)})`,
    accuracy: 100 * own.accuracy,
    label: (100 * own.accuracy).toFixed(1),
    low: own.interval ? 100 * own.interval.low : null,
    high: own.interval ? 100 * own.interval.high : null,
  }));
  const y = { field: 'category', type: 'nominal' as const, sort: null, axis: { title: null, grid: false } };
  const yOffset = { field: 'model', type: 'nominal' as const, sort: models };
  const bar = models.length === 1 ? 18 : 13;
  const legend = models.length === 1 ? null : { title: null, orient: 'bottom' as const, columns: 2 };
  const colour = {
    field: 'model',
    type: 'nominal' as const,
    scale: { domain: models, range: SERIES_COLOURS.slice(0, models.length) },
    legend,
  };
  const panel = (set: string, last: boolean) => ({
    title: { text: set, fontSize: 13, offset: 6, frame: 'group' as const },
    data: { values: values.filter((value) => value.set === set) },
    width,
    height: { step: bar, for: 'offset' },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: {
            field: 'accuracy',
            type: 'quantitative',
            title: last ? 'accuracy (%)' : null,
            scale: { domain: [0, 100] },
            axis: { values: [0, 20, 40, 60, 80, 100] },
          },
          y,
          yOffset,
          color: colour,
        },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.5, color: '#333' },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' }, y, yOffset },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 11, color: '#222' },
        encoding: { x: { value: width + 6 }, y, yOffset, text: { field: 'label' } },
      },
    ],
  });
  return {
    ...PLOT_STYLE,
    title: plotTitle(title, [...(models.length === 1 ? models : []), 'number of questions in brackets'].join('; ')),
    vconcat: sets.map((set, i) => panel(set, i === sets.length - 1)),
    bounds: 'flush',
    spacing: 44,
    // One panel with 39 relations beside one with two categories: each has its own rows.
    resolve: { scale: { y: 'independent', yOffset: 'shared' } },
  } as PlotSpec;
}
