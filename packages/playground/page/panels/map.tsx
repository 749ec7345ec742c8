/** All pairs in two dimensions. */
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { messageOf, type RemoteEngine, useAnswer } from '../engine/client.ts';
import { dataReady, usePageIndex } from '../engine/page-index.ts';
import { kinds } from '../kinds.ts';
import { type Groups, noGroups, withGroup, withLasso } from '../map/groups.ts';
import { countsOf, mostKinds } from '../map/kind-counts.ts';
import { MapCanvas, type PlacedPair } from '../map/map-canvas.tsx';
import { type Points, parsePoints, type View, wholeMap, zoomed } from '../map/points.ts';
import { isComplete, mostOwn, ownPairs, type Pair, pairText, trimmed } from '../pair.ts';
import { CopyLink, IndexNotice, PairFields, PairText, PanelHead } from '../parts.tsx';
import { keepInAddress, type Route } from '../route.ts';
import { Compare } from './map-compare.tsx';

export function MapPanel({ params }: Pick<Route, 'params'>) {
  const map = useMapFile();
  const [view, setView] = useState<View>(() => viewOf(params.get('view')));
  const [highlighted, setHighlighted] = useState<number | undefined>(() => {
    const place = kinds.findIndex(({ name }) => name === params.get('kind'));
    return place < 0 ? undefined : place;
  });
  const [lasso, setLasso] = useState(false);
  const [groups, setGroups] = useState<Groups>(noGroups);
  const [own, setOwn] = useState<readonly Pair[]>(() => ownPairs(params.getAll('own')));
  const index = usePageIndex();
  const points = map.kind === 'ready' ? map.points : undefined;
  const placed = useAnswer(points && index.kind === 'ready' ? own.map(pairText).join('\n') : undefined, (engine) =>
    Promise.all(own.map((pair) => placeOf(pair, points as Points, engine))),
  );
  const members = useMemo(() => {
    if (!points || groups.every((group) => group.length === 0)) return undefined;
    const of = new Uint8Array(points.count);
    for (const [i, group] of groups.entries()) for (const point of group) of[point] = i + 1;
    return of;
  }, [points, groups]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const { x, y, zoom } = view;
      keepInAddress('map', {
        own: own.map(pairText),
        kind: highlighted === undefined ? undefined : kinds[highlighted]?.name,
        view: zoom === 1 ? undefined : [x, y, zoom].map((value) => value.toFixed(3)).join(','),
      });
    }, 200);
    return () => clearTimeout(timer);
  }, [view, highlighted, own]);
  return (
    <>
      <PanelHead title="Map">
        Every point is a pair of words, and pairs with similar relations lie near each other. Move, zoom, place your own
        pairs, or draw a line around two groups to compare them.
      </PanelHead>
      {map.kind === 'waiting' && <IndexNotice state={map} />}
      {map.kind === 'failed' && <IndexNotice state={map} />}
      {points && (
        <div class="map-columns">
          <div class="map-side">
            <fieldset class="row toolbar">
              <legend class="visually-hidden">Map tools</legend>
              <button type="button" aria-pressed={!lasso} onClick={() => setLasso(false)}>
                Move
              </button>
              <button type="button" aria-pressed={lasso} onClick={() => setLasso(true)}>
                Lasso
              </button>
              <span class="spacer" />
              <button type="button" aria-label="Zoom in" onClick={() => setView(zoomed(view, 1.6))}>
                +
              </button>
              <button type="button" aria-label="Zoom out" onClick={() => setView(zoomed(view, 1 / 1.6))}>
                −
              </button>
              <button type="button" onClick={() => setView(wholeMap)}>
                Whole map
              </button>
            </fieldset>
            <MapCanvas
              {...{ points, view, lasso, highlighted }}
              onView={setView}
              onLasso={(chosen) => setGroups((all) => withLasso(all, chosen))}
              groups={members}
              own={placed.value ?? []}
            />
            <InView points={points} view={view} />
          </div>
          <div class="map-controls">
            <Legend points={points} highlighted={highlighted} onChange={setHighlighted} />
            <OwnPairs own={own} onChange={setOwn}>
              <IndexNotice state={index} />
              {placed.error && <p class="notice">{placed.error}</p>}
            </OwnPairs>
            <CopyLink />
          </div>
          <Compare
            {...{ points, groups }}
            ready={index.kind === 'ready'}
            onGroup={(place, chosen) => setGroups((all) => withGroup(all, place, chosen))}
          />
        </div>
      )}
    </>
  );
}

type MapState =
  | { readonly kind: 'waiting'; readonly text: string; readonly share: number | undefined }
  | { readonly kind: 'ready'; readonly points: Points }
  | { readonly kind: 'failed'; readonly message: string };

let mapFile: Promise<Points> | undefined;

