// Apart from the runtime, so that the types of the library name no package that is optional.

export interface WebRuntimeOptions {
  /**
   * 'webgpu' computes on the graphics processor, with what it lacks on the CPU; 'wasm' on the CPU.
   * Default 'auto', which is 'wasm': what a relation encoder does with a few short prompts is over before a graphics
   * processor has compiled its first kernel.
   */
  readonly device?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /**
   * Where the files `ort-wasm-simd-threaded*.wasm` of onnxruntime-web lie: the URL of their folder, or of
   * the files. Default: where the bundler put them, else beside the script, or on the CDN that the script is from.
   */
  readonly wasmPaths?: string | { readonly wasm?: string; readonly mjs?: string } | undefined;
  /**
   * In a page that computes in a worker on the CPU: how many batches are computed side by side, each in a worker with the
   * weights in its memory; those after the first take them once the others are busy. Default: 2, or 1 where there is one
   * processor. Else threads of all sessions; above 1 only on pages that are cross-origin isolated. Default: 1, or half of
   * the processors (2 to 4) on such a page.
   */
  readonly threads?: number | undefined;
}
