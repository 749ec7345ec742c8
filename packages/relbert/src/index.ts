/**
 * relbert in Node: relation embeddings of word pairs.
 *
 * ```ts
 * import { RelationEncoder } from 'relbert';
 * await using encoder = await RelationEncoder.load('./all-MiniLM-L6-v2', { pooling: 'difference' });
 * const { data, shape } = await encoder.encode([['Tokyo', 'Japan'], ['Paris', 'France']]);
 * ```
 *
 * @module
 */

import { type ClassifierParts, readClassifier } from './classify/classifier-file.ts';
import type { LabelledExample } from './classify/folds.ts';
import * as classifier from './classify/relation-classifier.ts';
import type { Pooling } from './encoder/pooling.ts';
import type { RelationEncoder as Core } from './encoder/relation-encoder.ts';
import { findableName, readClassifierFile, saveClassifier } from './node/classifier-folder.ts';
import { type LoadOptions, RelationEncoder } from './node/relation-encoder.ts';
import { nodeRuntime } from './node/runtime.ts';
import type { Runtime } from './runtime/session.ts';

export * from './core.ts';
export { availableDevices } from './node/device.ts';
export { FileError } from './node/file-error.ts';
export { folderFiles } from './node/folder.ts';
export type { HubOptions } from './node/hub/hub.ts';
export type { HubEvent } from './node/hub/hub-event.ts';
export { type PushEvent, type PushedFile, type PushOptions, type PushResult, pushModel } from './node/hub/push.ts';
export { indexFolder } from './node/index-folder.ts';
export { openModel } from './node/open-model.ts';
export { PostgresIndex, type PostgresIndexOptions } from './node/postgres/postgres-index.ts';
export {
  type PushedRows,
  type PushIndexEvent,
  type PushIndexOptions,
  pushIndex,
} from './node/postgres/push-index.ts';
export { type LoadOptions, RelationEncoder } from './node/relation-encoder.ts';
export { type NodeRuntimeOptions, nodeRuntime } from './node/runtime.ts';
export { nodeWorkerRuntime } from './node/worker.ts';
export { type FetchFilesOptions, fetchFiles, hubAddress, type WebFileEvent } from './web/files.ts';
export { type WebIndexOptions, webIndexFolder } from './web/index-folder.ts';
export { webRuntime } from './web/runtime.ts';
export type { WebRuntimeOptions } from './web/runtime-options.ts';
export type { WebWorkerOptions } from './web/worker-encoder.ts';

/** Which relation holds between two words, learnt from labelled pairs; `fit` or `load` makes one. */
export class RelationClassifier extends classifier.RelationClassifier {
  /**
   * Learns from labelled pairs. The MLP's settings, and the temperature that makes probabilities fit, are chosen on
   * validation pairs: those given, or one in ten of the examples; few examples are judged by cross-validation.
   *
   * ```ts
   * await using classifier = await RelationClassifier.fit([{ head: 'Tokyo', tail: 'Japan', label: 'capital' }, ...]);
   * await classifier.save('relations');
   * ```
   *
   * @param options.encoder Default: the embedded model, which is disposed of with the classifier.
   * @throws PairError or ClassifierError for what is not a pair with a label, fewer than two labels, or a validation pair
   *   with a label that no example has; what `encode` throws; the signal's reason when aborted
   */
  static async fit(
    examples: readonly LabelledExample[],
    options: classifier.FitClassifierOptions & { readonly encoder?: Core | undefined } = {},
  ): Promise<RelationClassifier> {
    const { encoder: given, ...rest } = options;
    return withEncoder(given, 'embedded', {}, async (encoder, runtime) => {
      const parts = await classifier.fitParts(examples, encoder, runtime, rest);
      const name = await findableName(parts.encoder.name);
      return { ...parts, encoder: { ...parts.encoder, name } };
    });
  }

  /**
   * Loads a classifier that {@link save} wrote, and the encoder that it was fitted to.
   *
   * @param options.encoder One that is open already; it stays open when the classifier is disposed of.
   * @param options.model Where the encoder is now. Default: the name that it had.
   * @throws ClassifierError where there is no classifier, it is damaged, or the encoder is another one; what
   *   `RelationEncoder.load` throws
   */
  static async load(
    folder: string,
    options: LoadOptions & { readonly encoder?: Core | undefined; readonly model?: string | undefined } = {},
  ): Promise<RelationClassifier> {
    const { encoder: given, model, ...loadOptions } = options;
    const parts = await readClassifier(folder, (name) => readClassifierFile(folder, name));
    const { name, template, prompt, pooling, dtype } = parts.encoder;
    const as = { ...(template && { template: prompt }), pooling: pooling as Pooling, dtype };
    return withEncoder(given, model ?? name, { ...as, ...loadOptions }, async (encoder) => {
      await classifier.checkEncoder(folder, parts, encoder);
      return parts;
    });
  }

  /** What a saved classifier says of itself; no encoder is loaded. @throws ClassifierError, FileError */
  static async describe(folder: string): Promise<classifier.ClassifierInfo> {
    return classifier.infoOf(await readClassifier(folder, (name) => readClassifierFile(folder, name)));
  }

  /** Writes `classifier.json` and `classifier.safetensors`, together. The folder is made where it is missing. @throws FileError */
  async save(folder: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await saveClassifier(folder, await this.files(), options);
  }
}

async function withEncoder(
  given: Core | undefined,
  model: string,
  options: LoadOptions,
  partsFor: (encoder: Core, runtime: Runtime) => Promise<ClassifierParts>,
): Promise<RelationClassifier> {
  const runtime = nodeRuntime(options);
  const owned: AsyncDisposable[] = [runtime];
  try {
    const encoder = given ?? (await RelationEncoder.load(model, options));
    if (!given) owned.unshift(encoder);
    return new RelationClassifier(
      await classifier.openParts(await partsFor(encoder, runtime), encoder, runtime, owned),
    );
  } catch (error) {
    for (const resource of owned) await resource[Symbol.asyncDispose]();
    throw error;
  }
}
