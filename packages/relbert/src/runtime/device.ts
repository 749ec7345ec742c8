/** @file The devices that graphs run on, and the checks that need no runtime. */

import { suggestion } from '../text/nearest-name.ts';
import { RuntimeError } from './error.ts';

/**
 * - `cpu`: the native runtime on the processor.
 * - `webgpu`: a graphics processor through WebGPU, in Node and in browsers.
 * - `cuda` (NVIDIA, Linux), `dml` (DirectML, Windows), `coreml` (macOS): as onnxruntime-node offers them.
 * - `wasm`: onnxruntime-web on the processor, in browsers and where onnxruntime-node has no binary.
 */
export const devices = ['cpu', 'webgpu', 'cuda', 'coreml', 'dml', 'wasm'] as const;

export type Device = (typeof devices)[number];

/** `auto`: the native runtime on the processor, or WASM where there is none. A graphics processor has to be named. */
export type DeviceChoice = 'auto' | Device;

/** @throws RuntimeError for a name that is not a device, with the near one */
export function checkDevice(name: string, known: readonly DeviceChoice[] = ['auto', ...devices]): void {
  if (known.some((device) => device === name)) return;
  throw new RuntimeError(`unknown device '${name}'${suggestion(name, known)}; devices: ${known.join(', ')}`);
}

/** A device that is not there. @param reason why, as the runtime says it */
export function missingDevice(device: Device, reason: string, there: readonly Device[], cause?: unknown): RuntimeError {
  return new RuntimeError(`device '${device}' is not available here (${reason}); available: ${there.join(', ')}`, {
    cause,
  });
}
