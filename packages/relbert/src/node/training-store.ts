import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { safetensorsChunks, type TensorToWrite } from '../formats/safetensors-write.ts';
import { toFloat32 } from '../formats/stored-type.ts';
import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import type { Json } from '../train/configuration.ts';
import type { FloatTensor } from '../train/task.ts';
import type { CheckpointName, Progress, TrainingState, TrainingStore } from '../train/training-state.ts';
import { fileError, systemCode } from './file-error.ts';
import { makeFolder, writeFileAtomic } from './files.ts';
import { folderFiles } from './folder.ts';

/** The tensor that holds configuration and progress as JSON, so that a checkpoint is one file, replaced at once. */
const stateName = 'state.json';
const fileOf = (which: CheckpointName) => `${which}.safetensors`;
/** Of the form of the state; a checkpoint of another one is refused. */
const version = 2;

/**
 * Checkpoints of a training run in a folder: `last.safetensors` and `best.safetensors`, each written beside the former
 * one and then renamed over it. A process that is killed, or a disk that is full, leaves the former one as it was.
 *
 * `load` throws CheckpointError for a file that is not a checkpoint of this package.
 */
export function trainingStore(folder: string): TrainingStore {
  return {
    nameOf: (which) => join(folder, fileOf(which)),
    async save(which, state) {
      await makeFolder(folder);
      await writeFileAtomic(join(folder, fileOf(which)), safetensorsChunks(tensorsToWrite(state)));
    },
    async load(which) {
      const opened = await openState(folder, fileOf(which));
      if (!opened) return undefined;
      const { stored, configuration, progress } = opened;
      const tensors = new Map<string, FloatTensor>();
      for (const [name, { type, shape, file, bytes }] of stored) {
        if (name === stateName) continue;
        if (type !== 'F32')
          throw new CheckpointError(file, `the checkpoint is damaged: '${name}' is ${type}, expected F32`);
        tensors.set(name, { dtype: 'float32', shape, data: toFloat32(file, name, type, await bytes()) });
      }
      return { configuration, progress, tensors };
    },
  };
}

/** The configuration of the last checkpoint in a folder, without its tensors; undefined: none was written. */
export async function storedConfiguration(folder: string): Promise<Json | undefined> {
  return (await openState(folder, fileOf('last')))?.configuration;
}

async function openState(folder: string, file: string) {
  if (!(await exists(folder))) return undefined;
  const source = await fileSource(await folderFiles(folder), file);
  if (!source) return undefined;
  const stored = await openSafetensors(source);
  const json = stored.get(stateName);
  if (!json) {
    throw new CheckpointError(
      source.name,
      'this is not a checkpoint of a training run: it has no state; choose another output folder',
    );
  }
  return { stored, ...parseState(source.name, await json.bytes()) };
}

function tensorsToWrite({ configuration, progress, tensors }: TrainingState): TensorToWrite[] {
  const json = new TextEncoder().encode(JSON.stringify({ version, configuration, progress }));
  return [
    { name: stateName, shape: [json.byteLength], type: 'U8', data: async () => json },
    ...[...tensors].map(
      ([name, { shape, data }]): TensorToWrite => ({ name, shape, type: 'F32', data: async () => data }),
    ),
  ];
}

function parseState(file: string, bytes: Uint8Array): Pick<TrainingState, 'configuration' | 'progress'> {
  let state: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    state = parseJson(text, (problem) => new CheckpointError(file, problem));
  } catch (error) {
    throw new CheckpointError(file, 'the checkpoint is damaged: its state is not JSON', { cause: error });
  }
  if (!isJsonObject(state))
    throw new CheckpointError(file, 'the checkpoint is damaged: its state is not a JSON object');
  if (state['version'] !== version) {
    throw new CheckpointError(
      file,
      `its state has version ${excerpt(state['version'])}, this package reads ${version}; start anew in another folder`,
    );
  }
  return {
    configuration: state['configuration'] as TrainingState['configuration'],
    // The trainer checks it.
    progress: state['progress'] as unknown as Progress,
  };
}

async function exists(folder: string): Promise<boolean> {
  try {
    await readdir(folder);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw fileError(folder, 'read', error);
  }
}
