/** A larger relation encoder whose embeddings of the training pairs are computed once and kept in a cache. */

import { pairsOf, type RelationSet } from '../data/relation-set.ts';
import type { LanguageModel } from '../encoder/language-model.ts';
import { encoderParts } from '../encoder/load-encoder.ts';
import { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { HubSettingsOptions } from '../node/hub/hub-settings.ts';
import { teacherCache } from '../node/teacher-cache.ts';
import { nodeWorkerRuntime } from '../node/worker.ts';
import { deduplicatePairs, pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import type { Teacher } from '../train/training-model.ts';

export interface TeacherOptions {
  readonly model: LanguageModel;
  readonly relations: readonly RelationSet[];
  readonly threads?: number;
  readonly device?: DeviceChoice | undefined;
  /** Location of the hub's cache; the embeddings are kept next to it. */
  readonly hub?: HubSettingsOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A teacher and the hash that identifies it. */
export interface LoadedTeacher extends Teacher {
  /** SHA-256 of its configuration, tokenizer and weights. */
  readonly modelHash: string;
}

/**
 * The teacher's embeddings of all training pairs. They are looked up in the cache by the teacher's weights, prompt,
 * pooling and the pairs, so that a repeated run does not encode them again.
 *
 * A pair that is too long for the teacher is an error that names it.
 */
export async function loadTeacher(options: TeacherOptions): Promise<LoadedTeacher> {
  const { model, relations, threads, device, hub, signal, onProgress } = options;
  const { distinct } = deduplicatePairs(pairsOf(relations));
  const cache = await teacherCache(model.files, distinct, hub);
  let embeddings = await cache.read();
  if (!embeddings) {
    const settings = { signal, ...(threads !== undefined && { threads }) };
    const encoder = new RelationEncoder(await encoderParts(model, nodeWorkerRuntime({ device }), settings));
    try {
      embeddings = await encoder.encode(distinct, {
        ...(signal && { signal }),
        ...(onProgress && { onProgress: ({ done, total }) => onProgress(done, total) }),
      });
    } finally {
      await encoder.dispose();
    }
    await cache.write(embeddings);
  }
  const { data, shape } = embeddings;
  const dimension = shape[1] as number;
  const rows = new Map(distinct.map((pair, row) => [pairKey(pair), row]));
  return {
    modelHash: cache.modelHash,
    dimension,
    async embeddings(pairs: readonly WordPair[]) {
      const wanted = new Float32Array(pairs.length * dimension);
      for (const [i, pair] of pairs.entries()) {
        const row = rows.get(pairKey(pair));
        if (row === undefined) throw new RangeError(`the teacher has not seen the pair ${pair.head}:${pair.tail}`);
        wanted.set(data.subarray(row * dimension, (row + 1) * dimension), i * dimension);
      }
      return wanted;
    },
  };
}
