import type { Embeddings } from '../encoder/embeddings.ts';
import type { EncoderOptions } from '../encoder/encoder-options.ts';
import type { EncodeOptions, EncoderInfo, PairEncoder } from '../encoder/pair-encoder.ts';
import type { PromptToken } from '../encoder/prompt-tokens.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { toWordPair, type WordPair, type WordPairLike } from '../pair/word-pair.ts';
import type { Prompt } from '../prompt/prompt.ts';
import { RuntimeError } from '../runtime/error.ts';
import { DisposedError } from '../text/disposed-error.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { webDevice } from './capabilities.ts';
import { RemoteCalls } from './remote-calls.ts';
import type { WebRuntimeOptions } from './runtime-options.ts';
import type { EncodeRequest, LoadRequest, LossRequest, SessionsRequest } from './serve-encoder.ts';

export interface WebWorkerOptions extends WebRuntimeOptions {
  /**
   * The URL of the worker's script, `wasm-worker.js` or `webgpu-worker.js` of this package, bundled with onnxruntime-web;
   * it may lie on another origin. Default: where the bundler put it, else beside the script.
   */
  readonly workerUrl?: string | URL | undefined;
}

/**
 * An encoder in a web worker: the page stays free while it loads and encodes. The page reads the files.
 *
 * @throws RuntimeError where the browser lacks what is needed, or the worker cannot be started; else as
 *   `loadEncoderParts`
 */
export async function startWorkerEncoder(
  files: CheckpointFiles,
  { workerUrl, ...runtime }: WebWorkerOptions,
  { signal, ...options }: EncoderOptions,
): Promise<PairEncoder> {
  signal?.throwIfAborted();
  const device = webDevice(runtime.device);
  const start = () => (workerUrl === undefined ? startWorker(device) : scriptWorker(new URL(workerUrl, baseUrl())));
  const worker = start();
  const parallel = device === 'wasm' ? (runtime.threads ?? Math.min(2, navigator.hardwareConcurrency)) : 1;
  const helpers = parallel > 1 ? Array.from({ length: parallel }, start) : [];
  const workers = [worker, ...helpers];
  const calls = new RemoteCalls(worker, { list: () => files.list(), read: (name: string) => files.read(name) });
  const onFailure = (of: Worker, take: (error: RuntimeError) => void): void =>
    of.addEventListener('error', (event) => {
      event.preventDefault();
      take(workerError(event.message, String(workerUrl ?? `${folder()}${device}-worker.js`)));
    });
  onFailure(worker, (error) => calls.close(error));
  const { wasmPaths } = runtime;
  const here = { ...runtime, ...(wasmPaths && { wasmPaths: absolute(wasmPaths) }) };
  const sessions = helpers.map((helper, place) => {
    // The others do its work; a call that none can do fails with this error.
    const lose = ({ message }: Error): void => {
      calls.call('lose', { worker: place, message } satisfies LossRequest).catch(() => {});
    };
    onFailure(helper, lose);
    const { port1, port2 } = new MessageChannel();
    const request: SessionsRequest = { port: port1, runtime: { ...here, threads: 1 } };
    new RemoteCalls(helper, {}).call('sessions', request, { transfer: [port1] }).catch(lose);
    return port2;
  });
  // Batches that are small enough for each worker to have one of a call with 64 pairs; an event of progress after each.
  const batchTokens = options.batchTokens ?? (parallel > 1 ? 128 : 512);
  const request: LoadRequest = { origin: files.origin, options: { ...options, batchTokens }, runtime: here, sessions };
  try {
    const info = await calls.call<EncoderInfo>('load', request, { signal, transfer: sessions });
    return new WorkerEncoder(info, calls, workers);
  } catch (error) {
    for (const each of workers) each.terminate();
    throw error;
  }
}

class WorkerEncoder implements PairEncoder {
  readonly info: EncoderInfo;
  readonly #calls: RemoteCalls;
  readonly #workers: readonly Worker[];

  constructor(info: EncoderInfo, calls: RemoteCalls, workers: readonly Worker[]) {
    this.info = info;
    this.#calls = calls;
    this.#workers = workers;
  }

  get prompt(): Prompt {
    throw new RelbertError(
      "the prompt is in the worker: its text is info.prompt, promptTokens(pair) gives a pair's tokens, and load with " +
        '{ worker: false } has the prompt itself',
    );
  }

  async encode(pairs: readonly WordPairLike[], { signal, onProgress, ...options }: EncodeOptions): Promise<Embeddings> {
    const words = pairs.map(toWordPair).flatMap(({ head, tail }) => [head, tail]);
    const request: EncodeRequest = { words, options };
    return this.#calls.call<Embeddings>('encode', request, { signal, onEvent: onProgress });
  }

  promptTokens(pair: WordPair): Promise<PromptToken[]> {
    return this.#calls.call('promptTokens', pair);
  }

  async dispose(): Promise<void> {
    this.#calls.close(new DisposedError('this RelationEncoder was disposed'));
    for (const worker of this.#workers) worker.terminate();
  }
}

/**
 * Bundlers know this form, letter by letter, and carry the module along. webpack takes the name as that of a chunk: two
 * workers of one name would be one.
 */
function startWorker(device: 'wasm' | 'webgpu'): Worker {
  try {
    return device === 'webgpu'
      ? new Worker(new URL('./webgpu-worker.js', import.meta.url), { type: 'module', name: 'relbert-webgpu' })
      : new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module', name: 'relbert-wasm' });
  } catch (cause) {
    // The library comes from another origin, a CDN.
    if (cause instanceof DOMException) return scriptWorker(new URL(`${folder()}${device}-worker.js`));
    throw cause;
  }
}

/** A worker's script has to come from the page's own origin: that of another one is imported by a line that does. */
function scriptWorker(url: URL): Worker {
  const options = { type: 'module', name: 'relbert' } as const;
  if (url.origin === location.origin) return new Worker(url, options);
  const line = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(line), options);
}

/** A script that cannot be loaded fails without a message. */
function workerError(message: string | undefined, script: string): RuntimeError {
  if (message) return new RuntimeError(`the worker failed: ${message}`);
  return new RuntimeError(
    `the worker's script cannot be loaded (${script}): put it there, name it in runtime.workerUrl, or load the encoder ` +
      'with { worker: false }; docs/browser.md has a recipe for each bundler',
  );
}

/** A worker's own address is another: what is relative is so to the page. */
function absolute(paths: NonNullable<WebRuntimeOptions['wasmPaths']>): typeof paths {
  if (typeof paths === 'string') return new URL(paths, baseUrl()).href;
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, new URL(path, baseUrl()).href]));
}

const baseUrl = (): string => globalThis.document?.baseURI ?? location.href;

/** webpack writes the address that this module had on the machine that built it. */
function folder(): string {
  const here = import.meta.url;
  return (here.startsWith('file:') ? baseUrl() : here).replace(/[^/]*$/, '');
}
