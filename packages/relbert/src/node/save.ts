/** @file Saving a model as a folder in HuggingFace layout, which this package and transformers read. */

import { join } from 'node:path';
import { type Checkpoint, isWeightsFile } from '../encoder/checkpoint.ts';
import { isTokenizerFile } from '../encoder/checkpoint-tokenizer.ts';
import type { RelbertConfigToWrite } from '../encoder/relbert-config.ts';
import { relbertConfigJson } from '../encoder/relbert-config.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { shardTensors } from '../formats/safetensors-shards.ts';
import { safetensorsChunks, type TensorToWrite } from '../formats/safetensors-write.ts';
import { elementCount, isFloatType } from '../formats/stored-type.ts';
import { lockFolder } from './file-lock.ts';
import { AtomicFile, makeFolder, removeEmptyFolder } from './files.ts';
import { commitTogether } from './files-together.ts';
import { resolve } from './path.ts';
import { kindOfPath, listFolder } from './read-file.ts';
import { clearLeftovers } from './temporary-file.ts';

export interface SaveModelOptions {
  /** Made where it is missing. A model that it holds is replaced. */
  readonly folder: string;
  /** Where config, tokenizer files and all weights that `weights` does not hold come from (a pooler, for instance). */
  readonly source: Pick<Checkpoint, 'origin' | 'config' | 'tokenizerFiles' | 'weights'>;
  /** New values by the names of the source's weights. */
  readonly weights?: ReadonlyMap<string, Float32Array>;
  /** Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
  /** Tensors for `model.int8.safetensors` ({@link int8Tensors}), which is written instead of `model.safetensors`. */
  readonly int8?: readonly TensorToWrite[] | undefined;
  /** Most bytes of tensors a file: weights that have more are written as several files with an index. Default: one file. */
  readonly shardBytes?: number | undefined;
  /** Prompt and pooling; left out, the source's `relbert_config` stays as it is. */
  readonly relbert?: RelbertConfigToWrite;
  /** README.md. */
  readonly card?: string;
  /** Further files by name, such as finetuning_config.json. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface ModelFolderOptions {
  /** Whether a model that the folder holds may be replaced. Default false. */
  readonly overwrite?: boolean | undefined;
}

/** @throws CheckpointError where the folder holds a training run, or a model that is not to be replaced */
export async function requireReplaceable(folder: string, { overwrite = false }: ModelFolderOptions): Promise<void> {
  const names = (await kindOfPath(folder)) === 'folder' ? await listFolder(folder) : [];
  if (names.includes(runLog)) {
    throw new CheckpointError(
      folder,
      `holds a training run (${runLog}), whose files tell of its model: name another folder`,
    );
  }
  const file = overwrite ? undefined : names.find(isModelFile);
  if (file === undefined) return;
  throw new CheckpointError(
    folder,
    `holds a model already (${file}): name another folder, or replace it with --overwrite`,
  );
}

/**
 * Locks a folder for a model, made where it is missing, and finishes or clears what a killed process left there.
 *
 * @throws as {@link requireReplaceable} does; FileError where another process holds the lock
 */
