import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { runtimeError } from './error.ts';
import type { Runtime, Session, SessionOptions, TensorValue, TensorValues } from './session.ts';

/**
 * ONNX Runtime in this thread: `run` blocks the event loop while it computes. See `nodeWorkerRuntime` for a
 * runtime that leaves it free.
 */
export function nodeRuntime(): Runtime {
  return {
    name: 'node',
    async createSession(model, options = {}) {
      try {
        // Loaded when first needed: the native library takes longer to load than the rest of the package.
        const { InferenceSession, Tensor } = await import('onnxruntime-node');
        return new NodeSession(await InferenceSession.create(model, nativeOptions(options)), Tensor);
      } catch (error) {
        throw runtimeError('the graph cannot be loaded', error);
      }
    },
    async dispose() {},
  };
}

function nativeOptions(options: SessionOptions): InferenceSession.SessionOptions {
  const { threads, memoryPattern = true, optimization = 'all' } = options;
  return {
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: memoryPattern,
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
  };
}

class NodeSession implements Session {
  #session: InferenceSession | undefined;
  readonly #tensor: typeof Tensor;

  constructor(session: InferenceSession, tensor: typeof Tensor) {
    this.#session = session;
    this.#tensor = tensor;
  }

  async run(inputs: TensorValues): Promise<Record<string, TensorValue>> {
    if (!this.#session) throw runtimeError('the graph cannot be run', 'its session was disposed');
    const feeds: Record<string, Tensor> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
      feeds[name] = new this.#tensor(dtype, data, shape);
    }
    try {
      const results = await this.#session.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, valueOf(tensor)]));
    } catch (error) {
      throw runtimeError('the graph failed', error);
    }
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function valueOf(tensor: Tensor): TensorValue {
  return {
    dtype: tensor.type as TensorValue['dtype'],
    shape: tensor.dims,
    data: tensor.data as TensorValue['data'],
  };
}
