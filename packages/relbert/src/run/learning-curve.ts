import type { LogEntry } from './run-folder.ts';

/** One point of the log: a step's loss, or the figures of a validation. */
export type CurvePoint =
  | { readonly kind: 'step'; readonly step: number; readonly loss: number }
  | { readonly kind: 'validation'; readonly step: number; readonly figures: Readonly<Record<string, number>> };

/** The points of a run's log; those of a search are its iterations. */
export function curvePoints(log: readonly LogEntry[]): CurvePoint[] {
  return log.flatMap(({ kind, step, iteration = step, loss, validation, figures }): CurvePoint[] => {
    if (kind === 'done' || typeof iteration !== 'number') return [];
    const found = figures ?? (typeof validation === 'number' ? { loss: validation } : undefined);
    return [
      ...(typeof loss === 'number' ? [{ kind: 'step' as const, step: iteration, loss }] : []),
      ...(found ? [{ kind: 'validation' as const, step: iteration, figures: found as Record<string, number> }] : []),
    ];
  });
}

const width = 760;
const height = 420;
const left = 60;
const right = 150;
const top = 30;
const bottom = 50;
/** The palette of Okabe and Ito, which colour-blind readers can distinguish. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999'];

/**
 * The learning curve of a run as SVG: the loss (left axis; the line is a mean over the steps around, the faint one each
 * step) and the validation figures, accuracies as a share from 0 to 1 (right axis).
 * @param axis what the steps are called
 * @param lossOver the pairs of the loss that is measured now and then
 */
export function learningCurve(
  points: readonly CurvePoint[],
  title: string,
  axis = 'step',
  lossOver = 'validation',
): string {
  const losses = points.flatMap((point) => (point.kind === 'step' ? [{ x: point.step, y: point.loss }] : []));
  const figures = new Map<string, { x: number; y: number }[]>();
  for (const point of points) {
    if (point.kind !== 'validation') continue;
    for (const [name, y] of Object.entries(point.figures)) {
      figures.set(name, [...(figures.get(name) ?? []), { x: point.step, y }]);
    }
  }
  const validationLoss = figures.get('loss') ?? [];
  figures.delete('loss');
  const last = [...losses, ...[...figures.values()].flat()].reduce((most, { x }) => Math.max(most, x), 1);
  const all = [...losses, ...validationLoss];
  const low = all.reduce((least, { y }) => Math.min(least, y), 0);
  const high = all.reduce((most, { y }) => Math.max(most, y), low + 1e-6);
  const x = (step: number) => left + ((width - left - right) * step) / last;
  const y = (share: number) => height - bottom - (height - top - bottom) * share;
  const lossY = (loss: number) => y((loss - low) / (high - low));
  const line = (data: readonly { x: number; y: number }[], scale: (value: number) => number, style: string) =>
    data.length === 0
      ? ''
      : `<polyline fill="none" ${style} points="${data.map((point) => `${x(point.x).toFixed(1)},${scale(point.y).toFixed(1)}`).join(' ')}"/>`;
  const text = (atX: number, atY: number, content: string, more = '') =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" ${more}>${escapeXml(content)}</text>`;

  const parts: string[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${y(share).toFixed(1)}" y2="${y(share).toFixed(1)}" stroke="#e5e5e5"/>`,
    );
    parts.push(text(left - 8, y(share) + 4, rounded(low + share * (high - low)), 'text-anchor="end"'));
    if (figures.size > 0) parts.push(text(width - right + 8, y(share) + 4, share.toFixed(2)));
    parts.push(text(x(share * last), height - bottom + 18, String(Math.round(share * last)), 'text-anchor="middle"'));
  }
  parts.push(text((left + width - right) / 2, height - 10, axis, 'text-anchor="middle"'));
  parts.push(text(left, top - 12, title, 'font-weight="bold"'));
  parts.push(line(thinned(losses), lossY, 'stroke="#bbbbbb" stroke-width="1"'));
  parts.push(line(thinned(smoothed(losses)), lossY, 'stroke="#222222" stroke-width="2"'));
  parts.push(line(validationLoss, lossY, 'stroke="#222222" stroke-width="1.5" stroke-dasharray="4 3"'));
  const legend: [label: string, colour: string][] = [['loss', '#222222']];
  if (validationLoss.length > 0) legend.push([`${lossOver} loss (dashed)`, '#222222']);
  for (const [i, [name, data]] of [...figures].entries()) {
    const colour = colours[i % colours.length] as string;
    parts.push(line(data, y, `stroke="${colour}" stroke-width="2"`));
    for (const point of data)
      parts.push(`<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="2.5" fill="${colour}"/>`);
    legend.push([name, colour]);
  }
  for (const [i, [label, colour]] of legend.entries()) {
    const at = top + 8 + i * 18;
    parts.push(`<rect x="${width - right + 50}" y="${at - 8}" width="10" height="10" fill="${colour}"/>`);
    parts.push(text(width - right + 65, at + 1, label));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${parts.filter((part) => part !== '').join('\n')}\n</svg>\n`;
}

/** Mean over the steps around, up to 1/20 of the run on either side. */
function smoothed(data: readonly { x: number; y: number }[]): { x: number; y: number }[] {
  const reach = Math.floor(data.length / 20);
  const sums = [0];
  for (const { y } of data) sums.push((sums.at(-1) as number) + y);
  return data.map(({ x }, i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(data.length, i + reach + 1)];
    return { x, y: ((sums[to] as number) - (sums[from] as number)) / (to - from) };
  });
}

/** More points than this lie on each other in the picture. */
const mostDrawn = 4000;

/** Evenly among the points, with the last. */
function thinned<T>(data: readonly T[]): readonly T[] {
  const step = Math.ceil(data.length / mostDrawn);
  return data.filter((_, i) => i % step === 0 || i === data.length - 1);
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
