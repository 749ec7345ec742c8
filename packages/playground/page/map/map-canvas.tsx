/** The canvas of the map: drawing, moving, zooming, hovering and the lasso. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { kinds } from '../kinds.ts';
import type { Pair } from '../pair.ts';
import { PairText } from '../parts.tsx';
import { drawPoints, pixelOf, toPixels } from './draw.ts';
import { limited, noKind, PointGrid, type Points, pointsInside, type View, zoomed } from './points.ts';

export interface PlacedPair {
  readonly pair: Pair;
  readonly x: number;
  readonly y: number;
}

interface MapCanvasProps {
  readonly points: Points;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly lasso: boolean;
  readonly onLasso: (points: readonly number[]) => void;
  readonly highlighted: number | undefined;
  readonly groups: Uint8Array | undefined;
  readonly own: readonly PlacedPair[];
}

interface Hovered {
  readonly point: number;
  readonly left: number;
  readonly top: number;
}

/** Of a pointer on the page. */
interface Position {
  readonly x: number;
  readonly y: number;
}

/** How far from a point the pointer may be, in pixels. */
const reach = 14;

export function MapCanvas({ points, view, onView, lasso, onLasso, highlighted, groups, own }: MapCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = useMemo(() => new PointGrid(points), [points]);
  const dark = useMedia('(prefers-color-scheme: dark)');
  const size = useSize(canvas);
  const [hovered, setHovered] = useState<Hovered>();
  const [outline, setOutline] = useState<readonly number[]>([]);
  const pointers = useRef(new Map<number, Position>());
  const current = useRef(view);
  current.current = view;

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d', { alpha: true });
    if (!element || !context || size.width === 0) return;
    const frame = requestAnimationFrame(() => {
      const started = performance.now();
      const density = devicePixelRatio;
      const width = Math.round(size.width * density);
      const height = Math.round(size.height * density);
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
      const image = context.createImageData(width, height);
      const palette = kinds.map(({ colours }) => pixelOf(colours[dark ? 1 : 0]));
      drawPoints({ width, height, pixels: new Uint32Array(image.data.buffer) }, points, {
        view,
        radius: density * Math.min(4.5, pointRadius(points.count) + 0.6 * Math.log2(view.zoom)),
        colours: Uint32Array.of(...palette, pixelOf(dark ? '#4a505a' : '#cfc7b6')),
        faint: pixelOf(dark ? '#33373f' : '#e2dccf'),
        highlighted,
        groups,
        groupColours: dark ? [pixelOf('#ffffff'), pixelOf('#ffd54a')] : [pixelOf('#000000'), pixelOf('#b3006b')],
      });
      context.putImageData(image, 0, 0);
      element.dataset['frame'] = (performance.now() - started).toFixed(1);
    });
    return () => cancelAnimationFrame(frame);
  }, [points, view, size, dark, highlighted, groups]);

  const place = (event: { clientX: number; clientY: number }): readonly [number, number] => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    const { scale, left, top } = toPixels(current.current, box.width, box.height);
    return [(event.clientX - box.left - left) / scale, (event.clientY - box.top - top) / scale];
  };

  const hover = (event: PointerEvent): void => {
    const [x, y] = place(event);
    const { scale, left, top } = toPixels(current.current, size.width, size.height);
    const point = grid.nearest(x, y, reach / scale, (i) => highlighted === undefined || points.kind[i] === highlighted);
    setHovered(
      point === undefined
        ? undefined
        : { point, left: (points.x[point] as number) * scale + left, top: (points.y[point] as number) * scale + top },
    );
  };

  const onPointerDown = (event: PointerEvent): void => {
    canvas.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (lasso) setOutline([...place(event)]);
    hover(event);
  };

  const onPointerMove = (event: PointerEvent): void => {
    const before = pointers.current.get(event.pointerId);
    if (!before) hover(event);
    else if (lasso) setOutline((corners) => (corners.length === 0 ? corners : [...corners, ...place(event)]));
    else drag(event, before);
  };

  /** One pointer moves the map; two of them zoom. */
  const drag = (event: PointerEvent, before: Position): void => {
    const after = { x: event.clientX, y: event.clientY };
    const [other] = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, position]) => position);
    pointers.current.set(event.pointerId, after);
    setHovered(undefined);
    if (other) {
      const distance = (from: Position) => Math.max(1, Math.hypot(from.x - other.x, from.y - other.y));
      const middle = { clientX: (after.x + other.x) / 2, clientY: (after.y + other.y) / 2 };
      onView(zoomed(current.current, distance(after) / distance(before), place(middle)));
    } else {
      const { x, y, zoom } = current.current;
      const scale = Math.min(size.width, size.height) * zoom;
      onView(limited({ x: x - (after.x - before.x) / scale, y: y - (after.y - before.y) / scale, zoom }));
    }
  };

  const onPointerUp = (event: PointerEvent): void => {
    pointers.current.delete(event.pointerId);
    if (!lasso) return;
    if (outline.length >= 6) onLasso(pointsInside(points, outline));
    setOutline([]);
  };

  useEffect(() => {
    // A listener that may keep the page from scrolling has to say so.
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      onView(zoomed(current.current, Math.exp(-event.deltaY / 400), place(event)));
    };
    const element = canvas.current;
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [onView]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const { x, y, zoom } = view;
    const step = 0.1 / zoom;
    const moves: Readonly<Record<string, View>> = {
      ArrowLeft: { x: x - step, y, zoom },
      ArrowRight: { x: x + step, y, zoom },
      ArrowUp: { x, y: y - step, zoom },
      ArrowDown: { x, y: y + step, zoom },
      '+': zoomed(view, 1.5),
      '=': zoomed(view, 1.5),
      '-': zoomed(view, 1 / 1.5),
    };
    const next = moves[event.key];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onView(limited(next));
  };

  const { scale, left, top } = toPixels(view, size.width, size.height);
  const kind =
    hovered && points.kind[hovered.point] !== noKind ? kinds[points.kind[hovered.point] as number] : undefined;
  return (
    <div class={`map ${lasso ? 'lasso' : ''}`}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes keys and is described in words below it */}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label={`Map of ${points.count.toLocaleString('en')} pairs. Arrow keys move, plus and minus zoom. What is in view is listed below.`}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onPointerLeave={() => setHovered(undefined)}
        onKeyDown={onKeyDown}
      />
      {outline.length >= 4 && (
        <svg class="outline" aria-hidden="true">
          <polygon points={outline.map((value, i) => value * scale + (i % 2 === 0 ? left : top)).join(' ')} />
        </svg>
      )}
      {own.map(({ pair, x, y }) => (
        <div key={pair.join('\t')} class="own" style={{ left: `${x * scale + left}px`, top: `${y * scale + top}px` }}>
          <span>{pair.join(' → ')}</span>
        </div>
      ))}
      {hovered && (
        <div
          class={`tip ${hovered.left > size.width / 2 ? 'from-right' : ''}`}
          style={{ left: `${hovered.left}px`, top: `${hovered.top}px` }}
        >
          <PairText pair={points.pair(hovered.point)} />
          <span class="relation">{kind?.name ?? 'no name for the relation'}</span>
        </div>
      )}
    </div>
  );
}

/** Few points may be larger. */
function pointRadius(count: number): number {
  return Math.min(2.5, Math.max(1, Math.sqrt(12_000 / count)));
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const onChange = (): void => setMatches(list.matches);
    list.addEventListener('change', onChange);
    return () => list.removeEventListener('change', onChange);
  }, [query]);
  return matches;
}

function useSize(element: { readonly current: HTMLElement | null }): {
  readonly width: number;
  readonly height: number;
} {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return size;
}
