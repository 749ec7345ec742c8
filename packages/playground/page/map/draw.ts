/** Draws points into pixels, each a small disc: 100,000 of them take some milliseconds, without a graphics processor. */
import { noKind, type Points, type View } from './points.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** One a pixel, in the byte order of an ImageData. */
  readonly pixels: Uint32Array;
}

export interface DrawOptions {
  readonly view: View;
  /** Pixels of the shorter side count as the unit of the map. */
  readonly radius: number;
  /** A colour a kind, and the last for points without one. */
  readonly colours: Uint32Array;
  /** For points that are not highlighted; undefined where all are. */
  readonly faint: number;
  readonly highlighted: number | undefined;
  /** 1 and 2 for the points of the groups A and B, which are drawn in these colours. */
  readonly groups: Uint8Array | undefined;
  readonly groupColours: readonly [number, number];
}

/** Pixels from the left and from the top for a place of the map. */
export function toPixels({ x, y, zoom }: View, width: number, height: number) {
  const scale = Math.min(width, height) * zoom;
  return { scale, left: width / 2 - x * scale, top: height / 2 - y * scale };
}

export function drawPoints(picture: Picture, points: Points, options: DrawOptions): void {
  const { width, height, pixels } = picture;
  const { view, radius, colours, faint, highlighted, groups, groupColours } = options;
  pixels.fill(0);
  const { scale, left, top } = toPixels(view, width, height);
  const reach = Math.ceil(radius);
  const widths = Array.from({ length: 2 * reach + 1 }, (_, row) => {
    const squared = radius * radius - (row - reach) ** 2;
    return squared < 0 ? -1 : Math.floor(Math.sqrt(squared));
  });
  const stamp = (point: number, colour: number): void => {
    const column = Math.round((points.x[point] as number) * scale + left);
    const row = Math.round((points.y[point] as number) * scale + top);
    if (column < reach || row < reach || column >= width - reach || row >= height - reach) return;
    for (let dy = -reach; dy <= reach; dy++) {
      const half = widths[dy + reach] as number;
      if (half < 0) continue;
      const start = (row + dy) * width + column - half;
      for (let at = start; at <= start + 2 * half; at++) pixels[at] = colour;
    }
  };
  // In layers: what has no name below, what is chosen on top.
  const { count, kind } = points;
  for (let i = 0; i < count; i++)
    if (kind[i] === noKind) stamp(i, highlighted === undefined ? (colours[noKind] as number) : faint);
  for (let i = 0; i < count; i++) {
    const of = kind[i] as number;
    if (of !== noKind && of !== highlighted) stamp(i, highlighted === undefined ? (colours[of] as number) : faint);
  }
  if (highlighted !== undefined) {
    for (let i = 0; i < count; i++) if (kind[i] === highlighted) stamp(i, colours[highlighted] as number);
  }
  if (groups) {
    for (let i = 0; i < count; i++) if (groups[i]) stamp(i, groupColours[(groups[i] as number) - 1] as number);
  }
}

/** `#rrggbb` as a pixel. */
export function pixelOf(colour: string, alpha = 255): number {
  const value = Number.parseInt(colour.slice(1), 16);
  return ((alpha << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
