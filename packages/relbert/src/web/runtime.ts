import { reasonOf } from '../runtime/error.ts';
import type { Runtime } from '../runtime/session.ts';
import { MissingPackageError } from '../text/missing-package-error.ts';
import { checkSimd, webDevice } from './capabilities.ts';
import { onnxWebRuntime, operatorsFor } from './onnx-web.ts';
import type { WebRuntimeOptions } from './runtime-options.ts';

/**
 * ONNX Runtime compiled to WebAssembly, in this thread: it blocks while it computes. It runs in Node too. All settings are
 * those of the page: the first session fixes them. `RelationEncoder.load` takes a worker, which leaves the page free.
 *
 * @throws RuntimeError for a device that a page does not have; `createSession`: MissingPackageError without onnxruntime-web
 */
export function webRuntime(options: WebRuntimeOptions = {}): Runtime {
  const device = webDevice(options.device);
  checkSimd();
  let opened: Promise<Runtime> | undefined;
  return {
    name: 'web',
    operators: operatorsFor(device),
    mapsFiles: false,
    async createSession(model, sessionOptions = {}) {
      opened ??= onnxRuntimeWeb(device).then((onnx) => onnxWebRuntime(onnx, { ...options, device }));
      return (await opened).createSession(model, sessionOptions);
    },
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  };
}

async function onnxRuntimeWeb(device: 'wasm' | 'webgpu') {
  try {
    return device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  } catch (cause) {
    const howToGet = `npm install onnxruntime-web (${reasonOf(cause)})`;
    throw new MissingPackageError(`device '${device}'`, ['onnxruntime-web'], { cause, howToGet });
  }
}
