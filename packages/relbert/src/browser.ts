/**
 * relbert in a browser: the same core as in Node; files come over HTTP, onnxruntime-web runs the graph.
 *
 * @module
 */

import { type ClassifierParts, readClassifier } from './classify/classifier-file.ts';
import type { LabelledExample } from './classify/folds.ts';
import * as classifier from './classify/relation-classifier.ts';
import { type EncoderOptions, encoderOptionNames, fastDtype } from './encoder/encoder-options.ts';
import { checkOptionNames } from './encoder/option-error.ts';
import { RelationEncoder as Core } from './encoder/relation-encoder.ts';
import type { Runtime } from './runtime/session.ts';
import { checkSimd } from './web/capabilities.ts';
import { type FetchFilesOptions, fetchFiles } from './web/files.ts';
import type { ModelManifest } from './web/model-manifest.ts';
import { publishedModelFiles, publishedModelOf } from './web/published-model.ts';
import { webRuntime } from './web/runtime.ts';
import type { WebRuntimeOptions } from './web/runtime-options.ts';
import { startWorkerEncoder, type WebWorkerOptions } from './web/worker-encoder.ts';

export * from './core.ts';
export { type FetchFilesOptions, fetchFiles, hubAddress, type WebFileEvent } from './web/files.ts';
export { type WebIndexOptions, webIndexFolder } from './web/index-folder.ts';
export type { ListedFile, ModelManifest } from './web/model-manifest.ts';
export { webRuntime } from './web/runtime.ts';
export type { WebRuntimeOptions } from './web/runtime-options.ts';
export type { WebWorkerOptions } from './web/worker-encoder.ts';

export interface LoadOptions extends EncoderOptions, FetchFilesOptions {
  /**
   * Compute in a web worker, so that the page stays free. Default: true in a page, false in a worker. Without a worker
   * the page gets a turn between batches.
   */
  readonly worker?: boolean | undefined;
  /** Where published models lie, as `BASE/NAME@VERSION/`. Default: where the bundler put them, else https://cdn.jsdelivr.net/npm. */
  readonly modelBase?: string | undefined;
  /** What computes. Default `auto`, which is `wasm`. */
  readonly device?: WebRuntimeOptions['device'] | undefined;
  /** Where onnxruntime-web and the worker find their files. */
  readonly runtime?: Omit<WebWorkerOptions, 'device'> | undefined;
}

const optionNames: Readonly<Record<keyof LoadOptions, true>> = {
  ...encoderOptionNames,
  ...{
    worker: true,
    modelBase: true,
    device: true,
    runtime: true,
    fetch: true,
    onProgress: true,
    cache: true,
    headers: true,
  },
};

/** Word pairs to relation embeddings; `load` makes one from a checkpoint. */
export class RelationEncoder extends Core {
  /**
   * Loads a checkpoint over HTTP.
   *
   * @param model The address of a folder that holds `config.json` and the weights ({@link hubAddress} gives that of a hub
   *   model); `relbert-minilm-l6` or `relbert-mpnet-base`; or what the package of a model exports. Default: the model of
   *   relbert-minilm-l6, where the bundler put it, else from a CDN; relbert-mpnet-base by its name is taken from the CDN.
   * @throws CheckpointError where the server cannot be reached, has no checkpoint there, or it is damaged;
   *   EncoderConfigError, TokenizerError or WeightError where its config, tokenizer or weights cannot be used;
   *   OptionError, PoolingError or PromptError for an invalid setting; RuntimeError where the runtime does not
   *   take the model, its files cannot be loaded, or the browser lacks what it needs; the signal's reason when aborted
   */
  static async load(
    model: string | URL | ModelManifest = 'embedded',
    options: LoadOptions = {},
  ): Promise<RelationEncoder> {
    checkOptionNames(options, optionNames);
    const { device, threads, worker = typeof document !== 'undefined' } = options;
    checkSimd(); // before anything is fetched
    const settings = { ...options.runtime, device, ...(threads && { threads }) };
    const published = publishedModelOf(model);
    const files = published ? await publishedModelFiles(published, options) : fetchFiles(model, options);
    const encoderOptions = {
      ...(!worker && { batchTokens: 256 }), // a turn for the page for every 32 short prompts
      ...Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(encoderOptionNames, name))),
      dtype: options.dtype ?? fastDtype(device),
    } satisfies EncoderOptions;
    if (worker) return new RelationEncoder(await startWorkerEncoder(files, settings, encoderOptions));
    const { loadEncoderParts } = await import('./encoder/load-encoder.ts'); // a page that uses the worker needs none of it
    return new RelationEncoder(await loadEncoderParts(files, webRuntime(settings), encoderOptions));
  }
}

export interface ClassifierOptions extends FetchFilesOptions {
  /** The encoder that the classifier was fitted to, or is fitted to; it stays open when the classifier is disposed of. */
  readonly encoder: Core;
  /** Where an MLP runs. */
  readonly runtime?: WebRuntimeOptions | undefined;
}

/** Which relation holds between two words, learnt from labelled pairs; `fit` or `load` makes one. */
export class RelationClassifier extends classifier.RelationClassifier {
  /** Learns from labelled pairs. @throws as in Node */
  static async fit(
    examples: readonly LabelledExample[],
    { encoder, runtime, ...options }: classifier.FitClassifierOptions & Pick<ClassifierOptions, 'encoder' | 'runtime'>,
  ): Promise<RelationClassifier> {
    return withRuntime(encoder, runtime, (web) => classifier.fitParts(examples, encoder, web, options));
  }

  /** Loads a classifier that `relbert classify fit` wrote. @param url Its folder on a server. @throws ClassifierError */
  static async load(url: string, { encoder, runtime, ...options }: ClassifierOptions): Promise<RelationClassifier> {
    return withRuntime(encoder, runtime, async () => {
      const parts = await read(url, options);
      await classifier.checkEncoder(url, parts, encoder);
      return parts;
    });
  }

  /** What a saved classifier says of itself. @throws ClassifierError */
  static async describe(url: string, options: FetchFilesOptions = {}): Promise<classifier.ClassifierInfo> {
    return classifier.infoOf(await read(url, options));
  }
}

function read(url: string, options: FetchFilesOptions): Promise<ClassifierParts> {
  const files = fetchFiles(url, options);
  return readClassifier(files.origin, (name) => files.read(name));
}

async function withRuntime(
  encoder: Core,
  options: WebRuntimeOptions | undefined,
  partsFor: (runtime: Runtime) => Promise<ClassifierParts>,
): Promise<RelationClassifier> {
  const runtime = webRuntime(options);
  try {
    return new RelationClassifier(await classifier.openParts(await partsFor(runtime), encoder, runtime, [runtime]));
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
