import { checkDevice, missingDevice } from '../runtime/device.ts';
import { RuntimeError } from '../runtime/error.ts';

/** Whether this page can reach a graphics processor. */
export function hasWebGpu(): boolean {
  return typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu !== undefined;
}

/** The device that a choice means. @throws RuntimeError for a device that this page does not have */
export function webDevice(choice: 'auto' | 'wasm' | 'webgpu' = 'auto'): 'wasm' | 'webgpu' {
  checkDevice(choice, ['auto', 'wasm', 'webgpu']);
  if (choice === 'webgpu' && !hasWebGpu()) throw missingDevice('webgpu', 'navigator.gpu is missing', ['wasm']);
  return choice === 'webgpu' ? 'webgpu' : 'wasm';
}

/**
 * The interface may be there without a graphics processor, and onnxruntime-web then computes on the processor silently.
 * @throws RuntimeError where there is none
 */
export async function checkAdapter(): Promise<void> {
  const { gpu } = navigator as Navigator & { readonly gpu?: { requestAdapter(): Promise<unknown> } };
  if (!(await gpu?.requestAdapter())) throw missingDevice('webgpu', 'there is no graphics adapter', ['wasm']);
}

/** A module with a single function: () => v128, i8x16.splat(i32.const 0). */
const simdModule = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
];

/** @throws RuntimeError where WebAssembly is missing, or has no vector instructions */
export function checkSimd(): void {
  const missing =
    typeof WebAssembly === 'undefined'
      ? 'WebAssembly (it may be switched off, or forbidden by a content security policy)'
      : WebAssembly.validate(Uint8Array.from(simdModule))
        ? undefined
        : 'vector instructions in WebAssembly (SIMD)';
  if (missing === undefined) return;
  throw new RuntimeError(
    `this browser has no ${missing}, which encoding needs; Chrome and Edge 91, Firefox 89, Safari 16.4 and newer have them`,
  );
}
