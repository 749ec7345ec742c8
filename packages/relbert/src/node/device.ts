/**
 * @file Which devices onnxruntime-node can use here. It refuses some that are missing and silently computes on the CPU for
 * others, so each is tried with a small graph before it counts.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { probeModel } from '../graph/probe.ts';
import type { Device } from '../runtime/device.ts';
import { RuntimeError, reasonOf } from '../runtime/error.ts';
import type { OnnxRuntime } from '../runtime/onnx-session.ts';

import { disableTelemetry } from './telemetry.ts';

interface NativeRuntime extends OnnxRuntime {
  listSupportedBackends(): readonly { readonly name: string }[];
}

/** @throws RuntimeError where onnxruntime-node is not installed or has no binary for this machine */
export async function nativeRuntime(): Promise<NativeRuntime> {
  disableTelemetry();
  try {
    // Loaded when first needed: the native library takes longer to load than the rest of the package.
    const runtime = await import('onnxruntime-node');
    // Libraries that a device lacks are said once, in our error.
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (cause) {
    throw new RuntimeError(
      `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** Why a device of the native runtime cannot be used; undefined where it can. */
export async function deviceProblem(runtime: NativeRuntime, device: Device): Promise<string | undefined> {
  if (device === 'cpu') return undefined;
  // What is not in the list falls back to the CPU without a word.
  if (!runtime.listSupportedBackends().some(({ name }) => name === device)) {
    return `onnxruntime-node has no ${device} on ${process.platform}-${process.arch}`;
  }
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device],
    extra: { session: { disable_cpu_ep_fallback: '1' } },
    logSeverityLevel: 4,
  };
  try {
    const session = await runtime.InferenceSession.create(probeModel(), options);
    await session.release();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The devices that can be used in this process. */
export async function availableDevices(): Promise<Device[]> {
  const found: Device[] = [];
  const runtime = await nativeRuntime().catch(() => undefined);
  for (const { name } of runtime?.listSupportedBackends() ?? []) {
    if (runtime && isDevice(name) && (await deviceProblem(runtime, name)) === undefined) found.push(name);
  }
  const web = await import('onnxruntime-web/wasm').then(
    () => true,
    () => false,
  );
  return web ? [...found, 'wasm'] : found;
}

function isDevice(name: string): name is Device {
  return ['cpu', 'webgpu', 'cuda', 'coreml', 'dml'].includes(name);
}
