/** @file A map of clusters as an SVG picture, light and dark. */
import { Random } from '../data/random.ts';
import type { Embeddings } from '../encoder/embeddings.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { Clustering } from './cluster.ts';
import { placeLabels } from './label-places.ts';
import { type Frame, squareFrame } from './square-frame.ts';

/** Okabe and Ito, "Color Universal Design" (2008); clusters after the seventh get another shape. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#E69F00', '#56B4E9', '#CC79A7', '#8A8A8A'];
const SHAPES = ['M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0', 'M-4,-4h8v8h-8z', 'M0,-5l5,9h-10z'] as const;
const SIDE = 560;
const MARGIN = 24;
const LINE = 18;
/** Names of more pairs would hide the points. */
const MOST_LABELS = 160;

/**
 * The pairs on the plane of the two directions in which they vary most (principal components of their directions), a
 * colour and shape a cluster, with a legend; distances along both are drawn to the same scale. The same input gives the same picture.
 *
 * @param labels The name of each cluster.
 */
export function clusterMap(
  pairs: readonly WordPair[],
  embeddings: Pick<Embeddings, 'data' | 'shape'>,
  { clusters, members }: Pick<Clustering, 'clusters' | 'members'>,
  labels: readonly string[],
): string {
  const points = principalPlane(embeddings);
  const frame = squareFrame(points);
  const place = (value: number, [low, high]: Frame) => MARGIN + ((value - low) / (high - low)) * (SIDE - 2 * MARGIN);
  const spots = points.map(([x, y]) => ({ x: place(x, frame.x), y: SIDE - place(y, frame.y) }));
  const marks = spots.map(({ x, y }, i) => {
    const pair = pairs[i] as WordPair;
    return `<g transform="translate(${x.toFixed(1)},${y.toFixed(1)})">${mark(clusters[i] as number)}<title>${escaped(`${pair.head}:${pair.tail} (${(clusters[i] as number) + 1})`)}</title></g>`;
  });
  const texts = pairs.length > MOST_LABELS ? [] : pairs.map(({ head, tail }) => `${head}:${tail}`);
  const names = placeLabels(texts, spots, { width: SIDE - 8, height: SIDE - 8 }).map(
    ({ text, x, y }) => `<text class="pair" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${escaped(text)}</text>`,
  );
  const legend = labels.map((label, cluster) => {
    const text = `${cluster + 1}  ${label} (${(members[cluster] as readonly number[]).length})`;
    const y = SIDE + LINE * (cluster + 1);
    return `<g transform="translate(${MARGIN},${y})">${mark(cluster)}<text x="14" y="4">${escaped(text)}</text></g>`;
  });
  const longest = Math.max(...labels.map((label) => label.length + 12));
  const width = Math.max(SIDE, MARGIN * 2 + Math.ceil(longest * 7.2));
  const height = SIDE + LINE * (labels.length + 1);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>Map of relations</title>
<style>
text { font: 12px 'Liberation Sans', Arial, Helvetica, sans-serif; fill: #222; }
.pair { font-size: 11px; }
.ground { fill: white; }
.frame { fill: none; stroke: #BBB; }
@media (prefers-color-scheme: dark) {
  text { fill: #E6E6E6; }
  .ground { fill: #16181C; }
  .frame { stroke: #555; }
}
</style>
<rect class="ground" width="${width}" height="${height}"/>
<rect class="frame" x="6" y="6" width="${SIDE - 12}" height="${SIDE - 12}"/>
${[...marks, ...names, ...legend].join('\n')}
</svg>
`;
}

function mark(cluster: number): string {
  const shape = SHAPES[Math.floor(cluster / COLOURS.length) % SHAPES.length];
  return `<path d="${shape}" fill="${COLOURS[cluster % COLOURS.length]}" fill-opacity="0.85"/>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\p{Cc}/gu, ' ');
}

const POWER_ITERATIONS = 100;
/** The directions are those of so many pairs at most, evenly among all: more would take minutes and change little. */
const MOST_FOR_DIRECTIONS = 4096;

/** Unit rows along their first two principal components, by power iteration from a fixed start. */
function principalPlane({ data, shape: [count, dimension] }: Pick<Embeddings, 'data' | 'shape'>): [number, number][] {
  const unit = (i: number): Float64Array => {
    const row = Float64Array.from(data.subarray(i * dimension, (i + 1) * dimension));
    const norm = Math.hypot(...row) || 1;
    return row.map((value) => value / norm);
  };
  const step = Math.ceil(count / MOST_FOR_DIRECTIONS);
  const rows = Array.from({ length: Math.ceil(count / step) }, (_, i) => unit(i * step));
  const mean = new Float64Array(dimension);
  for (const row of rows) addScaled(mean, row, 1 / rows.length);
  for (const row of rows) addScaled(row, mean, -1);
  const random = new Random(0);
  const axes: Float64Array[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: dimension }, () => random.normal());
    for (let iteration = 0; iteration < POWER_ITERATIONS; iteration++) {
      const next = new Float64Array(dimension);
      for (const row of rows) addScaled(next, row, dot(row, direction));
      for (const other of axes) addScaled(next, other, -dot(next, other));
      const norm = Math.hypot(...next);
      if (norm < 1e-12) break;
      direction = next.map((value) => value / norm);
    }
    axes.push(direction);
  }
  return Array.from({ length: count }, (_, i) => {
    const row = unit(i);
    addScaled(row, mean, -1);
    return [dot(row, axes[0] as Float64Array), dot(row, axes[1] as Float64Array)];
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + factor * (source[i] as number);
}
