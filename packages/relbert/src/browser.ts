/**
 * relbert in a browser: the same core as in Node; files come over HTTP, onnxruntime-web runs the graph.
 *
 * @module
 */

import { type EncoderOptions, loadEncoderParts } from './encoder/load-encoder.ts';
import { RelationEncoder as Core } from './encoder/relation-encoder.ts';
import { type FetchFilesOptions, fetchFiles } from './web/files.ts';
import { type WebRuntimeOptions, webRuntime } from './web/runtime.ts';

export * from './core.ts';
export { type FetchFilesOptions, fetchFiles, hubAddress, type WebFileEvent } from './web/files.ts';
export { type WebIndexOptions, webIndexFolder } from './web/index-folder.ts';
export { type WebRuntimeOptions, webRuntime } from './web/runtime.ts';

export interface LoadOptions extends EncoderOptions, FetchFilesOptions {
  /** Where onnxruntime-web finds its files, and which backend runs. */
  readonly runtime?: WebRuntimeOptions;
}

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
    const runtime = webRuntime({ ...options.runtime, ...(options.threads && { threads: options.threads }) });
    try {
      return new RelationEncoder(await loadEncoderParts(fetchFiles(url, options), runtime, options));
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
  }
}
