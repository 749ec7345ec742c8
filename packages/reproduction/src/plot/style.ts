import type { TopLevelSpec } from 'vega-lite';

/** A picture as vega-lite describes it: plain data. */
export type PlotSpec = TopLevelSpec;

/** Families that stand on most machines, then whatever is there; the same in a browser and where pictures are rasterised. */
export const FONT = "'Liberation Sans', Arial, Helvetica, 'DejaVu Sans', sans-serif";

/** What all pictures have in common: a white ground, type of 12 points and more, labels in full length. */
export const PLOT_STYLE = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background: 'white',
  padding: 12,
  config: {
    font: FONT,
    title: { fontSize: 16, subtitleFontSize: 12, subtitleColor: '#444', anchor: 'start', offset: 12 },
    axis: {
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      labelLimit: 480,
      gridColor: '#E4E4E4',
      domainColor: '#666',
      tickColor: '#666',
    },
    legend: { labelFontSize: 12, titleFontSize: 12, titleLimit: 360, labelLimit: 480, symbolSize: 90 },
    view: { stroke: '#BBB' },
  },
} as const;

/** A title, and a smaller line under it where there is something to say. */
export function plotTitle(text: string, subtitle: string | undefined): { text: string; subtitle?: string } {
  return subtitle === undefined ? { text } : { text, subtitle };
}

/** The names in the order of their first occurrence. */
export function distinctNames(names: readonly string[]): string[] {
  return [...new Set(names)];
}
