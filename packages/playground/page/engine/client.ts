/** The engine as the page sees it: its state, and calls that wait for nothing on the page's own thread. */
import * as Comlink from 'comlink';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Engine, ModelInfo } from './engine.ts';

export type RemoteEngine = Comlink.Remote<Engine>;

export type EngineState =
  | { readonly kind: 'loading'; readonly loaded: number; readonly size: number | undefined }
  | { readonly kind: 'ready'; readonly engine: RemoteEngine; readonly info: ModelInfo }
  | { readonly kind: 'failed'; readonly message: string };

export const EngineContext = createContext<EngineState>({ kind: 'loading', loaded: 0, size: undefined });

/** The smallest module with an instruction of WebAssembly SIMD: `i8x16.splat`. */
const simdModule = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
]);

/** Why this browser cannot run the model; undefined where it can. */
export function missingFeature(): string | undefined {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(simdModule)) {
    return 'This browser has no WebAssembly SIMD, which the model needs. Chrome 91, Edge 91, Firefox 89, Safari 16.4 and newer have it.';
  }
  if (typeof Worker === 'undefined') return 'This browser has no web workers, which the model needs.';
  return undefined;
}

export async function startEngine(onState: (state: EngineState) => void): Promise<void> {
  const missing = missingFeature();
  if (missing) return onState({ kind: 'failed', message: missing });
  try {
    const worker = new Worker(new URL('engine.js', document.baseURI), { type: 'module' });
    const broken = new Promise<never>((_, reject) => {
      worker.onerror = (event) => reject(new Error(event.message || 'engine.js cannot be loaded'));
    });
    const engine = Comlink.wrap<Engine>(worker);
    const onProgress = Comlink.proxy((loaded: number, size: number | undefined) =>
      onState({ kind: 'loading', loaded, size }),
    );
    const base = new URL('.', document.baseURI).href;
    const info = await Promise.race([engine.load(base, onProgress), broken]);
    onState({ kind: 'ready', engine, info });
  } catch (error) {
    onState({
      kind: 'failed',
      message: `The model cannot be loaded: ${messageOf(error)}. Check the connection, then reload the page.`,
    });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An answer of the engine: the last one stays while a new one is computed. */
export interface Answer<T> {
  readonly value: T | undefined;
  readonly busy: boolean;
  readonly error: string | undefined;
}

/**
 * Asks the engine whenever `key` changes and it is ready. `undefined` as key asks nothing. What is typed is asked for
 * after a pause of the typing.
 */
export function useAnswer<T>(key: string | undefined, ask: (engine: RemoteEngine) => Promise<T>): Answer<T> {
  const state = useContext(EngineContext);
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, busy: false, error: undefined });
  const engine = state.kind === 'ready' ? state.engine : undefined;
  useEffect(() => {
    if (key === undefined) setAnswer({ value: undefined, busy: false, error: undefined });
    if (!engine || key === undefined) return;
    let current = true;
    setAnswer(({ value }) => ({ value, busy: true, error: undefined }));
    const timer = setTimeout(async () => {
      try {
        const value = await ask(engine);
        if (current) setAnswer({ value, busy: false, error: undefined });
      } catch (error) {
        if (current) setAnswer({ value: undefined, busy: false, error: messageOf(error) });
      }
    }, 120);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, engine]);
  return answer;
}
