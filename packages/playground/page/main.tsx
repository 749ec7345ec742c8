/** The page: its head, the panels, and the state of the model. */
import { type ComponentType, render } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { EngineContext, type EngineState, startEngine } from './engine/client.ts';
import { fetchIndex } from './engine/page-index.ts';
import { keepFiles } from './offline.ts';
import { AnalogyPanel } from './panels/analogy.tsx';
import { GamePanel } from './panels/game.tsx';
import { InsidePanel } from './panels/inside.tsx';
import { MapPanel } from './panels/map.tsx';
import { MappingPanel } from './panels/mapping.tsx';
import { NeighboursPanel } from './panels/neighbours.tsx';
import { type Route, useRoute } from './route.ts';

interface Panel {
  readonly id: string;
  readonly name: string;
  readonly component: ComponentType<Pick<Route, 'params'>>;
}

const panels: readonly [Panel, ...Panel[]] = [
  { id: 'analogy', name: 'Analogy', component: AnalogyPanel },
  { id: 'neighbours', name: 'Neighbours', component: NeighboursPanel },
  { id: 'map', name: 'Map', component: MapPanel },
  { id: 'mapping', name: 'Mapping', component: MappingPanel },
  { id: 'game', name: 'Word game', component: GamePanel },
  { id: 'inside', name: 'What the model sees', component: InsidePanel },
];

function App({ kept }: { readonly kept: boolean }) {
  const [engine, setEngine] = useState<EngineState>({ kind: 'loading', loaded: 0, size: undefined });
  const { panel: wanted, params, visit } = useRoute();
  const panel = panels.find(({ id }) => id === wanted) ?? panels[0];
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    void startEngine(setEngine);
  }, []);
  useEffect(() => {
    document.title = `${panel.name} · relbert playground`;
    // Who follows a link reads on at the new heading.
    if (visit > 0) main.current?.querySelector<HTMLElement>('#panel-title')?.focus();
  }, [panel.id, visit]);
  useEffect(() => {
    // For visits without a network everything is fetched, when the page has rest.
    if (engine.kind !== 'ready' || !kept) return;
    const timer = setTimeout(() => void fetchIndex(engine.engine), 3000);
    return () => clearTimeout(timer);
  }, [engine.kind]);
  const Shown = panel.component;
  return (
    <EngineContext.Provider value={engine}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="site-head">
        <div class="wrap">
          <p class="brand">
            <img src="icon.svg" alt="" width="28" height="28" /> relbert playground
          </p>
          <h1>How is a pair of words related?</h1>
          <p class="intro">
            <em>Paris</em> is to <em>France</em> as <em>Tokyo</em> is to <em>Japan</em>. A small language model turns
            each pair of words into a point, and pairs with the same relation lie close together.
          </p>
          <Status />
          {!kept && (
            <p class="status">
              This browser keeps no files for the page (a private window, or storage is blocked): it needs the network
              at each visit.
            </p>
          )}
        </div>
        <nav class="tabs" aria-label="Panels">
          <ul class="wrap">
            {panels.map(({ id, name }) => (
              <li key={id}>
                <a href={`#${id}`} aria-current={id === panel.id ? 'page' : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main class="wrap" id="panel" ref={main} tabIndex={-1}>
        <div key={`${panel.id} ${visit}`}>
          <Shown params={params} />
        </div>
      </main>
      <footer class="wrap">
        <p>
          The model runs in this browser; what you type stays here, and nothing is counted. The pairs are from WordNet,
          SemEval-2012 and a table of countries: the model was trained on them, so their groups look tidier than those
          of new pairs do.
        </p>
      </footer>
    </EngineContext.Provider>
  );
}

function Status() {
  const state = useContext(EngineContext);
  if (state.kind === 'failed') {
    return (
      <p class="status failed" role="alert">
        {state.message}
      </p>
    );
  }
  if (state.kind === 'loading') {
    const { loaded, size } = state;
    const done = size !== undefined && loaded >= size;
    const text = loaded === 0 || done ? 'Starting the model' : `Fetching the model: ${(loaded / 1e6).toFixed(0)} MB`;
    return (
      <p class="status" role="status">
        {text} <progress aria-label="Model" {...(size && !done ? { value: loaded / size } : {})} />
      </p>
    );
  }
  const { parameters, layers } = state.info;
  return (
    <p class="status ready" role="status">
      Model ready: {(parameters / 1e6).toFixed(0)} million parameters, {layers} layers, in this browser.
    </p>
  );
}

const kept = await keepFiles();
const root = document.querySelector('#app') as HTMLElement;
root.replaceChildren();
render(<App kept={kept} />, root);
