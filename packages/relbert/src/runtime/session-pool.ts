/** @file Sessions of a graph in several threads, so that runs are computed side by side. */
import type { Device } from './device.ts';
import { RuntimeError } from './error.ts';
import type { Session, SessionOptions, TensorValue, TensorValues } from './session.ts';

/** A thread that loads graphs and runs them one after the other. */
export interface SessionHost {
  /** The model and its weights stay as they are: they may be loaded elsewhere, too. */
  createSession(model: Uint8Array, options: SessionOptions): Promise<Session>;
  /** Why it does no more. */
  readonly lost: Error | undefined;
}

export interface SessionPoolOptions {
  /**
   * The first session computes with all threads: it takes what comes alone, and the others what comes together. They are
   * loaded once runs have waited for others as long as the first took to load. Default false: all are alike, and the next
   * is loaded once the others are busy.
   */
  readonly firstAlone?: boolean;
}

interface Graph {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

/** A host's session of a graph. */
interface Place {
  readonly host: SessionHost;
  readonly session: Session;
  running: number;
}

/** A graph with a session in each of several threads; who asks for little pays for one session alone. */
export class PooledSession implements Session {
  #device: Device | undefined;
  readonly #hosts: readonly SessionHost[];
  readonly #firstAlone: boolean;
  readonly #places: Place[] = [];
  /** Hosts that were asked to load the graph. */
  #asked = 0;
  /** Kept until each host was. */
  #graph: Graph | undefined;
  #opening: Promise<void> | undefined;
  /** Milliseconds that runs may yet wait for others until the next session is loaded. */
  #patience = 0;

  private constructor(hosts: readonly SessionHost[], graph: Graph, firstAlone: boolean) {
    this.#hosts = hosts;
    this.#graph = graph;
    this.#firstAlone = firstAlone;
  }

  static async open(
    hosts: readonly SessionHost[],
    graph: Graph,
    { firstAlone = false }: SessionPoolOptions = {},
  ): Promise<PooledSession> {
    const session = new PooledSession(hosts, graph, firstAlone);
    const start = performance.now();
    await session.#openNext(graph);
    if (firstAlone) session.#patience = performance.now() - start;
    return session;
  }

  get device(): Device {
    return this.#device as Device;
  }

  get parallel(): number {
    if (!this.#firstAlone) return this.#hosts.length;
    return this.#complete ? Math.max(1, this.#places.length - 1) : 1;
  }

  async run(inputs: TensorValues): Promise<Record<string, TensorValue>> {
    const place = this.#nextPlace();
    if (!place) throw new RuntimeError('the graph cannot be run: its session was disposed');
    const waits = place.running > 0;
    if (waits && this.#patience <= 0) this.#openFurther();
    const start = performance.now();
    place.running++;
    try {
      return await place.session.run(inputs);
    } catch (error) {
      if (!place.host.lost) throw error;
      const lost = this.#places.indexOf(place);
      if (lost >= 0) this.#places.splice(lost, 1);
      this.#openFurther();
      await this.#opening;
      if (this.#places.length === 0) throw error;
    } finally {
      place.running--;
      if (waits) this.#patience -= performance.now() - start;
    }
    return this.run(inputs);
  }

  async dispose(): Promise<void> {
    this.#graph = undefined;
    await this.#opening;
    const places = this.#places.splice(0);
    await Promise.all(places.map(({ host, session }) => host.lost ?? session.dispose()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Whether there will be no further session. */
  get #complete(): boolean {
    return !this.#graph && !this.#opening;
  }

  #nextPlace(): Place | undefined {
    const [first, ...others] = this.#places;
    const alone = this.#firstAlone && (!this.#complete || this.#places.every(({ running }) => running === 0));
    if (alone || others.length === 0) return first;
    return (this.#firstAlone ? others : this.#places).reduce((least, place) =>
      place.running < least.running ? place : least,
    );
  }

  /** Loads the graph in the next host that has not been lost. */
  async #openNext(graph: Graph): Promise<void> {
    const host = this.#hosts[this.#asked++] as SessionHost;
    const last = this.#asked === this.#hosts.length;
    if (last) this.#graph = undefined;
    try {
      const session = await host.createSession(graph.model, graph.options);
      this.#device ??= session.device;
      this.#places.push({ host, session, running: 0 });
    } catch (error) {
      if (!host.lost || last) throw error;
      await this.#openNext(graph);
    }
  }

  /** Where there is no memory for a further session, those that are there compute alone. */
  #openFurther(): void {
    const open = async () => {
      try {
        do if (this.#graph) await this.#openNext(this.#graph);
        while (this.#firstAlone && this.#graph);
      } catch {
        this.#graph = undefined;
      }
      this.#opening = undefined;
    };
    if (this.#graph) this.#opening ??= open();
  }
}
