/** The pairs that ship with the page: fetched once, at the first panel that wants them, or when the page has rest. */
import * as Comlink from 'comlink';
import { useContext, useEffect, useState } from 'preact/hooks';
import { EngineContext, messageOf, type RemoteEngine } from './client.ts';

export type IndexState =
  | { readonly kind: 'waiting'; readonly text: string; readonly share: number | undefined }
  | { readonly kind: 'ready'; readonly pairs: number }
  | { readonly kind: 'failed'; readonly message: string };

let state: IndexState = { kind: 'waiting', text: 'Waiting for the model', share: undefined };
let started = false;
const listeners = new Set<(state: IndexState) => void>();

function set(next: IndexState): void {
  state = next;
  for (const listener of listeners) listener(next);
}

/** What a server says while it makes the data, on the first start of `relbert playground`. */
interface Preparing {
  readonly kind: 'pairs' | 'neighbours' | 'layout';
  readonly done: number;
  readonly total: number;
}

const steps: Readonly<Record<Preparing['kind'], string>> = {
  pairs: 'The server is embedding the pairs, once',
  neighbours: 'The server is looking up neighbours, once',
  layout: 'The server is drawing the map, once',
};

/** Waits until the server has made the data. @throws Error where there are none */
export async function dataReady(onWait: (text: string, share: number) => void): Promise<void> {
  for (;;) {
    const response = await fetch('data/map.tsv', { method: 'HEAD' });
    if (response.ok) return;
    if (response.status !== 503) throw new Error('this copy of the page has no pairs; `relbert playground` makes them');
    const { kind, done, total } = (await (await fetch('data/map.tsv')).json()) as Preparing;
    onWait(steps[kind], done / total);
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

export async function fetchIndex(engine: RemoteEngine): Promise<void> {
  if (started) return;
  started = true;
  try {
    await dataReady((text, share) => set({ kind: 'waiting', text, share }));
    const onProgress = Comlink.proxy((loaded: number, size: number | undefined) => {
      const text = `Fetching the pairs: ${(loaded / 1e6).toFixed(0)} MB`;
      set({ kind: 'waiting', text, share: size === undefined ? undefined : loaded / size });
    });
    set({ kind: 'ready', pairs: await engine.openPairs(onProgress) });
  } catch (error) {
    started = false;
    set({ kind: 'failed', message: messageOf(error) });
  }
}

/** @param now Whether to fetch them now, or only to look. */
export function usePageIndex(now = true): IndexState {
  const engine = useContext(EngineContext);
  const [shown, setShown] = useState(state);
  useEffect(() => {
    listeners.add(setShown);
    setShown(state);
    if (now && engine.kind === 'ready') void fetchIndex(engine.engine);
    return () => {
      listeners.delete(setShown);
    };
  }, [engine.kind, now]);
  return shown;
}
