import { kernelBytes } from './bytes.ts';

/**
 * The loops of `kernels.wat`: AdamW, gradient norms, weighted sums and dropout masks with SIMD over a WebAssembly memory.
 * Pointers are byte addresses in that memory, multiples of 16; counts are of float32 values.
 */
export interface Kernels {
  /** One AdamW step over n (a multiple of 4) values; the arithmetic is in kernels.wat. */
  adamw(
    weights: number,
    firstMoment: number,
    secondMoment: number,
    gradient: number,
    n: number,
    gradientScale: number,
    decay: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    rate: number,
    correction: number,
    epsilon: number,
  ): void;
  /** Σ x² over n (a multiple of 4, at most 4,096 for full precision) values. */
  sumSquares(x: number, n: number): number;
  /** y = y · a + x · b over n (a multiple of 4) values. */
  blend(y: number, x: number, n: number, a: number, b: number): void;
  /** n (a multiple of 8) values, 0 with probability threshold / 65536 and `keep` otherwise, under a 64-bit key. */
  dropoutMask(y: number, n: number, keyLow: number, keyHigh: number, threshold: number, keep: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernels over a memory. The module is compiled once (under 1 KB, so that browsers allow it at once). */
export function createKernels(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(kernelBytes), (character) => character.charCodeAt(0)));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
}

/** Bytes of one page of a WebAssembly memory. */
export const pageBytes = 65_536;

/** The most pages that a 32-bit WebAssembly memory can have: 4 GiB. */
export const maximumPages = 65_536;
