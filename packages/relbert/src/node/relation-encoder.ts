/** @file The relation encoder in Node. Apart from index.ts, so that a command that only encodes loads little. */
import { type EncoderOptions, encoderOptionNames } from '../encoder/encoder-options.ts';
import { describeEncoder, loadEncoderParts } from '../encoder/load-encoder.ts';
import { checkOptionNames } from '../encoder/option-error.ts';
import { RelationEncoder as Core, type EncoderInfo } from '../encoder/relation-encoder.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import type { FetchFilesOptions } from '../web/files.ts';
import type { WebWorkerOptions } from '../web/worker-encoder.ts';
import type { HubOptions } from './hub/hub.ts';
import { modelFiles } from './open-model.ts';
import { nodeRuntime } from './runtime.ts';
import { nodeWorkerRuntime } from './worker.ts';

/**
 * TypeScript does not say for which platform a bundler builds, so these types fit both entries: what is for browsers only
 * says so.
 */
export interface LoadOptions extends EncoderOptions, HubOptions {
  /** Run in a worker thread, so that the event loop (the page, in a browser) stays free while pairs are encoded. Default true; false starts faster. */
  readonly worker?: boolean | undefined;
  /** What computes. Default `auto`: the CPU, or WASM where onnxruntime-node has no binary. */
  readonly device?: DeviceChoice | undefined;
  /** In a browser only: where onnxruntime-web finds its files, and which device computes. */
  readonly runtime?: WebWorkerOptions | undefined;
  /** In a browser only: request headers. */
  readonly headers?: FetchFilesOptions['headers'] | undefined;
}

const optionNames: Readonly<Record<Exclude<keyof LoadOptions, 'runtime' | 'headers'>, true>> = {
  ...encoderOptionNames,
  ...{ worker: true, device: true, onProgress: true, cache: true, offline: true, endpoint: true, token: true },
  ...{ env: true, fetch: true, stallTimeout: true, attempts: true, pause: true },
};

/** Word pairs to relation embeddings; `load` makes one from a checkpoint. */
export class RelationEncoder extends Core {
  /**
   * Loads a checkpoint.
   *
   * @param model A folder, a hub id, `id@revision`, or `embedded` (default): the model that this package carries.
   * @throws CheckpointError where there is no such checkpoint, or it is damaged or cannot be fetched; FileError where a
   *   file cannot be read or the cache not written; EncoderConfigError, TokenizerError or WeightError where its config,
   *   tokenizer or weights cannot be used; OptionError, PoolingError or PromptError for an invalid setting;
   *   RuntimeError where the runtime does not take the model; the signal's reason when aborted
   */
  static async load(model = 'embedded', options: LoadOptions = {}): Promise<RelationEncoder> {
    checkOptionNames(options, optionNames);
    const runtime = options.worker === false ? nodeRuntime(options) : nodeWorkerRuntime(options);
    try {
      return new RelationEncoder(await loadEncoderParts(await modelFiles(model, options), runtime, options));
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
  }

  /**
   * What `load` would give as `info`, without reading the weights.
   * @throws as `load`, except for the values of weights
   */
  static async describe(model = 'embedded', options: LoadOptions = {}): Promise<EncoderInfo> {
    checkOptionNames(options, optionNames);
    return describeEncoder(await modelFiles(model, options), nodeRuntime(options), options);
  }
}
