import type { EncoderOptions } from '../encoder/encoder-options.ts';
import { loadEncoderParts } from '../encoder/load-encoder.ts';
import { type EncodeOptions, LocalPairEncoder } from '../encoder/pair-encoder.ts';
import { probeModel } from '../graph/probe.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { RuntimeError } from '../runtime/error.ts';
import { onnxWebRuntime } from './onnx-web.ts';
import { type CallContext, type Port, RemoteCalls } from './remote-calls.ts';
import type { WebRuntimeOptions } from './runtime-options.ts';
import { type SessionPool, serveSessions, sessionPool } from './session-pool.ts';

export interface LoadRequest {
  readonly origin: string;
  readonly options: EncoderOptions;
  readonly runtime: WebRuntimeOptions;
  /** Those of workers that compute for this one; without any it computes itself. */
  readonly sessions: readonly MessagePort[];
}

export interface SessionsRequest {
  readonly port: MessagePort;
  readonly runtime: WebRuntimeOptions;
}

export interface LossRequest {
  /** Which of {@link LoadRequest.sessions}. */
  readonly worker: number;
  readonly message: string;
}

export interface EncodeRequest {
  /** Head, tail, head, tail … */
  readonly words: readonly string[];
  readonly options: EncodeOptions;
}

/** A worker's side of {@link startWorkerEncoder}: it holds the encoder, or sessions of one; the page reads the files. */
export function serveEncoder(onnx: typeof import('onnxruntime-web/wasm'), device: 'wasm' | 'webgpu'): void {
  // The threads that onnxruntime-web starts run this script, too.
  if (self.name.startsWith('em-pthread')) return;
  let loaded: Promise<LocalPairEncoder> | undefined;
  let pool: SessionPool | undefined;
  const encoder = (): Promise<LocalPairEncoder> => {
    if (!loaded) throw new Error('the worker has no encoder');
    return loaded;
  };
  const page: RemoteCalls = new RemoteCalls(self as unknown as Port, {
    async load({ origin, options, runtime, sessions }: LoadRequest, { signal }: CallContext) {
      const files = {
        origin,
        list: () => page.call<readonly string[]>('list', undefined),
        read: (name: string) => page.call<Uint8Array | undefined>('read', name),
      };
      pool = sessions.length > 0 ? sessionPool(sessions) : undefined;
      const web = pool ?? onnxWebRuntime(onnx, { ...runtime, device });
      // Its binary is compiled while the files come; what goes wrong is said when the model is loaded.
      const compiled = web.createSession(probeModel()).then((session) => session.dispose());
      compiled.catch(() => {});
      loaded = loadEncoderParts(files, web, { ...options, signal }).then((parts) => new LocalPairEncoder(parts));
      return { ...(await loaded).info, runtime: 'web-worker' };
    },
    async encode({ words, options }: EncodeRequest, { signal, send }: CallContext) {
      const pairs: WordPair[] = [];
      for (let i = 0; i < words.length; i += 2) pairs.push({ head: words[i] as string, tail: words[i + 1] as string });
      return (await encoder()).encode(pairs, { ...options, signal, onProgress: send });
    },
    async sessions({ port, runtime }: SessionsRequest) {
      serveSessions(port, onnxWebRuntime(onnx, { ...runtime, device }));
    },
    async lose({ worker, message }: LossRequest) {
      pool?.lose(worker, new RuntimeError(message));
    },
    promptTokens: async (pair: WordPair) => (await encoder()).promptTokens(pair),
  });
}
