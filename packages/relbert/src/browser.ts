/**
 * relbert in a browser: the same core as in Node; files come over HTTP, onnxruntime-web runs the graph.
 *
 * @module
 */

import { type ClassifierParts, readClassifier } from './classify/classifier-file.ts';
import type { LabelledExample } from './classify/folds.ts';
import {
  type ClassifierInfo,
  RelationClassifier as CoreClassifier,
  checkEncoder,
  type FitClassifierOptions,
  fitParts,
  infoOf,
  openParts,
} from './classify/relation-classifier.ts';
import { type EncoderOptions, encoderOptionNames, loadEncoderParts } from './encoder/load-encoder.ts';
import { checkOptionNames } from './encoder/option-error.ts';
import { RelationEncoder as Core } from './encoder/relation-encoder.ts';
import type { Runtime } from './runtime/session.ts';
import { type FetchFilesOptions, fetchFiles } from './web/files.ts';
import { type WebRuntimeOptions, webRuntime } from './web/runtime.ts';

export * from './core.ts';
export { type FetchFilesOptions, fetchFiles, hubAddress, type WebFileEvent } from './web/files.ts';
export { type WebIndexOptions, webIndexFolder } from './web/index-folder.ts';
export { type WebRuntimeOptions, webRuntime } from './web/runtime.ts';

export interface LoadOptions extends EncoderOptions, FetchFilesOptions {
  /** What computes. Default `auto`, which is `wasm`. */
  readonly device?: WebRuntimeOptions['device'];
  /** Where onnxruntime-web finds its files. */
  readonly runtime?: Omit<WebRuntimeOptions, 'device'>;
}

const optionNames: Readonly<Record<keyof LoadOptions, true>> = {
  ...encoderOptionNames,
  ...{ device: true, runtime: true, fetch: true, onProgress: true, cache: true, headers: true },
};

/** Word pairs to relation embeddings; `load` makes one from a checkpoint. */
export class RelationEncoder extends Core {
  /**
   * Loads a checkpoint over HTTP.
   *
   * @param url The folder that holds `config.json` and the weights; {@link hubAddress} gives that of a hub model.
   * @throws CheckpointError where the server cannot be reached, has no checkpoint there, or it is damaged;
   *   EncoderConfigError, TokenizerError or WeightError where its config, tokenizer or weights cannot be used;
   *   OptionError, PoolingError or PromptError for a setting that cannot be; RuntimeError where the runtime does not
   *   take the model or there is no WebGPU; the signal's reason when aborted
   */
  static async load(url: string, options: LoadOptions = {}): Promise<RelationEncoder> {
    checkOptionNames(options, optionNames);
    const { device, threads } = options;
    const runtime = webRuntime({ ...options.runtime, device, ...(threads && { threads }) });
    try {
      return new RelationEncoder(await loadEncoderParts(fetchFiles(url, options), runtime, options));
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
  }
}

export interface ClassifierOptions extends FetchFilesOptions {
  /** The encoder that the classifier was fitted to, or is fitted to; it stays open when the classifier is disposed of. */
  readonly encoder: Core;
  /** Where an MLP runs. */
  readonly runtime?: WebRuntimeOptions;
}

/** Which relation holds between two words, learnt from labelled pairs; `fit` or `load` makes one. */
export class RelationClassifier extends CoreClassifier {
  /** Learns from labelled pairs. @throws as in Node */
  static async fit(
    examples: readonly LabelledExample[],
    { encoder, runtime, ...options }: FitClassifierOptions & Pick<ClassifierOptions, 'encoder' | 'runtime'>,
  ): Promise<RelationClassifier> {
    return withRuntime(encoder, runtime, (web) => fitParts(examples, encoder, web, options));
  }

  /** Loads a classifier that `relbert classify fit` wrote. @param url Its folder on a server. @throws ClassifierError */
  static async load(url: string, { encoder, runtime, ...options }: ClassifierOptions): Promise<RelationClassifier> {
    return withRuntime(encoder, runtime, async () => {
      const parts = await read(url, options);
      await checkEncoder(url, parts, encoder);
      return parts;
    });
  }

  /** What a saved classifier says of itself. @throws ClassifierError */
  static async describe(url: string, options: FetchFilesOptions = {}): Promise<ClassifierInfo> {
    return infoOf(await read(url, options));
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
  const owned = { [Symbol.asyncDispose]: () => runtime.dispose() };
  try {
    return new RelationClassifier(await openParts(await partsFor(runtime), encoder, runtime, [owned]));
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
