/**
 * relbert in a browser: the same core as in Node; files come over HTTP, onnxruntime-web runs the graph.
 *
 * @module
 */
import { type FetchFilesOptions, fetchFiles } from './checkpoint/fetch-files.ts';
import { RelationEncoder as Core } from './encoder/relation-encoder.ts';
import { type EncoderOptions, loadEncoderParts } from './load-encoder.ts';
import { type WebRuntimeOptions, webRuntime } from './runtime/web.ts';

export * from './core.ts';

export interface LoadOptions extends EncoderOptions, FetchFilesOptions {
  /** Where onnxruntime-web finds its files, and which backend runs. */
  readonly runtime?: WebRuntimeOptions;
}

/** See {@link Core}. */
export class RelationEncoder extends Core {
  /**
   * Loads a checkpoint over HTTP.
   *
   * @param model URL of the folder that holds `config.json`, or a hub id, `id@revision`.
   */
  static async load(model: string, options: LoadOptions = {}): Promise<RelationEncoder> {
    const runtime = webRuntime({ ...options.runtime, ...(options.threads && { threads: options.threads }) });
    try {
      return new RelationEncoder(await loadEncoderParts(fetchFiles(model, options), runtime, options));
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
  }
}
