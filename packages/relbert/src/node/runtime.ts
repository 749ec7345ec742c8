import { checkDevice, type Device, type DeviceChoice, missingDevice } from '../runtime/device.ts';
import { RuntimeError } from '../runtime/error.ts';
import { createOnnxSession } from '../runtime/onnx-session.ts';
import type { Runtime, Session, SessionOptions } from '../runtime/session.ts';
import { MissingPackageError } from '../text/missing-package-error.ts';
import { availableDevices, deviceProblem, nativeRuntime } from './device.ts';

export interface NodeRuntimeOptions {
  /** Default `auto`: the CPU, or WASM where onnxruntime-node has no binary. */
  readonly device?: DeviceChoice | undefined;
}

type CreateSession = (model: Uint8Array, options: SessionOptions) => Promise<Session>;

/**
 * ONNX Runtime in this thread: `run` blocks the event loop while it computes. See `nodeWorkerRuntime` for a
 * runtime that leaves it free.
 *
 * @throws RuntimeError for an unknown device; `createSession` for a device that is not there, with those that are
 */
export function nodeRuntime({ device = 'auto' }: NodeRuntimeOptions = {}): Runtime {
  checkDevice(device);
  let opened: Promise<CreateSession> | undefined;
  return {
    name: 'node',
    operators: device === 'webgpu' ? 'fused' : 'plain',
    mapsFiles: mapsFiles(device),
    async createSession(model, options = {}) {
      opened ??= openDevice(device);
      return (await opened)(model, options);
    },
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** Windows does not let a mapped file be replaced. */
export function mapsFiles(device: DeviceChoice): boolean {
  return (device === 'auto' || device === 'cpu') && process.platform !== 'win32';
}

async function openDevice(choice: DeviceChoice): Promise<CreateSession> {
  if (choice === 'wasm') return openWasm();
  const device: Device = choice === 'auto' ? 'cpu' : choice;
  try {
    const native = await nativeRuntime();
    const problem = await deviceProblem(native, device);
    if (problem !== undefined) throw missingDevice(device, problem, await availableDevices());
    const providers = device === 'cpu' ? ['cpu'] : [device, 'cpu'];
    return (model, options) => createOnnxSession(native, model, options, { device, providers });
  } catch (error) {
    if (choice !== 'auto') throw error;
    return openWasm(error);
  }
}

/** @param native Why the native runtime cannot be used. */
async function openWasm(native?: unknown): Promise<CreateSession> {
  const { webRuntime } = await import('../web/runtime.ts');
  const runtime = webRuntime();
  return async (model, options) => {
    try {
      return await runtime.createSession(model, options);
    } catch (error) {
      if (native === undefined || !(error instanceof MissingPackageError)) throw error;
      throw new RuntimeError(`${(native as Error).message}; ${error.message}`, { cause: error });
    }
  };
}
