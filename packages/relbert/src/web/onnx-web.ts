import type { Device } from '../runtime/device.ts';
import { RuntimeError, reasonOf } from '../runtime/error.ts';
import { createOnnxSession, type OnnxRuntime } from '../runtime/onnx-session.ts';
import type { Runtime } from '../runtime/session.ts';
import { checkAdapter } from './capabilities.ts';
import { cdnBinaries } from './cdn.ts';
import type { WebRuntimeOptions } from './runtime-options.ts';

/** Which form of a transformer's layers a device runs faster. */
export const operatorsFor = (device: Device): Runtime['operators'] => (device === 'webgpu' ? 'fused' : 'plain');

/** A runtime of the module that onnxruntime-web is. */
export function onnxWebRuntime(
  onnx: typeof import('onnxruntime-web/wasm'),
  { device = 'wasm', wasmPaths = cdnBinaries, threads }: WebRuntimeOptions & { readonly device?: 'wasm' | 'webgpu' },
): Runtime {
  return {
    name: 'web',
    operators: operatorsFor(device),
    mapsFiles: false,
    async createSession(model, sessionOptions = {}) {
      if (device === 'webgpu') await checkAdapter();
      const { wasm } = onnx.env;
      wasm.numThreads = threads ?? sessionOptions.threads ?? defaultThreads();
      if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
      const providers = device === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'];
      try {
        const create = () => createOnnxSession(onnx as OnnxRuntime, model, sessionOptions, { device, providers });
        return await (device === 'webgpu' ? inTurn(create) : create());
      } catch (error) {
        throw wasmMissing(error) ?? error;
      }
    },
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** onnxruntime-web refuses to make a WebGPU session while it makes another: each waits for the one before. */
let latest: Promise<unknown> = Promise.resolve();
function inTurn<T>(create: () => Promise<T>): Promise<T> {
  const created = latest.then(create, create);
  latest = created;
  return created;
}

function defaultThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.min(4, Math.max(2, Math.ceil(navigator.hardwareConcurrency / 2)));
}

/** The failure to load the binary as users can act on it; undefined for any other error. */
function wasmMissing(error: unknown): RuntimeError | undefined {
  const reason = reasonOf(error);
  if (!reason.includes('no available backend') && !reason.includes('initWasm')) return undefined;
  return new RuntimeError(
    `onnxruntime-web cannot load its binary (${reason}): put ort-wasm-simd-threaded.wasm and .mjs of onnxruntime-web's dist ` +
      'where the page can fetch them, and name their folder in runtime.wasmPaths',
    { cause: error },
  );
}
