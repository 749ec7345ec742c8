import { checkDevice } from '../runtime/device.ts';
import { RuntimeError, reasonOf } from '../runtime/error.ts';
import { createOnnxSession, type OnnxRuntime } from '../runtime/onnx-session.ts';
import type { Runtime } from '../runtime/session.ts';

export interface WebRuntimeOptions {
  /**
   * 'webgpu' computes on the graphics processor, with what it lacks on the CPU; 'wasm' on the CPU.
   * Default 'auto', which is 'wasm': what a relation encoder does with a few short prompts is over before a graphics
   * processor has compiled its first kernel.
   */
  readonly device?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /**
   * Where the files `ort-wasm-simd-threaded*.wasm` of onnxruntime-web lie: the URL of their folder, or of
   * the files. Default: beside the script.
   */
  readonly wasmPaths?: string | { readonly wasm?: string; readonly mjs?: string };
  /** Threads of all sessions; above 1 only on pages that are cross-origin isolated. Default: 1, or as many as the runtime chooses on such a page. */
  readonly threads?: number;
}

/**
 * ONNX Runtime compiled to WebAssembly, for browsers; it runs in Node too. All settings are those of the page:
 * the first session fixes them.
 *
 * @throws RuntimeError for a device that a page does not have; `createSession` where onnxruntime-web is not installed
 */
export function webRuntime(options: WebRuntimeOptions = {}): Runtime {
  const { device: choice = 'auto', wasmPaths, threads } = options;
  checkDevice(choice, ['auto', 'wasm', 'webgpu']);
  const device = choice === 'auto' ? 'wasm' : choice;
  if (device === 'webgpu' && !hasWebGpu()) {
    throw new RuntimeError("device 'webgpu' is not available here (navigator.gpu is missing); available: wasm");
  }
  return {
    name: 'web',
    operators: device === 'webgpu' ? 'fused' : 'plain',
    async createSession(model, sessionOptions = {}) {
      const runtime = await onnxRuntimeWeb(device);
      const { wasm } = runtime.env;
      // Without a number it counts processors, for which it needs a bundler's `require` outside of browsers.
      const count = threads ?? sessionOptions.threads ?? (globalThis.crossOriginIsolated ? undefined : 1);
      if (count !== undefined) wasm.numThreads = count;
      if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
      const providers = device === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'];
      return createOnnxSession(runtime as OnnxRuntime, model, sessionOptions, { device, providers });
    },
    async dispose() {},
  };
}

async function onnxRuntimeWeb(device: 'wasm' | 'webgpu') {
  try {
    return device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  } catch (cause) {
    throw new RuntimeError(
      `device '${device}' needs onnxruntime-web: npm install onnxruntime-web (${reasonOf(cause)})`,
      { cause },
    );
  }
}

/** Whether this page can reach a graphics processor. */
export function hasWebGpu(): boolean {
  return typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu !== undefined;
}
