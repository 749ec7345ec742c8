import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { checkDevice, type Device, type DeviceChoice } from '../runtime/device.ts';
import { RuntimeError } from '../runtime/error.ts';
import type { Runtime, Session, SessionOptions, TensorData, TensorValue, TensorValues } from '../runtime/session.ts';
import { PooledSession, type SessionHost } from '../runtime/session-pool.ts';
import { mapsFiles, type NodeRuntimeOptions } from './runtime.ts';
import { disableTelemetry } from './telemetry.ts';
import { busy, exiting, type WorkerRequest, type WorkerResponse, type WorkerState } from './worker-message.ts';

/** A request without its number. */
type Question = WorkerRequest extends infer R ? (R extends WorkerRequest ? Omit<R, 'id'> : never) : never;

/**
 * ONNX Runtime in a thread of its own: the event loop stays free while it computes. The thread starts with the first
 * session, holds all sessions of this runtime and runs them one after the other; further ones hold the `copies` of a graph
 * on the processor. None keeps the process alive while nothing is asked of it. Inputs are copied to a thread, results are
 * moved back.
 */
export function nodeWorkerRuntime({ device = 'auto' }: NodeRuntimeOptions = {}): Runtime {
  checkDevice(device);
  const started: SessionThread[] = [];
  const threadAt = (place: number): SessionThread => {
    started[place] ??= new SessionThread(device);
    return started[place];
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((thread) => thread?.end()));
  };
  return {
    name: 'node-worker',
    operators: device === 'webgpu' ? 'fused' : 'plain',
    mapsFiles: mapsFiles(device),
    async createSession(model, { copies = 0, checkFiles, ...options } = {}) {
      const { threads = availableParallelism() } = options;
      const helpers = device === 'auto' || device === 'cpu' ? Math.min(copies, threads) : 0;
      if (helpers < 2) return threadAt(0).createSession(model, options, 'move');
      const share = { ...options, threads: Math.floor(threads / helpers) };
      const hosts = Array.from({ length: helpers + 1 }, (_, place): SessionHost => {
        let thread: SessionThread | undefined;
        return {
          get lost() {
            return thread?.ended;
          },
          async createSession(model) {
            thread = threadAt(place);
            const session = await thread.createSession(model, place === 0 ? options : share, 'copy');
            try {
              if (place > 0) await checkFiles?.();
            } catch (error) {
              await session.dispose();
              throw error;
            }
            return session;
          },
        };
      });
      return PooledSession.open(hosts, { model, options }, { firstAlone: true });
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** How long the exit of the process waits for a run, in milliseconds. */
const longestExit = 30_000;

class SessionThread {
  readonly #worker: Worker;
  readonly #flags = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #waiting = new Map<
    number,
    { resolve: (response: WorkerResponse) => void; reject: (error: Error) => void }
  >();
  #requests = 0;
  #ended: RuntimeError | undefined;

  /** Of all threads that run. */
  static readonly #all = new Set<SessionThread>();
  static readonly #leave = () => {
    for (const thread of SessionThread.#all) Atomics.store(thread.#flags, exiting, 1);
    for (const thread of SessionThread.#all) Atomics.wait(thread.#flags, busy, 1, longestExit);
  };

  constructor(device: DeviceChoice) {
    disableTelemetry();
    this.#worker = startThread({ flags: this.#flags, device });
    if (SessionThread.#all.size === 0) process.on('exit', SessionThread.#leave);
    SessionThread.#all.add(this);
    this.#worker.unref();
    this.#worker.on('message', (response: WorkerResponse) => this.#settle(response));
    this.#worker.on('error', (cause) => this.#fail(threadError(cause)));
    this.#worker.on('exit', () => this.#fail(new RuntimeError('the session thread has ended')));
  }

  /** Why it does no more. */
  get ended(): RuntimeError | undefined {
    return this.#ended;
  }

  /** @param data Whether the model and its weights are moved to the thread, or copied. */
  async createSession(model: Uint8Array, options: SessionOptions, data: 'move' | 'copy'): Promise<Session> {
    const { question, transfer } = creation(model, options);
    const response = await this.ask(question, data === 'move' ? transfer : []);
    if (response.kind !== 'created') throw new RuntimeError(`unexpected answer '${response.kind}'`);
    return new RemoteSession(this, response.session, response.device);
  }

  async ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<WorkerResponse> {
    if (this.#ended) throw this.#ended;
    const id = ++this.#requests;
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }

  /** After what was asked before. */
  async end(): Promise<void> {
    if (this.#ended) return;
    await this.ask({ kind: 'close' });
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #settle(response: WorkerResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (response.kind === 'failed') {
      waiting?.reject(new RuntimeError(response.message, { cause: response.cause }));
    } else waiting?.resolve(response);
  }

  #fail(error: RuntimeError): void {
    this.#ended ??= error;
    SessionThread.#all.delete(this);
    if (SessionThread.#all.size === 0) process.off('exit', SessionThread.#leave);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

class RemoteSession implements Session {
  readonly device: Device;
  readonly #thread: SessionThread;
  readonly #session: number;
  #disposed = false;

  constructor(thread: SessionThread, session: number, device: Device) {
    this.device = device;
    this.#thread = thread;
    this.#session = session;
  }

  async run(inputs: TensorValues): Promise<Record<string, TensorValue>> {
    if (this.#disposed) throw new RuntimeError('the graph cannot be run: its session was disposed');
    const entries = Object.entries(inputs).map(([name, value]) => [name, { ...value, data: compact(value.data) }]);
    const response = await this.#thread.ask({
      kind: 'run',
      session: this.#session,
      inputs: Object.fromEntries(entries),
    });
    if (response.kind !== 'results') throw new RuntimeError(`unexpected answer '${response.kind}'`);
    return response.results;
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      await this.#thread.ask({ kind: 'release', session: this.#session });
    } catch {
      // The thread has ended, and its sessions with it.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Moves the model and its weights where they own their buffers, copies them where they are part of a larger one. */
function creation(model: Uint8Array, options: SessionOptions): { question: Question; transfer: ArrayBuffer[] } {
  const initializers = Object.entries(options.initializers ?? {}).map(([name, data]) => [name, compact(data)] as const);
  const question: Question = {
    kind: 'create',
    model: compact(model) as Uint8Array,
    options: { ...options, initializers: Object.fromEntries(initializers) },
  };
  const buffers = [question.model, ...initializers.map(([, data]) => data)].map(({ buffer }) => buffer);
  return { question, transfer: [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer) };
}

/** A clone of a view clones all of its buffer: a part of one is cut out first. */
function compact(data: TensorData): TensorData {
  return data.byteLength === data.buffer.byteLength ? data : data.slice();
}

/**
 * Starts the thread from the module beside this one. Bundlers know the form `new Worker(new URL(…))` and carry the
 * module along. In a checkout (tests, benches) the built module runs, because Node 20 reads no TypeScript.
 */
function startThread(workerData: WorkerState): Worker {
  const here: string | undefined = import.meta.url; // a bundler that writes CommonJS leaves it out
  if (here === undefined) throw new RuntimeError(`the module of the session thread cannot be found: ${bundlerCure}`);
  // `node --input-type=module --eval` passes its flag on, and a worker whose code is a file refuses it.
  const inherited = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  const options = { workerData, ...(inherited && { execArgv: [] }) };
  if (here.endsWith('.ts')) {
    return new Worker(new URL(here.replace(/src\/node\/worker\.ts$/, 'dist/node/worker-thread.js')), options);
  }
  return new Worker(new URL('./worker-thread.js', import.meta.url), options);
}

/** The failure of the thread as users can act on it: a bundler may have left its module out. */
function threadError(cause: Error): RuntimeError {
  const { code } = cause as { readonly code?: unknown };
  const missing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || code === 'ENOENT';
  if (!missing || !cause.message.includes('worker-thread')) {
    return new RuntimeError(`the session thread failed: ${cause.message}`, { cause });
  }
  const folder = dirname(fileURLToPath(import.meta.url));
  return new RuntimeError(`the module of the session thread, worker-thread.js, is not in ${folder}: ${bundlerCure}`, {
    cause,
  });
}

const bundlerCure =
  "if a bundler put relbert into its output, mark 'relbert' and 'onnxruntime-node' as external, " +
  'or load the encoder with { worker: false }';
