import { RuntimeError } from '../runtime/error.ts';
import { createOnnxSession, type OnnxRuntime } from '../runtime/onnx-session.ts';
import type { Runtime } from '../runtime/session.ts';

export interface WebRuntimeOptions {
  /**
   * 'webgpu' computes on the graphics processor, with what it lacks on the CPU; 'wasm' on the CPU.
   * Default 'wasm': what a relation encoder does with a few short prompts is over before a graphics processor has
   * compiled its first kernel.
   */
  readonly backend?: 'wasm' | 'webgpu';
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
 */
export function webRuntime(options: WebRuntimeOptions = {}): Runtime {
  const { backend = 'wasm', wasmPaths, threads } = options;
  if (backend === 'webgpu' && !hasWebGpu()) {
    throw new RuntimeError("there is no WebGPU here (navigator.gpu is missing): use backend 'wasm'");
  }
  return {
    name: backend,
    operators: backend === 'webgpu' ? 'fused' : 'plain',
    async createSession(model, sessionOptions = {}) {
      const runtime =
        backend === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
      const { wasm } = runtime.env;
      // Without a number it counts processors, for which it needs a bundler's `require` outside of browsers.
      const count = threads ?? sessionOptions.threads ?? (globalThis.crossOriginIsolated ? undefined : 1);
      if (count !== undefined) wasm.numThreads = count;
      if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
      const providers = backend === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'];
      return createOnnxSession(runtime as OnnxRuntime, model, sessionOptions, providers);
    },
    async dispose() {},
  };
}

/** Whether this page can reach a graphics processor. */
export function hasWebGpu(): boolean {
  return typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu !== undefined;
}
