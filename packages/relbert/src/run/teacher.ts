/** A larger relation encoder whose embeddings of the pairs that a run draws are computed once and kept in a cache. */

import type { Embeddings } from '../encoder/embeddings.ts';
import type { LanguageModel } from '../encoder/language-model.ts';
import { encoderParts } from '../encoder/load-encoder.ts';
import { type EncodeEvent, RelationEncoder } from '../encoder/relation-encoder.ts';
import type { LossTerm } from '../loss/losses.ts';
import type { HubSettingsOptions } from '../node/hub/hub-settings.ts';
import { teacherCache } from '../node/teacher-cache.ts';
import { nodeWorkerRuntime } from '../node/worker.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import { DistinctPairs, type TrainingBatch } from '../train/batch.ts';
import type { Teacher } from '../train/training-model.ts';

export interface TeacherOptions {
  readonly model: LanguageModel;
  /** What it encodes: {@link comparedPairs}. */
  readonly pairs: readonly WordPair[];
  readonly threads?: number | undefined;
  readonly device?: DeviceChoice | undefined;
  /** Location of the hub's cache; the embeddings are kept next to it. */
  readonly hub?: HubSettingsOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: EncodeEvent) => void) | undefined;
}

/** A teacher and the hash that identifies it. */
export interface LoadedTeacher extends Teacher {
  /** SHA-256 of its configuration, tokenizer and weights. */
  readonly modelHash: string;
}

/**
 * The distinct pairs of these batches that a loss compares with the teacher, in the order of their first occurrence. A
 * short run draws few of its pairs, and `labelled: false` compares those alone that were drawn without a relation.
 */
export function comparedPairs(batches: Iterable<TrainingBatch>, losses: readonly LossTerm[]): readonly WordPair[] {
  const labelled = losses.some((loss) => loss.name === 'similarity' && loss.labelled);
  const distinct = new DistinctPairs();
  for (const { pairs, items } of batches) {
    for (const { pair, relation } of items) if (labelled || relation < 0) distinct.place(pairs[pair] as WordPair);
  }
  return distinct.all;
}

/**
 * The teacher's embeddings of these pairs, zeros for others. They are looked up in the cache by the teacher's weights, prompt,
 * pooling and the pairs, so that a repeated run does not encode them again.
 *
 * @throws PromptTooLongError naming a pair that is too long for the teacher; EmbeddingError; the signal's reason when aborted
 */
export async function loadTeacher(options: TeacherOptions): Promise<LoadedTeacher> {
  const { model, pairs, hub } = options;
  const cache = await teacherCache(model.files, pairs, hub);
  let embeddings = await cache.read();
  if (!embeddings) {
    embeddings = await encoded(options);
    await cache.write(embeddings);
  }
  const { data, shape } = embeddings;
  const dimension = shape[1] as number;
  const rows = new Map(pairs.map((pair, row) => [pairKey(pair), row]));
  return {
    modelHash: cache.modelHash,
    dimension,
    async embeddings(asked: readonly WordPair[]) {
      const wanted = new Float32Array(asked.length * dimension);
      for (const [i, pair] of asked.entries()) {
        const row = rows.get(pairKey(pair));
        if (row !== undefined) wanted.set(data.subarray(row * dimension, (row + 1) * dimension), i * dimension);
      }
      return wanted;
    },
  };
}

async function encoded({ model, pairs, threads, device, signal, onProgress }: TeacherOptions): Promise<Embeddings> {
  // Its thread runs, too, where the encoder is not finished.
  await using runtime = nodeWorkerRuntime({ device });
  await using encoder = new RelationEncoder(await encoderParts(model, runtime, { signal, threads }));
  return await encoder.encode(pairs, { signal, onProgress });
}
