/** @file Sessions in several workers, so that batches are computed side by side. */
import { RuntimeError } from '../runtime/error.ts';
import type { Runtime, Session, SessionOptions, TensorValues } from '../runtime/session.ts';
import { PooledSession, type SessionHost } from '../runtime/session-pool.ts';
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
 * ONNX Runtime does not divide are computed side by side, too.
 *
 * @param ports Those of {@link serveSessions}.
 */
export function sessionPool(ports: readonly MessagePort[]): SessionPool {
  const workers = ports.map((port) => {
    const calls = new RemoteCalls(port, {});
    port.start();
    return calls;
  });
  const hosts = workers.map(sessionHost);
  return {
    name: 'web',
    operators: 'plain',
    mapsFiles: false,
    createSession: (model, options = {}) => PooledSession.open(hosts, { model, options }),
    lose: (worker, error) => workers[worker]?.close(error),
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  };
}

function sessionHost(calls: RemoteCalls): SessionHost {
  return {
    get lost() {
      return calls.closed;
    },
    async createSession(model, options) {
      const session = await calls.call<number>('create', { model, options } satisfies Graph);
      const dispose = async () => calls.call<void>('dispose', session);
      return {
        device: 'wasm',
        run: async (inputs) => calls.call('run', { session, inputs } satisfies RunRequest),
        dispose,
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}
