import { parentPort, workerData } from 'node:worker_threads';
import type { Session } from '../runtime/session.ts';
import { nodeRuntime } from './runtime.ts';
import { busy, exiting, type WorkerRequest, type WorkerResponse, type WorkerState } from './worker-message.ts';

/** The thread of `nodeWorkerRuntime`: holds sessions and answers requests one after the other. */
if (parentPort) serve(parentPort, workerData as WorkerState);

function serve(port: NonNullable<typeof parentPort>, { flags, device }: WorkerState): void {
  const runtime = nodeRuntime({ device });
  const sessions = new Map<number, Session>();
  let last = Promise.resolve();

  async function answer(request: WorkerRequest): Promise<WorkerResponse> {
    const { id } = request;
    if (request.kind === 'create') {
      const session = await runtime.createSession(request.model, request.options);
      sessions.set(id, session);
      return { id, kind: 'created', session: id, device: session.device };
    }
    if (request.kind === 'run') {
      const session = sessions.get(request.session);
      if (!session) throw new Error(`there is no session ${request.session}`);
      return { id, kind: 'results', results: await session.run(request.inputs) };
    }
    const released = request.kind === 'release' ? [request.session] : [...sessions.keys()];
    for (const key of released) {
      await sessions.get(key)?.dispose();
      sessions.delete(key);
    }
    return { id, kind: 'done' };
  }

  async function respond(request: WorkerRequest): Promise<void> {
    Atomics.store(flags, busy, 1);
    try {
      if (Atomics.load(flags, exiting) === 1) return;
      const response = await answer(request);
      port.postMessage(response, buffersOf(response));
    } catch (error) {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id: request.id, kind: 'failed', message, cause } satisfies WorkerResponse);
    } finally {
      Atomics.store(flags, busy, 0);
      Atomics.notify(flags, busy);
    }
  }

  port.on('message', (request: WorkerRequest) => {
    last = last.then(() => respond(request));
  });
}

function buffersOf(response: WorkerResponse): ArrayBuffer[] {
  if (response.kind !== 'results') return [];
  const buffers = Object.values(response.results).map(({ data }) => data.buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
