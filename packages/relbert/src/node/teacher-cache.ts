import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type CheckpointFiles, fileSource } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { safetensorsChunks } from '../formats/safetensors-write.ts';
import { toFloat32 } from '../formats/stored-type.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { makeFolder, writeFileAtomic } from './files.ts';
import { folderFiles } from './folder.ts';
import { type HubSettingsOptions, hubSettings } from './hub/hub-settings.ts';
import { modelHash } from './model-hash.ts';

/** A matrix [pairs, E] in row-major order. */
export interface TeacherEmbeddings {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface TeacherCache {
  /** Of the teacher: {@link modelHash}. */
  readonly modelHash: string;
  /** undefined: not computed before, or the file is damaged. */
  read(): Promise<TeacherEmbeddings | undefined>;
  write(embeddings: TeacherEmbeddings): Promise<void>;
}

/**
 * Where a teacher's embeddings of these pairs are kept: beside the hub's cache, in `relbert/teacher`, under a hash of
 * the whole teacher and of the pairs in their order. A teacher that was trained on, if only in its middle layers, is
 * another one.
 */
export async function teacherCache(
  model: CheckpointFiles,
  pairs: readonly WordPair[],
  options: HubSettingsOptions = {},
): Promise<TeacherCache> {
  const teacher = await modelHash(model);
  const hash = createHash('sha256').update(`${teacher}\n`);
  for (const pair of pairs) hash.update(`${pairKey(pair)}\n`);
  const { cache } = await hubSettings(options);
  const folder = join(cache, '..', 'relbert', 'teacher');
  const file = `${hash.digest('hex').slice(0, 32)}.safetensors`;
  return {
    modelHash: teacher,
    async read() {
      await makeFolder(folder);
      try {
        const source = await fileSource(await folderFiles(folder), file);
        const tensor = source && (await openSafetensors(source)).get('embeddings');
        if (tensor?.type !== 'F32' || tensor.shape.length !== 2 || tensor.shape[0] !== pairs.length) return undefined;
        const data = toFloat32(tensor.file, 'embeddings', tensor.type, await tensor.bytes());
        return data.every(Number.isFinite) ? { data, shape: tensor.shape } : undefined;
      } catch (error) {
        // Cut or damaged: computed anew.
        if (error instanceof CheckpointError) return undefined;
        throw error;
      }
    },
    async write({ data, shape }) {
      await makeFolder(folder);
      await writeFileAtomic(
        join(folder, file),
        safetensorsChunks([{ name: 'embeddings', shape, type: 'F32', data: async () => data }]),
      );
    },
  };
}
