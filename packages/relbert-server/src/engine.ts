/** @file The server's side of the worker process: starts it, asks it, and replaces it when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UsageError } from 'relbert/cli';
import { Problem, serverFault, unavailable } from './problem.ts';
import type { FromWorker, ToWorker, WorkerInfo, WorkerSpec } from './worker-message.ts';

export type EngineEvent =
  /** Something that the library says to a person. */
  | { readonly kind: 'note'; readonly message: string }
  /** An operation failed through no fault of the client. */
  | { readonly kind: 'fault'; readonly operation: string; readonly detail: string }
  /** The worker ended (with which exit code or signal), and a new one starts. */
  | { readonly kind: 'replaced'; readonly reason: string; readonly requests: number };

interface Job {
  readonly operation: string;
  readonly body: unknown;
  readonly resolve: (json: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  /** Workers that ended while they had it. */
  losses: number;
}

/** A request that goes down with so many workers is likely why they end. */
const mostLosses = 3;
/** Milliseconds between questions whether the worker is alive, and until a silent one is killed. */
const pingEvery = 5000;
const silence = 30_000;
/** Milliseconds that a worker has to end: one that still loads has nothing to finish. */
const farewell = { loaded: 5000, loading: 500 };
/** Milliseconds until a worker that could not load is started again: doubled each time up to the second. */
const pauses = [250, 30_000] as const;

export class Engine {
  /** What the first worker loaded. @throws UsageError or Error where nothing can be loaded, Problem where `close` comes before */
  readonly loaded: Promise<WorkerInfo>;
  readonly #spec: WorkerSpec;
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #jobs = new Map<number, Job>();
  /** Jobs that the worker has not got. */
  #unsent = new Set<number>();
  readonly #watch: NodeJS.Timeout;
  #worker: ChildProcess;
  #ready = false;
  #closing: Promise<void> | undefined;
  #next = 0;
  #heard = 0;
  #pause: number = pauses[0];
  #restart: NodeJS.Timeout | undefined;
  #settle: { resolve(info: WorkerInfo): void; reject(error: Error): void } | undefined;

  constructor(spec: WorkerSpec, onEvent: (event: EngineEvent) => void) {
    this.#spec = spec;
    this.#onEvent = onEvent;
    this.loaded = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever awaits it hears of the failure; nobody has to.
    this.loaded.catch(() => {});
    this.#worker = this.#start();
    this.#watch = setInterval(() => this.#ping(), pingEvery).unref();
  }

  /** Whether a worker is there that has loaded everything. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The process id of the worker. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /**
   * The JSON (UTF-8) that answers a request. A worker that dies meanwhile is replaced, and the new one is asked.
   * @throws Problem; the signal's reason when aborted
   */
  run(operation: string, body: unknown, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.#closing) throw ended();
    const id = this.#next++;
    return new Promise<Uint8Array>((resolve, reject) => {
      const job: Job = { operation, body, resolve, reject, losses: 0 };
      this.#jobs.set(id, job);
      this.#unsent.add(id);
      if (this.#unsent.size === 1) setImmediate(() => this.#sendJobs());
      signal.addEventListener(
        'abort',
        () => {
          if (!this.#jobs.delete(id)) return;
          if (!this.#unsent.delete(id)) this.#send({ kind: 'cancel', id });
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  }

  /** Ends the worker, also while it loads; what it has not answered fails. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearInterval(this.#watch);
    clearTimeout(this.#restart);
    this.#settle?.reject(ended());
    this.#settle = undefined;
    for (const { reject } of this.#jobs.values()) reject(ended());
    this.#jobs.clear();
    this.#unsent.clear();
    const worker = this.#worker;
    // One without a process id was never started.
    if (worker.pid === undefined || worker.exitCode !== null || worker.signalCode !== null) return;
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    if (worker.connected) worker.disconnect();
    const kill = setTimeout(() => worker.kill('SIGKILL'), this.#ready ? farewell.loaded : farewell.loading);
    await exit;
    clearTimeout(kill);
  }

  #start(): ChildProcess {
    const worker = fork(workerFile(), {
      execArgv: [],
      serialization: 'advanced',
      // The worker's words are messages; what native code prints goes to standard error.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.once('exit', (code, signal) => this.#replace(signal ?? `exit code ${code}`));
    // A worker that cannot be reached exits, too; one that cannot be started never does.
    worker.on('error', ({ message }) => worker.pid === undefined && this.#replace(message));
    worker.send({ kind: 'load', spec: this.#spec } satisfies ToWorker, () => {});
    return worker;
  }

  #sendJobs(): void {
    if (!this.#ready || this.#unsent.size === 0) return;
    const jobs = [...this.#unsent].map((id) => {
      const { operation, body } = this.#jobs.get(id) as Job;
      return { id, operation, body };
    });
    this.#unsent.clear();
    this.#send({ kind: 'run', jobs });
  }

  #send(message: ToWorker): void {
    if (this.#worker.connected) this.#worker.send(message, () => {});
  }

  #hear(message: FromWorker): void {
    this.#heard = performance.now();
    switch (message.kind) {
      case 'loaded':
        this.#ready = true;
        this.#pause = pauses[0];
        this.#settle?.resolve(message.info);
        this.#settle = undefined;
        this.#sendJobs();
        break;
      case 'failed':
        if (this.#settle) {
          this.#settle.reject(message.usage ? new UsageError(message.message) : new Error(message.message));
          void this.close();
        } else {
          this.#onEvent({ kind: 'note', message: message.message });
          this.#worker.kill('SIGKILL');
        }
        break;
      case 'answers':
        for (const { id, json } of message.answers) this.#take(id)?.resolve(json);
        break;
      case 'refusal': {
        const job = this.#take(message.id);
        if (message.fault === 'client') job?.reject(new Problem(422, message.detail));
        else if (job) {
          this.#onEvent({ kind: 'fault', operation: job.operation, detail: message.detail });
          job.reject(message.fault === 'database' ? unavailable('the index cannot be reached') : serverFault());
        }
        break;
      }
      case 'note':
        this.#onEvent(message);
        break;
      case 'pong':
        break;
    }
  }

  #take(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    return job;
  }

  #replace(reason: string): void {
    if (this.#closing) return;
    if (this.#settle) {
      this.#settle.reject(new Error(`the worker process ended while it loaded the model (${reason})`));
      void this.close();
      return;
    }
    const wasReady = this.#ready;
    this.#ready = false;
    this.#onEvent({ kind: 'replaced', reason, requests: this.#jobs.size });
    for (const [id, job] of this.#jobs) {
      if (wasReady && ++job.losses >= mostLosses) {
        this.#jobs.delete(id);
        job.reject(serverFault());
      }
    }
    this.#unsent = new Set(this.#jobs.keys());
    if (wasReady) this.#worker = this.#start();
    else {
      this.#pause = Math.min(pauses[1], 2 * this.#pause);
      this.#restart = setTimeout(() => {
        this.#worker = this.#start();
      }, this.#pause);
    }
  }

  /** A worker that says nothing for long hangs. */
  #ping(): void {
    if (!this.#ready) return;
    if (performance.now() - this.#heard > silence) this.#worker.kill('SIGKILL');
    else this.#send({ kind: 'ping' });
  }
}

function ended(): Problem {
  return unavailable('the server is stopping');
}

/** In a checkout (tests, benches) the built worker runs, because Node 20 reads no TypeScript. */
function workerFile(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../dist/' : './';
  return fileURLToPath(new URL(`${folder}worker.js`, import.meta.url));
}
