/** The address holds what the page shows: `#analogy?stem=word:language&choice=note:music`. A link brings it back. */
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  readonly panel: string;
  readonly params: URLSearchParams;
  /** Another number for each navigation: a panel starts anew with what the address says. */
  readonly visit: number;
}

/** The address as the page last read or wrote it. */
let known: string | undefined;

export function readRoute(visit: number): Route {
  known = location.hash;
  const [panel = '', query = ''] = location.hash.slice(1).split(/\?(.*)/s);
  return { panel, params: new URLSearchParams(query), visit };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(0));
  useEffect(() => {
    const onChange = (): void => setRoute(({ visit }) => readRoute(visit + 1));
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return route;
}

export type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

export function hashOf(panel: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of value === undefined ? [] : [value].flat()) query.append(name, each);
  }
  // A colon and a space may stand in an address as people read them.
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return `#${panel}${text === '' ? '' : `?${text}`}`;
}

/** Keeps the address at what is shown, without a step in the history. */
export function keepInAddress(panel: string, params: Params): void {
  // Somebody has gone elsewhere and the page has not been told yet: to write now would take them back.
  if (location.hash !== known) return;
  history.replaceState(null, '', hashOf(panel, params));
  known = location.hash;
}
