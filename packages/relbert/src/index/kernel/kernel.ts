import { kernelBytes } from './bytes.ts';

/** The loops of `kernel.wat`. Pointers are byte addresses in the memory. */
export interface Kernel {
  scores(rows: number, n: number, width: number, query: number, scales: number, scale: number, scores: number): void;
  scan(
    codes: number,
    n: number,
    block: number,
    factors: number,
    terms: number,
    tables: number,
    unit: number,
    offset: number,
    base: number,
    least: number,
    found: number,
  ): number;
  checksum(bytes: number, words: number): bigint;
}

export const pageBytes = 65_536;
const maximumPages = 65_536;
let compiled: WebAssembly.Module | undefined;

/** The kernel over a memory. @throws Error where the machine has no WebAssembly SIMD */
export function instantiate(bytes: number): { readonly kernel: Kernel; readonly memory: WebAssembly.Memory } {
  compiled ??= compile();
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: maximumPages });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { kernel: exports as unknown as Kernel, memory };
}

function compile(): WebAssembly.Module {
  const bytes = Uint8Array.from(atob(kernelBytes), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) {
    throw new Error('the index needs WebAssembly with SIMD, which this browser or runtime does not have');
  }
  return new WebAssembly.Module(bytes);
}