export async function lockModelFolder(folder: string, options: ModelFolderOptions): Promise<AsyncDisposable> {
  const made = (await kindOfPath(folder)) === undefined;
  const lock = await lockFolder(folder);
  const release = async (): Promise<void> => {
    await lock.release();
    if (made) await removeEmptyFolder(folder);
  };
  try {
    await clearLeftovers(folder, { locked: true });
    await requireReplaceable(folder, options);
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

/** The log of a training run: its recipe, its card and its curve would tell of another model. */
const runLog = 'train.jsonl';

/** Whether a file would be read as a part of a model in the folder. */
function isModelFile(name: string): boolean {
  return name === 'config.json' || isTokenizerFile(name) || isWeightsFile(name);
}

/**
 * Writes config.json, tokenizer files, README.md and the weights, which take their names together when all are on
 * the disk: a failure or an abort leaves the folder as it was, and no new file is ever beside an old one. Of an older
 * model in the folder, weights, tokenizer files and card that the new one does not have go at the same time.
 *
 * @throws CheckpointError for weights that the source does not have or of another size, values that f16 cannot hold;
 *   FileError for a full disk or a read-only folder; the signal's reason when aborted
 */
export async function saveModel(options: SaveModelOptions): Promise<void> {
  const { folder, signal } = options;
  const tensors = options.int8 ?? tensorsToWrite(options);
  const base = options.int8 ? 'model.int8' : 'model';
  const { shards, index } = shardTensors(base, tensors, options.shardBytes);
  const small = new Map<string, string | Uint8Array>([
    ...options.source.tokenizerFiles,
    ...(options.files ?? []),
    ['config.json', `${JSON.stringify(configToWrite(options), undefined, 2)}\n`],
    ...(options.card === undefined ? [] : ([['README.md', options.card]] as const)),
    ...(index === undefined ? [] : ([[`${base}.safetensors.index.json`, index]] as const)),
  ]);
  const made = await makeFolder(folder);
  const stale = await staleFiles(options, [...small.keys(), ...shards.map(({ name }) => name)]);
  const written: AtomicFile[] = [];
  try {
    for (const [name, content] of small) {
      const file = await AtomicFile.create(join(folder, name), { signal });
      written.push(file);
      await file.write(content);
      await file.flush();
    }
    for (const shard of shards) {
      const file = await AtomicFile.create(join(folder, shard.name), { signal });
      written.push(file);
      for await (const chunk of safetensorsChunks(shard.tensors)) await file.write(chunk);
    }
    await commitTogether(
      written,
      stale.map((name) => join(folder, name)),
    );
  } catch (error) {
    for (const file of written) await file.discard();
    if (made) await removeEmptyFolder(folder);
    throw error;
  }
}

/**
 * Files of an older model that would be read together with the new one, or describe another. The card of a model that is
 * written into its own folder stays.
 */
async function staleFiles({ folder, source }: SaveModelOptions, written: readonly string[]): Promise<string[]> {
  const names = await listFolder(folder);
  if (!names.some(isWeightsFile)) return [];
  const ownCard = resolve(source.origin) === resolve(folder);
  const old = names.filter((name) => isModelFile(name) || (name === 'README.md' && !ownCard));
  const kinds = await Promise.all(old.map((name) => kindOfPath(join(folder, name))));
  return old.filter((name, i) => kinds[i] !== 'folder' && !written.includes(name));
}

/** Every tensor of the source, new values where there are some, integers as they are. */
function tensorsToWrite({ source, weights = new Map(), dtype = 'f32' }: SaveModelOptions): TensorToWrite[] {
  const { store } = source.weights;
  for (const [name, data] of weights) {
    const shape = store.get(name)?.shape;
    if (shape === undefined) throw new CheckpointError(source.origin, `has no weight "${name}" to be replaced`);
    if (elementCount(shape) !== data.length) {
      throw new CheckpointError(
        source.origin,
        `weight "${name}" is [${shape.join(', ')}], ${elementCount(shape)} elements; the new values are ${data.length}`,
      );
    }
  }
  return [...store].map(([name, { type, shape, bytes }]) => {
    if (!isFloatType(type)) return { name, shape, type, data: bytes };
    const data = async (): Promise<Float32Array> => weights.get(name) ?? (await source.weights.get(name)).data;
    return { name, shape, type: dtype === 'f16' ? 'F16' : 'F32', data };
  });
}

/** The source's config with the new prompt and pooling. */
function configToWrite({ source, relbert }: SaveModelOptions): Record<string, unknown> {
  const { dtype: _, ...config } = source.config;
  return {
    ...config,
    // transformers computes in the type that this names: float32 also where the file holds f16
    torch_dtype: 'float32',
    ...(relbert === undefined ? {} : { relbert_config: relbertConfigJson(relbert) }),
  };
}
