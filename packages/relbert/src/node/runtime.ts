import { createOnnxSession } from '../runtime/onnx-session.ts';
import type { Runtime } from '../runtime/session.ts';
import { disableTelemetry } from './telemetry.ts';

/**
 * ONNX Runtime in this thread: `run` blocks the event loop while it computes. See `nodeWorkerRuntime` for a
 * runtime that leaves it free.
 */
export function nodeRuntime(): Runtime {
  return {
    name: 'node',
    operators: 'plain',
    async createSession(model, options = {}) {
      disableTelemetry();
      // Loaded when first needed: the native library takes longer to load than the rest of the package.
      return createOnnxSession(await import('onnxruntime-node'), model, options);
    },
    async dispose() {},
  };
}
