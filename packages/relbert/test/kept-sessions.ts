import { createHash } from 'node:crypto';
import { nodeRuntime } from '../src/node/runtime.ts';
import type { Runtime, Session } from '../src/runtime/session.ts';

const sessions = new Map<string, Promise<Session>>();

/**
 * ONNX Runtime in this thread, for tests that train: a graph that was loaded before, with the same options and weights, is
 * not loaded again, because loading takes most of the time of a training of a few steps. Sessions hold no state.
 */
export function keptSessions(): Runtime {
  const runtime = nodeRuntime();
  return {
    ...runtime,
    async createSession(model, options = {}) {
      const { initializers = {}, ...settings } = options;
      const hash = createHash('sha256').update(model).update(JSON.stringify(settings));
      for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(initializers)) {
        hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
      }
      const key = hash.digest('hex');
      const loading = sessions.get(key) ?? runtime.createSession(model, options);
      sessions.set(key, loading);
      const session = await loading;
      const dispose = async (): Promise<void> => {};
      return { device: session.device, run: (inputs) => session.run(inputs), dispose, [Symbol.asyncDispose]: dispose };
    },
  };
}
