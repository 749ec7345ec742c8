/** The points of the map: where each pair lies, and of which kind it is. */
import { kindOf, kinds } from '../kinds.ts';
import type { Pair } from '../pair.ts';

export interface Points {
  readonly count: number;
  /** 0 … 1, from the left and from the top. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Places in {@link kinds}; {@link noKind} where the relation has no name. */
  readonly kind: Uint8Array;
  pair(point: number): Pair;
}

export const noKind = kinds.length;

/** The lines of map.tsv that are a pair: head, tail, relation, x and y in ten-thousandths. */
export function pairLines(map: string): string[] {
  return map.split('\n').slice(1, -1); // a header, and nothing after the last line
}

export function parsePoints(map: string): Points {
  const lines = pairLines(map);
  const count = lines.length;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const kind = new Uint8Array(count);
  const kindPlaces = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const fields = (lines[i] as string).split('\t');
    const relation = fields[2] as string;
    let place = kindPlaces.get(relation);
    if (place === undefined) {
      const found = kindOf(relation);
      place = found ? kinds.indexOf(found) : noKind;
      kindPlaces.set(relation, place);
    }
    x[i] = Number(fields[3]) / 1e4;
    y[i] = Number(fields[4]) / 1e4;
    kind[i] = place;
  }
  return {
    count,
    x,
    y,
    kind,
    pair(point) {
      const [head = '', tail = ''] = (lines[point] as string).split('\t');
      return [head, tail];
    },
  };
}

/** The part of the map that is seen: its centre, and how many times larger than the whole map. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const wholeMap: View = { x: 0.5, y: 0.5, zoom: 1 };
const mostZoom = 60;

/** Zooms by a factor so that a place of the map stays where it is. */
export function zoomed(view: View, factor: number, [x, y]: readonly [number, number] = [view.x, view.y]): View {
  const zoom = Math.min(mostZoom, Math.max(1, view.zoom * factor));
  const ratio = view.zoom / zoom;
  return limited({ x: x + (view.x - x) * ratio, y: y + (view.y - y) * ratio, zoom });
}

/** Keeps the centre on the map. */
export function limited({ x, y, zoom }: View): View {
  return { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)), zoom };
}

/** The points inside a closed line through the corners [x0, y0, x1, y1, …]. */
export function pointsInside({ count, x, y }: Points, corners: readonly number[]): number[] {
  const inside: number[] = [];
  const xs = corners.filter((_, i) => i % 2 === 0);
  const ys = corners.filter((_, i) => i % 2 === 1);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let i = 0; i < count; i++) {
    const px = x[i] as number;
    const py = y[i] as number;
    if (px < left || px > right || py < top || py > bottom) continue;
    let odd = false;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      const [ax, ay, bx, by] = [xs[a], ys[a], xs[b], ys[b]] as [number, number, number, number];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) odd = !odd;
    }
    if (odd) inside.push(i);
  }
  return inside;
}

/** Finds the point next to a place. */
export class PointGrid {
  readonly #points: Points;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  static readonly #side = 256;

  constructor(points: Points) {
    const side = PointGrid.#side;
    this.#points = points;
    this.#first = new Int32Array(side * side).fill(-1);
    this.#next = new Int32Array(points.count);
    for (let i = 0; i < points.count; i++) {
      const cell = this.#cell(points.x[i] as number) + side * this.#cell(points.y[i] as number);
      this.#next[i] = this.#first[cell] as number;
      this.#first[cell] = i;
    }
  }

  #cell(value: number): number {
    return Math.min(PointGrid.#side - 1, Math.max(0, Math.floor(value * PointGrid.#side)));
  }

  /** The nearest point within `radius`, of those that pass; undefined where there is none. */
  nearest(x: number, y: number, radius: number, passes: (point: number) => boolean): number | undefined {
    const { x: xs, y: ys } = this.#points;
    let best: number | undefined;
    let least = radius * radius;
    for (let row = this.#cell(y - radius); row <= this.#cell(y + radius); row++) {
      for (let column = this.#cell(x - radius); column <= this.#cell(x + radius); column++) {
        let point = this.#first[column + PointGrid.#side * row] as number;
        for (; point >= 0; point = this.#next[point] as number) {
          const distance = ((xs[point] as number) - x) ** 2 + ((ys[point] as number) - y) ** 2;
          if (distance > least || !passes(point)) continue;
          least = distance;
          best = point;
        }
      }
    }
    return best;
  }
}
