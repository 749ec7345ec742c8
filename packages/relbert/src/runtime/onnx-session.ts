import type { InferenceSession } from 'onnxruntime-web';
import type { Device } from './device.ts';
import { runtimeError } from './error.ts';
import type { Session, SessionOptions, TensorValue, TensorValues } from './session.ts';

/**
 * What is used of the two classes of ONNX Runtime, the same in onnxruntime-node and onnxruntime-web. Its own types need those of
 * a browser, which a project for Node does not have.
 */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<NativeSession> };
  readonly Tensor: new (
    type: TensorValue['dtype'],
    data: TensorValue['data'],
    dims: TensorValue['shape'],
  ) => NativeTensor;
}

export interface NativeSession {
  readonly inputNames: readonly string[];
  run(feeds: Readonly<Record<string, NativeTensor>>): Promise<Readonly<Record<string, NativeTensor>>>;
  release(): Promise<void>;
}

export interface NativeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** Where a session runs. */
export interface SessionPlace {
  readonly device: Device;
  /** The runtime's names: the device's first, then what computes the operators that it lacks. */
  readonly providers: readonly string[];
}

/** Loads a graph into ONNX Runtime; the same for all of its packages. */
export async function createOnnxSession(
  runtime: OnnxRuntime,
  model: Uint8Array,
  options: SessionOptions,
  { device, providers }: SessionPlace,
): Promise<Session> {
  try {
    const session = await runtime.InferenceSession.create(model, nativeOptions(options, providers));
    return new OnnxSession(session, runtime.Tensor, device);
  } catch (error) {
    throw runtimeError('the graph cannot be loaded', error);
  }
}

function nativeOptions(
  options: SessionOptions,
  executionProviders: readonly string[],
): InferenceSession.SessionOptions {
  const { threads, memoryPattern = true, optimization = 'all', withoutOptimizers = [] } = options;
  const { spinning, prepacking = true, initializers = {}, folder } = options;
  const externalData = Object.entries(initializers).map(([path, data]) => ({
    path,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  return {
    executionProviders,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(externalData.length > 0 && { externalData }),
    extra: {
      ...(withoutOptimizers.length > 0 && {
        optimization: { disable_specified_optimizers: withoutOptimizers.join(';') },
      }),
      session: {
        ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
        ...(!prepacking && { disable_prepacking: '1' }),
        intra_op: {
          allow_spinning: spinning === false ? '0' : '1',
          ...(spinning === undefined && { spin_duration_us: '20' }),
        },
      },
    },
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: memoryPattern,
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
  };
}

class OnnxSession implements Session {
  readonly device: Device;
  #session: NativeSession | undefined;
  readonly #tensor: OnnxRuntime['Tensor'];
  readonly #running = new Set<Promise<unknown>>();

  constructor(session: NativeSession, tensor: OnnxRuntime['Tensor'], device: Device) {
    this.device = device;
    this.#session = session;
    this.#tensor = tensor;
  }

  async run(inputs: TensorValues): Promise<Record<string, TensorValue>> {
    if (!this.#session) throw runtimeError('the graph cannot be run', 'its session was disposed');
    try {
      const feeds: Record<string, NativeTensor> = {};
      for (const name of this.#session.inputNames) {
        const value = inputs[name];
        if (!value) throw new Error(`input '${name}' is missing (given: ${Object.keys(inputs).join(', ') || 'none'})`);
        feeds[name] = new this.#tensor(value.dtype, value.data, value.shape);
      }
      const results = await this.#tracked(this.#session.run(feeds));
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensorValue(tensor)]));
    } catch (error) {
      throw runtimeError('the graph failed', error);
    }
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await Promise.allSettled(this.#running);
    await session?.release();
  }

  /** Remembers a run until it is over, so that the session is not taken away from it. */
  async #tracked<T>(run: Promise<T>): Promise<T> {
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function tensorValue(tensor: NativeTensor): TensorValue {
  return {
    dtype: tensor.type as TensorValue['dtype'],
    shape: tensor.dims,
    data: tensor.data as TensorValue['data'],
  };
}
