/** The picture of accuracy per set: a dot and its interval for each model, with chance and the best published figure. */
import type { Interval } from 'relbert/evaluate';
import { GREY, OKABE_ITO } from './palette.ts';
import { distinctNames, PLOT_STYLE, type PlotSpec, plotTitle } from './style.ts';

/** A model's accuracy on one set; fractions. */
export interface AccuracyPoint {
  readonly model: string;
  readonly set: string;
  readonly accuracy: number;
  /** 95 % interval, where there is one. */
  readonly interval?: Interval | undefined;
  /** Expected accuracy of guessing. */
  readonly chance?: number | undefined;
  /** The best published figure. */
  readonly published?: number | undefined;
}

export interface AccuracyPlotOptions {
  /** Default `Accuracy on analogy questions`. */
  readonly title?: string | undefined;
  /** What is measured, for the axis. Default `accuracy (%)`. */
  readonly measure?: string | undefined;
  /** Pixels of the panels. Default 460. */
  readonly width?: number | undefined;
}

const MEASURED = 'measured, 95 % interval';
const CHANCE = 'chance';
const PUBLISHED = 'best published';

/** @throws RangeError without points */
export function accuracyPlot(points: readonly AccuracyPoint[], options: AccuracyPlotOptions = {}): PlotSpec {
  if (points.length === 0) throw new RangeError('there is no accuracy to draw');
  const { title = 'Accuracy on analogy questions', measure = 'accuracy (%)', width = 460 } = options;
  const models = distinctNames(points.map(({ model }) => model));
  const sets = distinctNames(points.map(({ set }) => set));
  const values = points.map(({ model, set, accuracy, interval, chance, published }) => ({
    model,
    set,
    accuracy: 100 * accuracy,
    label: (100 * accuracy).toFixed(1),
    low: 100 * (interval?.low ?? accuracy),
    high: 100 * (interval?.high ?? accuracy),
    chance: chance === undefined ? null : 100 * chance,
    published: published === undefined ? null : 100 * published,
  }));
  const measured = points.some(({ interval }) => interval) ? MEASURED : 'measured';
  const shown = [
    measured,
    ...(points.some(({ chance }) => chance !== undefined) ? [CHANCE] : []),
    ...(points.some(({ published }) => published !== undefined) ? [PUBLISHED] : []),
  ];
  const all = [OKABE_ITO.blue, GREY, OKABE_ITO.vermillion];
  const colour = {
    type: 'nominal' as const,
    scale: {
      domain: shown,
      range: shown.map((name) => all[name === CHANCE ? 1 : name === PUBLISHED ? 2 : 0] as string),
    },
    legend: { title: null, orient: 'bottom' as const, symbolType: 'square' as const },
  };
  const several = models.length > 1;
  const step = several ? 22 : 34;
  const y = {
    field: several ? 'model' : 'set',
    type: 'nominal' as const,
    sort: several ? models : sets,
    axis: { title: null, grid: false },
  };
  const tick = (field: 'chance' | 'published', name: string) => ({
    transform: [{ filter: `isValid(datum.${field})` }],
    mark: { type: 'tick' as const, thickness: 3, size: step, opacity: 1 },
    encoding: { x: { field, type: 'quantitative' as const }, y, color: { ...colour, datum: name } },
  });
  const panel = (own: typeof values, last: boolean) => ({
    data: { values: own },
    width,
    height: { step },
    layer: [
      tick('chance', CHANCE),
      tick('published', PUBLISHED),
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: {
            field: 'low',
            type: 'quantitative',
            title: last ? measure : null,
            scale: { domain: [0, 100] },
            axis: { values: [0, 20, 40, 60, 80, 100] },
          },
          x2: { field: 'high' },
          y,
          color: { ...colour, datum: measured },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { x: { field: 'accuracy', type: 'quantitative' }, y, color: { ...colour, datum: measured } },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12, fontWeight: 'bold', color: '#222' },
        encoding: { x: { value: width + 8 }, y, text: { field: 'label' } },
      },
    ],
  });
  const panels = several
    ? sets.map((set, i) => ({
        title: { text: set, fontSize: 13, offset: 6, frame: 'group' as const },
        ...panel(
          values.filter((value) => value.set === set),
          i === sets.length - 1,
        ),
      }))
    : [panel(values, true)];
  return {
    ...PLOT_STYLE,
    title: plotTitle(title, several ? undefined : models[0]),
    vconcat: panels,
    bounds: 'flush',
    spacing: 44,
    // Not every model need have a figure for every set.
    resolve: { scale: { y: 'independent' } },
  } as PlotSpec;
}
