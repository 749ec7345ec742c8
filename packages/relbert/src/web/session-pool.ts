/** @file Sessions in several workers, so that batches are computed side by side. */
import { RuntimeError } from '../runtime/error.ts';
import type { Runtime, Session, SessionOptions, TensorValue, TensorValues } from '../runtime/session.ts';
import { RemoteCalls } from './remote-calls.ts';

interface Graph {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

interface RunRequest {
  readonly session: number;
  readonly inputs: TensorValues;
}

/** A runtime of several workers. */
export interface SessionPool extends Runtime {
  /** A worker has ended, or its script could not be loaded: the others do its work. */
  lose(worker: number, error: Error): void;
}

/** A worker's side of {@link sessionPool}. */
export function serveSessions(port: MessagePort, runtime: Runtime): void {
  const sessions: Session[] = [];
  const at = (place: number): Session => {
    const session = sessions[place];
    if (!session) throw new RuntimeError(`there is no session ${place}`);
    return session;
  };
  new RemoteCalls(port, {
    create: async ({ model, options }: Graph) => sessions.push(await runtime.createSession(model, options)) - 1,
    run: ({ session, inputs }: RunRequest) => at(session).run(inputs),
    dispose: (session: number) => at(session).dispose(),
  });
  port.start();
}

/**
 * ONNX Runtime in workers, each with a session of a graph on one thread: no shared memory is needed, and operators that
 * ONNX Runtime does not divide are computed side by side, too. A graph is loaded in a further worker once the others are
 * busy, so that who asks for little pays for one session alone.
 *
 * @param ports Those of {@link serveSessions}.
 */
export function sessionPool(ports: readonly MessagePort[]): SessionPool {
  const workers = ports.map((port) => {
    const calls = new RemoteCalls(port, {});
    port.start();
    return calls;
  });
  return {
    name: 'web',
    operators: 'plain',
    mapsFiles: false,
    parallel: workers.length,
    createSession: (model, options = {}) => PooledSession.open(workers, { model, options }),
    lose: (worker, error) => workers[worker]?.close(error),
    async dispose() {},
  };
}

/** A worker's session of a graph. */
interface Place {
  readonly calls: RemoteCalls;
  readonly session: number;
  running: number;
}

class PooledSession implements Session {
  readonly device = 'wasm';
  readonly #workers: readonly RemoteCalls[];
  readonly #places: Place[] = [];
  /** Workers that were asked to load the graph. */
  #asked = 0;
  /** Kept until each worker was. */
  #graph: Graph | undefined;
  #opening: Promise<void> | undefined;

  private constructor(workers: readonly RemoteCalls[], graph: Graph) {
    this.#workers = workers;
    this.#graph = graph;
  }

  static async open(workers: readonly RemoteCalls[], graph: Graph): Promise<PooledSession> {
    const session = new PooledSession(workers, graph);
    await session.#openNext(graph);
    return session;
  }

  async run(inputs: TensorValues): Promise<Record<string, TensorValue>> {
    const least = Math.min(...this.#places.map(({ running }) => running));
    const place = this.#places.find(({ running }) => running === least);
    if (!place) throw new RuntimeError('the graph cannot be run: its session was disposed');
    if (place.running > 0 && this.#graph) this.#opening ??= this.#openFurther(this.#graph);
    place.running++;
    try {
      return await place.calls.call('run', { session: place.session, inputs } satisfies RunRequest);
    } catch (error) {
      if (!place.calls.closed) throw error;
      const lost = this.#places.indexOf(place);
      if (lost >= 0) this.#places.splice(lost, 1);
      if (this.#graph) this.#opening ??= this.#openFurther(this.#graph);
      await this.#opening;
      if (this.#places.length === 0) throw error;
    } finally {
      place.running--;
    }
    return this.run(inputs);
  }

  async dispose(): Promise<void> {
    this.#graph = undefined;
    await this.#opening;
    const places = this.#places.splice(0);
    await Promise.all(places.map(async ({ calls, session }) => calls.closed || calls.call('dispose', session)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Loads the graph in the next worker that has not been lost. */
  async #openNext(graph: Graph): Promise<void> {
    const calls = this.#workers[this.#asked++] as RemoteCalls;
    const last = this.#asked === this.#workers.length;
    if (last) this.#graph = undefined;
    try {
      const session = await calls.call<number>('create', graph);
      this.#places.push({ calls, session, running: 0 });
    } catch (error) {
      if (!calls.closed || last) throw error;
      await this.#openNext(graph);
    }
  }

  /** Where the browser has no memory for a further session, those that are there compute alone. */
  async #openFurther(graph: Graph): Promise<void> {
    try {
      await this.#openNext(graph);
      this.#opening = undefined;
    } catch {
      this.#graph = undefined;
    }
  }
}
