/** The picture of a confusion matrix: counts, shaded by their share of the row. */
import type { ConfusionMatrix } from 'relbert/evaluate';
import { PLOT_STYLE, type PlotSpec, plotTitle } from './style.ts';

export interface ConfusionPlotOptions {
  /** Default `Confusion matrix`. */
  readonly title?: string | undefined;
  /** A line under the title: the model. */
  readonly subtitle?: string | undefined;
  /** Pixels a cell. Default 64. */
  readonly cell?: number | undefined;
}

/** @throws RangeError for a matrix without classes */
export function confusionPlot({ labels, counts }: ConfusionMatrix, options: ConfusionPlotOptions = {}): PlotSpec {
  if (labels.length === 0) throw new RangeError('the confusion matrix has no class');
  const { title = 'Confusion matrix', subtitle, cell = 64 } = options;
  const values = labels.flatMap((truth, i) => {
    const row = counts[i] as readonly number[];
    const total = row.reduce((sum, count) => sum + count, 0);
    return labels.map((predicted, j) => {
      const count = row[j] as number;
      const share = total === 0 ? 0 : (100 * count) / total;
      return { truth, predicted, count, share, percent: `${share.toFixed(share > 0 && share < 9.95 ? 1 : 0)} %` };
    });
  });
  const axis = (field: string, name: string, angle: number) => ({
    field,
    type: 'nominal' as const,
    sort: [...labels],
    title: name,
    axis: { labelAngle: angle, domain: false, ticks: false },
  });
  const x = axis('predicted', 'predicted relation', labels.length > 4 ? -35 : 0);
  const y = axis('truth', 'true relation', 0);
  const ink = { condition: { test: 'datum.share > 55', value: 'white' }, value: '#111' };
  return {
    ...PLOT_STYLE,
    title: plotTitle(title, subtitle),
    data: { values },
    width: { step: cell },
    height: { step: cell * 0.75 },
    layer: [
      {
        mark: { type: 'rect', stroke: 'white', strokeWidth: 1 },
        encoding: {
          x,
          y,
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { range: ['#F7FBFF', '#08519C'], domain: [0, 100] },
            // No taller than the matrix, which would cut it off.
            legend: {
              title: ['% of the', 'true relation'],
              gradientLength: Math.max(40, Math.min(120, labels.length * cell * 0.75 - 36)),
              values: [0, 50, 100],
            },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 12, fontWeight: 'bold', dy: -6 },
        encoding: { x, y, text: { field: 'count', format: ',d' }, color: ink },
      },
      {
        mark: { type: 'text', fontSize: 10, dy: 9 },
        encoding: { x, y, text: { field: 'percent' }, color: ink },
      },
    ],
  } as PlotSpec;
}
