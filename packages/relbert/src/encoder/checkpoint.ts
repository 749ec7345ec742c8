import { type CheckpointFiles, fileSource } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { parseJsonObject } from '../formats/json-file.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import type { StoredWeights, TensorStore } from '../formats/tensor-store.ts';
import { weightsOf } from '../formats/tensor-store.ts';
import { excerpt } from '../text/excerpt.ts';
import type { JsonObject } from '../text/json.ts';
import { isJsonObject } from '../text/json.ts';
import { isTokenizerFile } from './checkpoint-tokenizer.ts';
import type { RelbertConfig } from './relbert-config.ts';
import { parseRelbertConfig } from './relbert-config.ts';

/** A checkpoint in HuggingFace layout: what its small files say, and weights that are read when asked for. */
export interface Checkpoint {
  /** The folder, or `id@revision`. */
  readonly origin: string;
  /** config.json as it is. */
  readonly config: JsonObject;
  readonly weights: StoredWeights;
  /** Contents of config.json and of the tokenizer's files (tokenizer.json, vocab.txt ...) by name. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** Prompt and pooling that the checkpoint was trained with; undefined for a plain language model. */
  readonly relbert: RelbertConfig | undefined;
}

/** Where weights may lie, the first that exists counts. */
const weightsLayouts = [
  { file: 'model.safetensors', format: 'safetensors', sharded: false },
  { file: 'model.safetensors.index.json', format: 'safetensors', sharded: true },
  { file: 'model.int8.safetensors', format: 'safetensors', sharded: false },
  { file: 'model.int8.safetensors.index.json', format: 'safetensors', sharded: true },
  { file: 'pytorch_model.bin', format: 'pickle', sharded: false },
  { file: 'pytorch_model.bin.index.json', format: 'pickle', sharded: true },
] as const;

type WeightsLayout = (typeof weightsLayouts)[number];

/** The weights file that counts among the names of a store; undefined where there is none. */
export function weightsLayoutOf(names: readonly string[]): WeightsLayout | undefined {
  return weightsLayouts.find(({ file }) => names.includes(file));
}

/** A weights file among `there` that would be read instead of those that are `added`; undefined where there is none. */
export function precedingWeights(there: readonly string[], added: readonly string[]): string | undefined {
  const [meant, counts] = [weightsLayoutOf(added), weightsLayoutOf([...there, ...added])];
  return counts === meant ? undefined : counts?.file;
}

/** Whether a file of this name holds weights of any layout, or is a part of them. */
export function isWeightsFile(name: string): boolean {
  const part = /^(?:model(?:\.int8)?|pytorch_model)-\d+-of-\d+\.(?:safetensors|bin)$/;
  return weightsLayouts.some(({ file }) => file === name) || part.test(name);
}

/**
 * Opens a checkpoint: reads config, tokenizer files and the list of weights; the weights themselves are read when
 * asked for.
 * @throws CheckpointError for anything that is missing, damaged or not understood
 */
export async function openCheckpoint(files: CheckpointFiles): Promise<Checkpoint> {
  const { origin } = files;
  const names = await files.list();
  const bytes = names.includes('config.json') ? await files.read('config.json') : undefined;
  if (bytes === undefined) {
    throw new CheckpointError(
      origin,
      `there is no config.json, so this is no checkpoint in HuggingFace layout (${describeNames(names)})`,
    );
  }
  const config = parseJsonObject(`${origin}/config.json`, bytes);
  const relbert = config['relbert_config'];
  const layout = weightsLayoutOf(names);
  if (layout === undefined) {
    throw new CheckpointError(
      origin,
      `no weights: looked for ${weightsLayouts.map(({ file }) => file).join(', ')} (${describeNames(names)})`,
    );
  }
  const store = await openWeights(files, layout);
  // The tokenizer's class may stand in config.json alone.
  const tokenizerFiles = new Map<string, Uint8Array>([['config.json', bytes]]);
  for (const name of names.filter(isTokenizerFile)) {
    const bytes = await files.read(name);
    if (bytes !== undefined) tokenizerFiles.set(name, bytes);
  }
  return {
    origin,
    config,
    weights: weightsOf(origin, store),
    tokenizerFiles,
    relbert:
      relbert === undefined || relbert === null ? undefined : parseRelbertConfig(relbert, `${origin}/config.json`),
  };
}

async function openWeights(files: CheckpointFiles, { file, format, sharded }: WeightsLayout): Promise<TensorStore> {
  if (!sharded) return openWeightsFile(files, file, format);
  const origin = `${files.origin}/${file}`;
  const bytes = await files.read(file);
  if (bytes === undefined) throw new CheckpointError(origin, 'there is no such file');
  const weightMap = parseShardIndex(origin, bytes);
  const stores = new Map<string, TensorStore>();
  for (const shard of new Set(weightMap.values())) stores.set(shard, await openWeightsFile(files, shard, format));
  return new Map(
    [...weightMap].map(([name, shard]) => {
      const tensor = stores.get(shard)?.get(name);
      if (tensor === undefined)
        throw new CheckpointError(origin, `says that "${name}" lies in ${shard}, where it is not`);
      return [name, tensor] as const;
    }),
  );
}

/** `{weight_map: {tensor: file}}` of a sharded checkpoint. */
export function parseShardIndex(origin: string, bytes: Uint8Array): ReadonlyMap<string, string> {
  const map = parseJsonObject(origin, bytes)['weight_map'];
  if (!isJsonObject(map) || Object.keys(map).length === 0)
    throw new CheckpointError(origin, 'there is no "weight_map" in it');
  return new Map(
    Object.entries(map).map(([name, path]) => {
      const shard = typeof path === 'string' ? path.replace(/^(?:\.\/+)+/, '') : path;
      // a name that leads out of the checkpoint's folder is not followed
      if (typeof shard !== 'string' || !/^[\w.-]+$/.test(shard) || shard.startsWith('.')) {
        throw new CheckpointError(origin, `the file of "${name}" is not a plain file name: ${excerpt(path)}`);
      }
      return [name, shard];
    }),
  );
}

async function openWeightsFile(
  files: CheckpointFiles,
  file: string,
  format: WeightsLayout['format'],
): Promise<TensorStore> {
  const missing = (): CheckpointError =>
    new CheckpointError(files.origin, `${file} is missing; fetch or copy the checkpoint again`);
  if (format === 'safetensors') {
    const source = await fileSource(files, file);
    if (source === undefined) throw missing();
    return openSafetensors(source);
  }
  const bytes = await files.read(file);
  if (bytes === undefined) throw missing();
  const { openTorchPickle } = await import('../formats/torch-pickle.ts'); // most checkpoints need no pickle
  return openTorchPickle(`${files.origin}/${file}`, bytes);
}

function describeNames(names: readonly string[]): string {
  if (names.length === 0) return 'there are no files';
  return `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`;
}