function useMapFile(): MapState {
  const [state, setState] = useState<MapState>({ kind: 'waiting', text: 'Fetching the map', share: undefined });
  useEffect(() => {
    let current = true;
    const load = async (): Promise<Points> => {
      await dataReady((text, share) => current && setState({ kind: 'waiting', text, share }));
      return parsePoints(await (await fetch('data/map.tsv')).text());
    };
    mapFile ??= load();
    mapFile.then(
      (points) => current && setState({ kind: 'ready', points }),
      (error: unknown) => {
        mapFile = undefined;
        if (current) setState({ kind: 'failed', message: messageOf(error) });
      },
    );
    return () => {
      current = false;
    };
  }, []);
  return state;
}

/** Where the pair lies, or its nearest pairs: the nearer, the more their places count. */
async function placeOf(pair: Pair, points: Points, engine: RemoteEngine): Promise<PlacedPair> {
  const near = await engine.neighbours(pair, { top: 6, distinctWords: false });
  const names = new Map([
    [pairText(pair), 1e6],
    ...near.map(({ pair, score }) => [pairText(pair), Math.max(score, 0.01) ** 8] as const),
  ]);
  let [x, y, sum] = [0, 0, 0];
  for (let i = 0; i < points.count; i++) {
    const weight = names.get(pairText(points.pair(i)));
    if (weight === undefined) continue;
    x += weight * (points.x[i] as number);
    y += weight * (points.y[i] as number);
    sum += weight;
  }
  return { pair, x: x / sum, y: y / sum };
}

function viewOf(text: string | null): View {
  const [x = Number.NaN, y = Number.NaN, zoom = Number.NaN] = (text ?? '').split(',').map(Number);
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 && zoom >= 1 ? zoomed({ x, y, zoom: 1 }, zoom) : wholeMap;
}

interface LegendProps {
  readonly points: Points;
  readonly highlighted: number | undefined;
  readonly onChange: (kind: number | undefined) => void;
}

function Legend({ points, highlighted, onChange }: LegendProps) {
  const counts = useMemo(() => countsOf(points, points.kind.keys()), [points]);
  return (
    <section aria-label="Relations">
      <h3>Relations</h3>
      <ul class="legend">
        {kinds.map(({ name, colours }, i) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={highlighted === i}
              onClick={() => onChange(highlighted === i ? undefined : i)}
            >
              <span class="dot" style={{ '--light': colours[0], '--dark': colours[1] }} />
              {name} <span class="count">{(counts[i] as number).toLocaleString('en')}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">Grey points are pairs whose relation has no name.</p>
    </section>
  );
}

interface OwnPairsProps {
  readonly own: readonly Pair[];
  readonly onChange: (own: readonly Pair[]) => void;
  readonly children: ComponentChildren;
}

function OwnPairs({ own, onChange, children }: OwnPairsProps) {
  const [pair, setPair] = useState<Pair>(['', '']);
  const [problem, setProblem] = useState('');
  const add = (event: Event): void => {
    event.preventDefault();
    setProblem(isComplete(pair) ? '' : 'A pair needs two words: one field is empty.');
    if (!isComplete(pair)) return;
    const added = trimmed(pair);
    if (!own.some((each) => pairText(each) === pairText(added))) onChange([...own, added].slice(-mostOwn));
    setPair(['', '']);
  };
  return (
    <form onSubmit={add} aria-label="Your pairs">
      <h3>Your pairs</h3>
      <PairFields legend="Your pair" pair={pair} onChange={setPair} />
      <button type="submit">Place it</button>
      {problem && <p class="notice">{problem}</p>}
      {own.length > 0 && (
        <ul class="own-list">
          {own.map((each, i) => (
            <li key={pairText(each)}>
              <PairText pair={each} />
              <button
                type="button"
                class="icon"
                aria-label={`Remove ${each.join(' to ')}`}
                onClick={() => onChange(own.filter((_, at) => at !== i))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {own.length > 0 && children}
    </form>
  );
}

/** In words what the map shows: for screen readers, and for who wants to read. */
function InView({ points, view }: { readonly points: Points; readonly view: View }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => {
      const half = 0.5 / view.zoom;
      const seen: number[] = [];
      for (let i = 0; i < points.count; i++) {
        if (Math.abs((points.x[i] as number) - view.x) <= half && Math.abs((points.y[i] as number) - view.y) <= half)
          seen.push(i);
      }
      const near = (i: number): number =>
        ((points.x[i] as number) - view.x) ** 2 + ((points.y[i] as number) - view.y) ** 2;
      const examples = seen.sort((a, b) => near(a) - near(b)).slice(0, 5);
      const most = mostKinds(countsOf(points, seen)).slice(0, 3).join(', ');
      const pairs = examples.map((i) => points.pair(i).join(' → ')).join(', ');
      setText(
        `In view: ${seen.length.toLocaleString('en')} pairs${most && `, most of them ${most}`}. In the middle: ${pairs}.`,
      );
    }, 300);
    return () => clearTimeout(timer);
  }, [points, view]);
  return (
    <p class="hint in-view" aria-live="polite">
      {text}
    </p>
  );
}
